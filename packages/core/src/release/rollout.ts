import type { EpochMs } from '../brand.ts'
import type { Diagnosis } from './diagnosis.ts'
import type { KubernetesObject, ObjectReference } from './kubernetes-object.ts'

/** A workload that a release has applied, and by what its own pods are known. */
export interface ExpectedWorkload {
  readonly reference: ObjectReference
  readonly uid: string
  /** metadata.generation right after it was applied: what has an older observedGeneration knows nothing of it. */
  readonly generation: number
  /** Digests by container name, as `sha256:<hex>`, of the images that are pinned. */
  readonly digests: Readonly<Record<string, string>>
  /** Its `spec.template` as the API server kept it: pods of another template are not of this release. */
  readonly template: unknown
}

/** How long a rollout may take, and what else belongs to it. */
export interface RolloutLimits {
  readonly timeoutMs: number
  /** All objects of the release: its Services must have ready endpoints, its autoscalers must be able to work. */
  readonly objects: readonly ObjectReference[]
}

/** The cluster as it is seen at one moment: objects of the release's namespaces, raw. */
export interface Observation {
  readonly workloads: readonly KubernetesObject[]
  readonly replicaSets: readonly KubernetesObject[]
  readonly pods: readonly KubernetesObject[]
  readonly events: readonly KubernetesObject[]
  readonly autoscalers: readonly KubernetesObject[]
  readonly services: readonly KubernetesObject[]
  readonly endpointSlices: readonly KubernetesObject[]
  readonly quotas: readonly KubernetesObject[]
  readonly nodes: readonly KubernetesObject[]
  readonly namespaces: readonly KubernetesObject[]
}

export type RolloutVerdict =
  | { readonly kind: 'progressing'; readonly line: string }
  | { readonly kind: 'complete'; readonly line: string }
  | { readonly kind: 'failed'; readonly diagnoses: readonly [Diagnosis, ...(readonly Diagnosis[])] }

/** Runs of a container that began before the rollout: how they end says nothing of it. */
export interface PastRun {
  /** Their number. */
  readonly runs: number
  /** It was not well, so that the end of its next run is told together with theirs. */
  readonly unwell: boolean
}

/** By uid of the pod and name of the container. */
export type PastRuns = Readonly<Record<string, PastRun>>

/** What has been seen of a rollout so far; made by `startRollout`, carried on by `followed`. */
export interface RolloutState {
  readonly expected: readonly ExpectedWorkload[]
  readonly limits: RolloutLimits
  readonly startedAt: EpochMs
  /** Since when each sign of trouble has been there without a gap. */
  readonly since: Readonly<Record<string, EpochMs>>
  /** Those that were there at the first look, and may be left from before; absent until then. */
  readonly inherited?: readonly string[]
  /** What the containers of older pods had been through at the first look. */
  readonly past?: PastRuns
}

export interface Followed {
  readonly state: RolloutState
  readonly verdict: RolloutVerdict
  /** When to look again though nothing changes: the end of the next grace time, or the deadline. */
  readonly again: EpochMs
}
