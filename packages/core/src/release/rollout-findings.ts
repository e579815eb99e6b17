import { configFindings } from './failure-classes/config.ts'
import { containerFindings } from './failure-classes/container.ts'
import { creationFindings } from './failure-classes/creation.ts'
import type { Finding } from './failure-classes/finding.ts'
import { imageFindings } from './failure-classes/image.ts'
import { nodeFindings } from './failure-classes/node.ts'
import { readinessFindings } from './failure-classes/readiness.ts'
import { schedulingFindings } from './failure-classes/scheduling.ts'
import type { Sign } from './failure-classes/signs.ts'
import { namespaceFindings, workloadFindings } from './failure-classes/workload.ts'
import { type Progress, progressOf } from './rollout-progress.ts'
import type { Observation } from './rollout.ts'
import type { Scene } from './rollout-scene.ts'

/** A workload with how far it is, and what is wrong with it. */
export interface Seen {
  readonly scene: Scene
  readonly progress: Progress
  readonly findings: readonly Finding[]
}

const OF_PODS = [
  imageFindings,
  configFindings,
  containerFindings,
  schedulingFindings,
  creationFindings,
  readinessFindings,
  nodeFindings,
]

// A Job tries again by itself, as often as its backoffLimit says: what ends in its pods is not the end of it.
const OF_JOBS = [imageFindings, configFindings, schedulingFindings, creationFindings, nodeFindings]

// A workload that is done has no trouble but that it is not ours any more, or was never.
const WHEN_DONE = new Set<Sign>(['image-mismatch', 'superseded', 'workload-absent', 'namespace-gone'])

/** Judges one workload by all that is known of it at this moment. */
export const seenOf = (scene: Scene, observation: Observation): Seen => {
  const progress = progressOf(scene)
  const finders = scene.workload?.kind === 'Job' ? OF_JOBS : OF_PODS
  const findings = [
    ...namespaceFindings(scene, observation),
    ...workloadFindings(scene),
    ...finders.flatMap((find) => find(scene)),
  ]
  return { scene, progress, findings: findings.filter(({ sign }) => !progress.done || WHEN_DONE.has(sign)) }
}
