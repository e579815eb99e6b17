import type { ClusterStatement, Spec } from '../define-action.ts'
import { allOutputs } from './action-yml.ts'
import { DEPLOYERS } from './roles.ts'

const cell = (text: string) => text.replaceAll('|', '\\|').replaceAll(/\s*\n\s*/g, ' ')
const table = (columns: readonly string[], rows: readonly (readonly string[])[]) =>
  [columns, columns.map(() => '---'), ...rows].map((row) => `| ${row.map(cell).join(' | ')} |`).join('\n')

const value = (text: string | undefined, required: boolean) =>
  text === undefined ? (required ? '**required**' : '') : `\`${text}\``

const inputTable = ({ inputs }: Spec): string =>
  table(
    ['input', 'kind', 'default', 'what it is'],
    Object.entries(inputs).map(([name, { kind, help, required, default: text }]) => [
      `\`${name}\``,
      kind,
      value(text, required),
      help,
    ]),
  )

const outputTable = (spec: Spec): string =>
  table(
    ['output', 'kind', 'what it is'],
    Object.entries(allOutputs(spec)).map(([name, { kind, help }]) => [`\`${name}\``, kind, help]),
  )

const ruleList = ({ rules = [] }: Spec): string =>
  rules.length === 0 ? 'None.' : rules.map(({ says }) => `- ${says}`).join('\n')

const code = (texts: readonly string[]) => texts.map((text) => `\`${text}\``).join(', ')

const tokenTable = ({ permissions }: Spec) =>
  table(
    ['permission of the job', 'why'],
    permissions.token.map(({ scope, access, why }) => [`\`${scope}: ${access}\``, why]),
  )

const awsTable = ({ permissions }: Spec) =>
  table(
    ['AWS actions', 'on', 'why'],
    permissions.aws.map(({ actions, resources, why }) => [code(actions), code(resources), why]),
  )

/** `deployments.apps`, as kubectl takes it. */
const resourceNames = ({ groups, resources, resourceNames: names = [] }: ClusterStatement) =>
  groups
    .flatMap((group) => resources.map((resource) => (group === '' ? resource : `${resource}.${group}`)))
    .flatMap((resource) => (names.length === 0 ? [resource] : names.map((name) => `${resource}/${name}`)))

const clusterTable = (statements: readonly ClusterStatement[]) =>
  table(
    ['verbs in the cluster', 'on', 'where', 'why'],
    statements.map((statement) => [
      code(statement.verbs),
      code(resourceNames(statement)),
      statement.clusterWide === true ? 'cluster' : 'namespace',
      statement.why,
    ]),
  )

const ready = (file: string, how = '') => `Ready to use: [docs/iam/${file}](../../docs/iam/${file})${how}.`

const permissionTables = (spec: Spec): string => {
  const { aws, token, cluster = [] } = spec.permissions
  const parts = [
    ...(token.length === 0 ? [] : [tokenTable(spec)]),
    ...(aws.length === 0 ? [] : [awsTable(spec), ready(`${spec.id}.json`)]),
    ...(cluster.length === 0
      ? []
      : [clusterTable(cluster), ready(`${spec.id}.role.yaml`, `, bound to the group \`${DEPLOYERS}\``)]),
  ]
  return parts.length === 0 ? 'None.' : parts.join('\n\n')
}

/** Blocks of a README, by the name in their markers. */
export const blocks = (spec: Spec): Readonly<Record<string, string>> => ({
  inputs: inputTable(spec),
  outputs: outputTable(spec),
  rules: ruleList(spec),
  permissions: permissionTables(spec),
})

/** Replaces what stands between `<!-- gen:NAME -->` and `<!-- /gen:NAME -->`; throws when a marker is missing. */
export const fillBlocks = (text: string, parts: Readonly<Record<string, string>>): string => {
  let filled = text
  for (const [name, body] of Object.entries(parts)) {
    const [open, close] = [`<!-- gen:${name} -->`, `<!-- /gen:${name} -->`]
    const [from, to] = [filled.indexOf(open), filled.indexOf(close)]
    if (from < 0 || to < from) throw new Error(`the README has no ${open} … ${close}`)
    filled = `${filled.slice(0, from + open.length)}\n${body}\n${filled.slice(to)}`
  }
  return filled
}

/** The page of an action in docs/reference. */
export const referencePage = (spec: Spec): string =>
  [
    `# ${spec.id}`,
    '',
    '<!-- Generated from the spec by `pnpm gen`; changes here are overwritten. -->',
    '',
    spec.description,
    '',
    '## Inputs',
    '',
    inputTable(spec),
    '',
    '## Rules',
    '',
    ruleList(spec),
    '',
    '## Outputs',
    '',
    outputTable(spec),
    '',
    '## Permissions',
    '',
    permissionTables(spec).replaceAll('../../docs/iam/', '../iam/'),
    '',
  ].join('\n')
