import type { ClusterStatement, Spec } from '../define-action.ts'

/** The group of the cluster that may deploy: what an EKS access entry puts the role of the pipeline into. */
export const DEPLOYERS = 'mlops-deployers'

const API_GROUP = 'rbac.authorization.k8s.io'

export interface RoleObject {
  readonly apiVersion: string
  readonly kind: string
  readonly metadata: { readonly name: string }
  readonly [field: string]: unknown
}

interface Part {
  readonly kind: 'Role' | 'ClusterRole'
  readonly statements: readonly ClusterStatement[]
}

const partsOf = ({ permissions: { cluster = [] } }: Spec): readonly Part[] =>
  [
    { kind: 'Role', statements: cluster.filter(({ clusterWide }) => clusterWide !== true) } as const,
    { kind: 'ClusterRole', statements: cluster.filter(({ clusterWide }) => clusterWide === true) } as const,
  ].filter(({ statements }) => statements.length > 0)

const ruleOf = ({ groups, resources, resourceNames, verbs }: ClusterStatement) => ({
  apiGroups: groups,
  resources,
  ...(resourceNames === undefined ? {} : { resourceNames }),
  verbs,
})

const headOf = ({ id }: Spec, kind: string): RoleObject => ({
  apiVersion: `${API_GROUP}/v1`,
  kind,
  metadata: { name: `mlops-${id}` },
})

const bindingOf = (spec: Spec, kind: Part['kind']): RoleObject => {
  const head = headOf(spec, `${kind}Binding`)
  return {
    ...head,
    roleRef: { apiGroup: API_GROUP, kind, name: head.metadata.name },
    subjects: [{ apiGroup: API_GROUP, kind: 'Group', name: DEPLOYERS }],
  }
}

/**
 * The least rights of an action in a cluster: a Role for each namespace that it works in, and a ClusterRole for what belongs
 * to none, both bound to the group of those who deploy. They name no namespace, so one file serves all of them.
 */
export const rolesOf = (spec: Spec): readonly RoleObject[] =>
  partsOf(spec).flatMap(({ kind, statements }) => [
    { ...headOf(spec, kind), rules: statements.map(ruleOf) },
    bindingOf(spec, kind),
  ])

const lines = (fields: object) => Object.entries(fields).map(([name, value]) => `${name}: ${JSON.stringify(value)}`)

const ruleLines = (statement: ClusterStatement) => [
  `  # ${statement.sid}: ${statement.why}`,
  ...lines(ruleOf(statement)).map((line, index) => `  ${index === 0 ? '- ' : '  '}${line}`),
]

/** The same as YAML, each rule with its reason. */
export const rolesYaml = (spec: Spec): string =>
  [
    '# Generated from the spec by `pnpm gen`; changes here are overwritten.',
    `# kubectl apply --namespace <namespace> --filename ${spec.id}.role.yaml`,
    ...partsOf(spec).flatMap(({ kind, statements }) => [
      '---',
      ...lines(headOf(spec, kind)),
      'rules:',
      ...statements.flatMap(ruleLines),
      '---',
      ...lines(bindingOf(spec, kind)),
    ]),
    '',
  ].join('\n')
