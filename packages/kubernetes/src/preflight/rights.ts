import { type AccessQuestion, type Cluster, type Diagnosis, type ObjectReference } from '@mlops/core'
import { atOnce } from '../at-once.ts'

const APPLY = ['get', 'create', 'patch', 'delete'] as const
const RECORDS = ['get', 'list', 'create', 'update', 'delete'] as const
const LOCK = ['get', 'create', 'update'] as const
/** What a rollout is followed by. */
const FOLLOWED = [
  ['', 'pods'],
  ['', 'events'],
  ['', 'resourcequotas'],
  ['apps', 'replicasets'],
] as const
/** What else is read or written for the sake of a kind that the release has. */
const FOR_KIND: Readonly<
  Record<string, readonly (readonly [group: string, resource: string, verbs: readonly string[]])[]>
> = {
  Service: [['discovery.k8s.io', 'endpointslices', ['list', 'watch']]],
  HorizontalPodAutoscaler: [['autoscaling', 'horizontalpodautoscalers', ['list', 'watch']]],
  // A rollback deletes its broken pods.
  StatefulSet: [['', 'pods', ['delete']]],
}

const groupOf = (apiVersion: string) => (apiVersion.includes('/') ? apiVersion.slice(0, apiVersion.indexOf('/')) : '')
const keyOf = ({ verb, group, resource, namespace = '', name = '' }: AccessQuestion) =>
  [verb, group, resource, namespace, name].join(' ')
const unique = (questions: readonly AccessQuestion[]) => [
  ...new Map(questions.map((question) => [keyOf(question), question])).values(),
]

const questionsFor = async (
  cluster: Cluster,
  references: readonly ObjectReference[],
): Promise<readonly AccessQuestion[]> => {
  const resources = await atOnce(references, (reference) => cluster.kind(reference))
  return references.flatMap(({ apiVersion, namespace, name }, index) => {
    const resource = resources[index]?.resource
    if (resource === undefined) return []
    const where = namespace === undefined ? {} : { namespace }
    return APPLY.map((verb) => ({
      verb,
      group: groupOf(apiVersion),
      resource,
      ...where,
      // What is not there yet has no name that a rule could hold.
      ...(verb === 'create' ? {} : { name }),
    }))
  })
}

const general = ({ name: _name, ...question }: AccessQuestion): AccessQuestion => question

const fixed = (references: readonly ObjectReference[], namespace: string): readonly AccessQuestion[] => [
  ...RECORDS.map((verb) => ({ verb, group: '', resource: 'secrets', namespace })),
  ...LOCK.map((verb) => ({ verb, group: 'coordination.k8s.io', resource: 'leases', namespace })),
  ...FOLLOWED.flatMap(([group, resource]) => ['list', 'watch'].map((verb) => ({ verb, group, resource, namespace }))),
  ...[...new Set(references.map(({ kind }) => kind))]
    .flatMap((kind) => FOR_KIND[kind] ?? [])
    .flatMap(([group, resource, verbs]) => verbs.map((verb) => ({ verb, group, resource, namespace }))),
]

const refusedOf = async (cluster: Cluster, questions: readonly AccessQuestion[]) => {
  const allowed = await cluster.may(questions)
  return questions.filter((_, index) => allowed[index] !== true)
}

/** What of these the caller may not do; a right to one object by name is asked for only where there is none to all. */
const denied = async (cluster: Cluster, questions: readonly AccessQuestion[]): Promise<readonly AccessQuestion[]> => {
  const toNone = new Set((await refusedOf(cluster, unique(questions.map(general)))).map(keyOf))
  const left = unique(questions.filter((question) => toNone.has(keyOf(general(question)))))
  const named = await refusedOf(
    cluster,
    left.filter(({ name }) => name !== undefined),
  )
  return left.filter((question) => question.name === undefined || named.includes(question))
}

const diagnosisOf = (
  { group, resource, namespace }: AccessQuestion,
  verbs: readonly string[],
  who: string,
): Diagnosis => ({
  failureClass: 'rbac-forbidden',
  object: {
    apiVersion: group === '' ? 'v1' : group,
    kind: resource,
    name: '*',
    ...(namespace === undefined ? {} : { namespace }),
  },
  sentence: `${who} may not ${verbs.join(', ')} ${resource}${namespace === undefined ? '' : ` in ${namespace}`}.`,
  advice: `Add {apiGroups: ["${group}"], resources: ["${resource}"], verbs: [${verbs.join(', ')}]} to the Role: see docs/iam.`,
  sightings: [],
})

/** The rights that the release needs and the caller lacks, one finding for each resource. */
export const missingRights = async (
  cluster: Cluster,
  references: readonly ObjectReference[],
  namespace: string,
): Promise<readonly Diagnosis[]> => {
  const ofObjects = await questionsFor(cluster, references)
  const lacking = await denied(cluster, [...ofObjects, ...fixed(references, namespace)])
  if (lacking.length === 0) return []
  const who = await cluster.whoAmI()
  const byResource = Map.groupBy(lacking, ({ group, resource, namespace: where = '' }) =>
    [group, resource, where].join(' '),
  )
  return [...byResource.values()].flatMap((questions) => {
    const [first] = questions
    return first === undefined ? [] : [diagnosisOf(first, [...new Set(questions.map(({ verb }) => verb))], who)]
  })
}
