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
