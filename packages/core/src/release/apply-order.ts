import type { ObjectKind } from './kubernetes-object.ts'

/** What others need comes first: definitions, what pods read, rights, quotas, names, pods, and what looks at pods. */
const ORDER = [
  ['Namespace', 'CustomResourceDefinition', 'PriorityClass', 'StorageClass'],
  ['ConfigMap', 'Secret', 'PersistentVolume', 'PersistentVolumeClaim'],
  ['ServiceAccount', 'Role', 'ClusterRole', 'RoleBinding', 'ClusterRoleBinding'],
  ['ResourceQuota', 'LimitRange', 'NetworkPolicy'],
  ['Service'],
  ['Deployment', 'StatefulSet', 'DaemonSet', 'ReplicaSet', 'Pod', 'Job', 'CronJob'],
  ['HorizontalPodAutoscaler', 'PodDisruptionBudget', 'Ingress'],
] as const satisfies readonly (readonly string[])[]

const RANKS = new Map<string, number>(ORDER.flatMap((kinds, rank) => kinds.map((kind) => [kind, rank] as const)))
/** Kinds that nobody here knows come with the pods, for most of them make some. */
const UNKNOWN = 5

const rankOf = ({ kind }: ObjectKind) => RANKS.get(kind) ?? UNKNOWN

/** In the order of applying; what is of one rank stays in the order that it had. */
export const inApplyOrder = <T>(items: readonly T[], kindOf: (item: T) => ObjectKind): readonly T[] =>
  items.toSorted((one, other) => rankOf(kindOf(one)) - rankOf(kindOf(other)))
