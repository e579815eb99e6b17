import { isReady, type Scene } from './rollout-scene.ts'
import { holds, type Workload } from './rollout-shapes.ts'

/** How far a workload is. */
export interface Progress {
  readonly done: boolean
  /** `Deployment/model: 1 of 3 new pods are available`. */
  readonly line: string
}

interface Counts {
  readonly wanted: number
  readonly updated: number
  readonly available: number
  /** Pods of the revision before that count as running. */
  readonly old: number
}

// The rules of `kubectl rollout status`, and that pods which are to be available longer are waited for.
// https://github.com/kubernetes/kubectl/blob/master/pkg/polymorphichelpers/rollout_status.go

const deploymentCounts = ({ spec, status }: Workload): Counts => {
  const { replicas = 0, updatedReplicas: updated = 0, availableReplicas: available = 0 } = status ?? {}
  return { wanted: spec?.replicas ?? 1, updated, available, old: replicas - updated }
}

const statefulSetCounts = ({ spec, status }: Workload): Counts => {
  const { updatedReplicas = 0, availableReplicas = 0, replicas = 0 } = status ?? {}
  const { type, rollingUpdate: { partition = 0 } = {} } = spec?.updateStrategy ?? {}
  const wanted = spec?.replicas ?? 1
  // Pods that somebody else is to replace are not waited for.
  const held = type === 'OnDelete' ? wanted : Math.min(partition, wanted)
  const missing = Math.max(0, wanted - held - updatedReplicas)
  return {
    wanted,
    updated: wanted - missing,
    available: Math.min(availableReplicas, wanted - missing),
    old: Math.max(0, replicas - wanted),
  }
}

const daemonSetCounts = ({ spec, status }: Workload): Counts => {
  const { desiredNumberScheduled = 0, updatedNumberScheduled = 0, numberAvailable = 0 } = status ?? {}
  const updated = spec?.updateStrategy?.type === 'OnDelete' ? desiredNumberScheduled : updatedNumberScheduled
  return { wanted: desiredNumberScheduled, updated, available: Math.min(numberAvailable, updated), old: 0 }
}

const COUNTS = { Deployment: deploymentCounts, StatefulSet: statefulSetCounts, DaemonSet: daemonSetCounts }

const isCounted = (kind: string): kind is keyof typeof COUNTS => Object.hasOwn(COUNTS, kind)

/** Pods of our revision that are to be ready before it is done: as many as are wanted, less those that are held back. */
const identified = ({ kind, spec }: Workload, { wanted }: Counts): number => {
  const { type, rollingUpdate } = spec?.updateStrategy ?? {}
  if (type === 'OnDelete') return 0
  return kind === 'StatefulSet' ? Math.max(0, wanted - (rollingUpdate?.partition ?? 0)) : wanted
}

const pods = (count: number): string => (count === 1 ? '1 pod' : `${count} pods`)

const jobProgress = ({ name }: Scene, job: Workload): Progress => {
  if (holds(job, 'Complete')) return { done: true, line: `${name}: complete` }
  const { active = 0, succeeded = 0, failed = 0 } = job.status ?? {}
  return { done: false, line: `${name}: ${pods(active)} running, ${succeeded} succeeded, ${failed} failed` }
}

/** How far a workload is by the counts of its controller, and by its own pods. */
export const progressOf = (scene: Scene): Progress => {
  const { workload, name, mine, ending, observed } = scene
  if (workload === undefined || !observed) return { done: false, line: `${name}: its controller has not seen it yet` }
  if (!isCounted(workload.kind)) return jobProgress(scene, workload)
  const counts = COUNTS[workload.kind](workload)
  const { wanted, updated, available, old } = counts
  if (updated < wanted) return { done: false, line: `${name}: ${updated} of ${pods(wanted)} updated` }
  if (old > 0) return { done: false, line: `${name}: ${pods(old)} of the revision before to be ended` }
  if (available < updated) return { done: false, line: `${name}: ${available} of ${pods(updated)} available` }
  const ready = mine.filter((pod) => isReady(pod)).length
  const needed = identified(workload, counts)
  // The counts may be ahead of the pods that were seen; it is our pods that are to run.
  if (ready < needed) return { done: false, line: `${name}: ${ready} of ${pods(needed)} ready` }
  const held = wanted - needed
  const notes = [
    ...(held > 0 ? [`${pods(held)} left to the revision before by its update strategy`] : []),
    ...(ending.length > 0 ? [`${pods(ending.length)} still ending`] : []),
  ]
  return { done: true, line: [`${name}: ${pods(wanted)} available`, ...notes].join(', ') }
}
