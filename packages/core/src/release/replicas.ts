import type { KubernetesObject, ObjectReference } from './kubernetes-object.ts'
import { othersSetReplicas } from './managed-fields.ts'
import { scalarText, textOf, valueAt, withValue } from './values.ts'

const REPLICAS = ['spec', 'replicas'] as const
const SCALED: ReadonlySet<string> = new Set(['Deployment', 'StatefulSet', 'ReplicaSet'])

export const replicasOf = (object: KubernetesObject | undefined): number | undefined => {
  const replicas = valueAt(object, REPLICAS)
  return typeof replicas === 'number' ? replicas : undefined
}

/** What a number of pods, or a percentage of so many, comes to; which way that is rounded is for its user to say. */
export const podsIn = (value: unknown, pods: number, round: (share: number) => number): number => {
  const text = scalarText(value)
  return text.endsWith('%') ? round((Number.parseFloat(text) / 100) * pods) : Number(text)
}

const withReplicas = (object: KubernetesObject, replicas: number | undefined) => withValue(object, REPLICAS, replicas)

/** The workload that an autoscaler scales. */
export const scaleTargetOf = (autoscaler: KubernetesObject): Pick<ObjectReference, 'kind' | 'name'> => {
  const target = valueAt(autoscaler, ['spec', 'scaleTargetRef'])
  return { kind: textOf(valueAt(target, ['kind'])), name: textOf(valueAt(target, ['name'])) }
}

/** Whether one of the autoscalers scales the workload. */
export const isAutoscaled = ({ kind, metadata }: KubernetesObject, autoscalers: readonly KubernetesObject[]): boolean =>
  autoscalers.some((autoscaler) => {
    const target = scaleTargetOf(autoscaler)
    return target.kind === kind && target.name === metadata.name && autoscaler.metadata.namespace === metadata.namespace
  })

/** Nothing is said of the replicas when somebody else does; else what is there, for a field let go of goes back to 1. */
const asTheyAre = (object: KubernetesObject, live: KubernetesObject) =>
  withReplicas(object, othersSetReplicas(live) ? undefined : replicasOf(live))

/**
 * The workload with the number of replicas that a release has to send: the one of the manifests, unless an autoscaler or
 * somebody else is in charge of it.
 */
export const replicasToApply = (
  object: KubernetesObject,
  live: KubernetesObject | undefined,
  autoscaled: boolean,
): KubernetesObject =>
  live === undefined || !SCALED.has(object.kind) || (!autoscaled && replicasOf(object) !== undefined)
    ? object
    : asTheyAre(object, live)

/**
 * The workload with the number of replicas that a rollback has to send. What nobody has scaled since the release goes back
 * to what is recorded; what was scaled up meanwhile stays up, for a rollback must not take away what carries the load.
 *
 * @param undone as the releases that are undone have applied it
 * @param before as it was before that, for a record that says nothing of replicas
 */
export const replicasToRestore = (
  recorded: KubernetesObject,
  {
    live,
    undone,
    before,
    autoscaled,
  }: {
    readonly live: KubernetesObject | undefined
    readonly undone: readonly KubernetesObject[]
    readonly before: KubernetesObject | undefined
    readonly autoscaled: boolean
  },
): KubernetesObject => {
  if (live === undefined || !SCALED.has(recorded.kind)) return recorded
  const [own, now] = [replicasOf(recorded), replicasOf(live)]
  const said = undone.map(replicasOf).filter((replicas) => replicas !== undefined)
  if (autoscaled || now === undefined || (own === undefined && said.length === 0)) return asTheyAre(recorded, live)
  const wanted = own ?? replicasOf(before)
  return withReplicas(recorded, said.includes(now) ? wanted : Math.max(wanted ?? now, now))
}
