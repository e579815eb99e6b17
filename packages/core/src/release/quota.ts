import { quantityOf } from './failure-classes/quantity.ts'
import type { KubernetesObject } from './kubernetes-object.ts'
import type { PlannedObject } from './plan.ts'
import { podSpecOf } from './pod-references.ts'
import { podsIn, replicasOf } from './replicas.ts'
import { fieldsOf, itemsOf, scalarText, valueAt } from './values.ts'

/** A limit of the namespace that the release does not fit into. */
export interface Shortage {
  /** Name of the ResourceQuota. */
  readonly quota: string
  readonly resource: string
  readonly hard: string
  readonly used: string
  /** What the release needs beyond what is used. */
  readonly needed: number
}

type Amounts = Readonly<Record<string, number>>

const KINDS = ['requests', 'limits'] as const
const RESOURCES = ['cpu', 'memory'] as const

const ofContainer = (container: unknown): Amounts => {
  const resources = fieldsOf(fieldsOf(container)['resources'])
  const [requests, limits] = KINDS.map((kind) => fieldsOf(resources[kind]))
  return Object.fromEntries(
    RESOURCES.flatMap((resource) => {
      const limit = limits?.[resource]
      // A container that only has a limit requests as much (Kubernetes, "Resource Management for Pods").
      const request = requests?.[resource] ?? limit
      return [
        ...(request === undefined ? [] : [[`requests.${resource}`, quantityOf(scalarText(request))]]),
        ...(limit === undefined ? [] : [[`limits.${resource}`, quantityOf(scalarText(limit))]]),
      ]
    }),
  )
}

const added = (all: readonly Amounts[]): Amounts => {
  const sum: Record<string, number> = {}
  for (const amounts of all) for (const [key, amount] of Object.entries(amounts)) sum[key] = (sum[key] ?? 0) + amount
  return sum
}

const times = (amounts: Amounts, factor: number): Amounts =>
  Object.fromEntries(Object.entries(amounts).map(([key, amount]) => [key, amount * factor]))

const ofPod = (object: KubernetesObject): Amounts => ({
  ...added(itemsOf(podSpecOf(object)?.['containers']).map(ofContainer)),
  pods: 1,
})

/** The percentage or number that a rollout may have pods too few: rounded down, as Kubernetes does. */
const unavailable = (object: KubernetesObject, replicas: number): number => {
  const raw = scalarText(valueAt(object, ['spec', 'strategy', 'rollingUpdate', 'maxUnavailable'])) || '25%'
  return podsIn(raw, replicas, Math.floor)
}

const isScaled = ({ result }: PlannedObject) => ['Deployment', 'StatefulSet'].includes(result.kind)

/** What a workload needs when its rollout is over, beyond what it has now. */
const finalNeed = ({ live, result }: PlannedObject): Amounts =>
  added([
    times(ofPod(result), replicasOf(result) ?? 1),
    ...(live === undefined ? [] : [times(ofPod(live), -(replicasOf(live) ?? 1))]),
  ])

/** What a rollout needs to begin: one pod more, when none of the old ones may go before. */
const firstNeed = ({ live, result, rollout }: PlannedObject): Amounts => {
  const replicas = replicasOf(result) ?? 1
  const recreates = valueAt(result, ['spec', 'strategy', 'type']) === 'Recreate'
  const mustSurge = result.kind === 'Deployment' && !recreates && unavailable(result, replicas) === 0
  return live !== undefined && rollout && replicas > 0 && mustSurge ? ofPod(result) : {}
}

/** `cpu` and `memory` of a quota are the requests. */
const keyOf = (resource: string) => (RESOURCES.some((one) => one === resource) ? `requests.${resource}` : resource)

const isScoped = ({ spec }: KubernetesObject) =>
  ['scopes', 'scopeSelector'].some((field) => valueAt(spec, [field]) !== undefined)

/**
 * The quotas that the release cannot fit into, whatever the order in which pods come and go. Only what is certain: quotas for
 * some pods only, and workloads whose number of pods nobody knows, are left to the rollout.
 */
export const quotaShortages = (
  quotas: readonly KubernetesObject[],
  planned: readonly PlannedObject[],
): readonly Shortage[] => {
  const scaled = planned.filter(isScaled)
  const final = added(scaled.map(finalNeed))
  const first = scaled.map(firstNeed)
  return quotas
    .filter((quota) => !isScoped(quota))
    .flatMap((quota) => {
      const { hard, used } = fieldsOf(quota['status'])
      return Object.entries(fieldsOf(hard)).flatMap(([resource, limit]): readonly Shortage[] => {
        const key = keyOf(resource)
        const needed = Math.max(final[key] ?? 0, ...first.map((amounts) => amounts[key] ?? 0))
        const taken = scalarText(fieldsOf(used)[resource]) || '0'
        const room = quantityOf(scalarText(limit)) - quantityOf(taken)
        // Binary fractions of milli-units must not make a shortage.
        return needed > room + 1e-9
          ? [{ quota: quota.metadata.name, resource, hard: scalarText(limit), used: taken, needed }]
          : []
      })
    })
}
