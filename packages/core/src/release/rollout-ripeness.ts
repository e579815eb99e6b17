import type { EpochMs } from '../brand.ts'
import type { Finding } from './failure-classes/finding.ts'
import { SIGNS } from './failure-classes/signs.ts'
import { objectKey } from './kubernetes-object.ts'
import type { Seen } from './rollout-findings.ts'
import { isReady, type Scene } from './rollout-scene.ts'
import { type Condition, conditionOf, type Pod } from './rollout-shapes.ts'

/** Since when each sign has been there without a gap, by its key. */
export type Since = Readonly<Record<string, EpochMs>>

const NEVER = Infinity

/** A sign keeps its time while its words change: by class, object, pod and container. */
export const keyOf = ({ sign, object, pod, container }: Finding): string => {
  const { failureClass } = SIGNS[sign]
  const name = failureClass === 'timeout' ? sign : failureClass
  return [name, objectKey(object), pod?.metadata.uid ?? '', container?.container ?? ''].join('|')
}

/** The deadline of a Deployment, when its controller has found it passed for our ReplicaSet. */
export const deadlineOf = ({ workload, maker, observed }: Scene): Condition | undefined => {
  const condition = workload === undefined || !observed ? undefined : conditionOf(workload, 'Progressing')
  if (condition?.reason !== 'ProgressDeadlineExceeded' || maker === undefined) return undefined
  // Until the controller has seen progress, the condition may still speak of the revision before.
  return condition.message?.includes(`"${maker.metadata.name}"`) === true ? condition : undefined
}

const deadlineKey = ({ expected }: Scene, { lastUpdateTime = '' }: Condition): string =>
  ['deadline', objectKey(expected.reference), lastUpdateTime].join('|')

/** The deadline that a Deployment has for each of its steps. */
export const deadlineSeconds = ({ workload }: Scene): number => workload?.spec?.progressDeadlineSeconds ?? 600

const isOver = ({ status }: Pod): boolean => status?.phase === 'Succeeded' || status?.phase === 'Failed'

/** Something may still turn out well by itself: a pod starts or ends, or is to be available for a while. */
const isUnderWay = ({ scene, findings }: Seen): boolean => {
  const { workload, mine, ending } = scene
  const { readyReplicas = 0, availableReplicas = 0 } = workload?.status ?? {}
  if (ending.length > 0 || readyReplicas > availableReplicas) return true
  const failing = new Set(
    findings.flatMap(({ sign, pod }) => (SIGNS[sign].quorum === 'never' ? [] : [pod?.metadata.uid])),
  )
  return mine.some((pod) => !isOver(pod) && !isReady(pod) && !failing.has(pod.metadata.uid))
}

/** Names a stand-still by the counts of the controller: when one of them moves, it is another stand-still. */
const stillKey = ({ scene }: Seen): string => {
  const { replicas, updatedReplicas, availableReplicas, updatedNumberScheduled, numberAvailable } =
    scene.workload?.status ?? {}
  const counts = [replicas, updatedReplicas, availableReplicas, updatedNumberScheduled, numberAvailable]
  return ['still', objectKey(scene.expected.reference), ...counts].join('|')
}

/** Everything at a workload whose duration counts. */
export const keysOf = (seen: Seen): readonly string[] => {
  const deadline = deadlineOf(seen.scene)
  return [
    ...seen.findings.map((finding) => keyOf(finding)),
    ...(deadline === undefined ? [] : [deadlineKey(seen.scene, deadline)]),
    ...(isUnderWay(seen) ? [] : [stillKey(seen)]),
  ]
}

/** When a finding, taken by itself, has been there for long enough. */
export const ripeAt = (finding: Finding, since: Since): number => {
  const { quorum, graceMs } = SIGNS[finding.sign]
  return quorum === 'never' ? NEVER : (since[keyOf(finding)] ?? NEVER) + graceMs
}

/** When every pod of the revision is ripe: the one that is ripe last decides. */
const allRipeAt = ({ scene, findings }: Seen, since: Since): number => {
  const byPod = Map.groupBy(findings, ({ pod }) => pod?.metadata.uid)
  return Math.max(
    ...scene.mine.map(({ metadata }) =>
      Math.min(NEVER, ...(byPod.get(metadata.uid) ?? []).map((finding) => ripeAt(finding, since))),
    ),
  )
}

/** When each finding makes the rollout a failure, as things are now. */
export const dueTimes = (seen: Seen, since: Since): ReadonlyMap<Finding, number> => {
  const all = allRipeAt(seen, since)
  const still = since[stillKey(seen)] ?? NEVER
  const dueAt = (finding: Finding): number => {
    const { quorum, graceMs } = SIGNS[finding.sign]
    switch (quorum) {
      case 'all':
        return all
      case 'stalled':
        return Math.max(ripeAt(finding, since), still + graceMs)
      case 'one':
      case 'never':
        return ripeAt(finding, since)
    }
  }
  return new Map(seen.findings.map((finding) => [finding, dueAt(finding)]))
}

/** When the Deployment's own deadline counts: at once, but one that was there before us gets its time again. */
export const deadlineDueAt = ({ scene }: Seen, since: Since, inherited: readonly string[]): number => {
  const condition = deadlineOf(scene)
  if (condition === undefined) return NEVER
  const key = deadlineKey(scene, condition)
  return (since[key] ?? NEVER) + (inherited.includes(key) ? deadlineSeconds(scene) * 1000 : 0)
}
