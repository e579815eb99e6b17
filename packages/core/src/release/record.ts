import type { KubernetesObject, ObjectReference } from './kubernetes-object.ts'

/** How far a release got. */
export type ReleaseStatus =
  /** Something of it may be in the cluster: its writer is at work, or was lost. */
  'pending' | 'deployed' | 'failed' | 'rolled-back' | 'rollback-failed' | 'superseded' | 'interrupted'

/** What is known of how it fares. `unjudged`: it failed, or a newer release came, before anybody said. */
export type ReleaseHealth = 'awaiting-verdict' | 'healthy' | 'unhealthy' | 'inconclusive' | 'unjudged'

/**
 * What was deployed, what was there before, and how it ended: kept in the cluster, and enough to finish or to undo the
 * release from any machine. Part of the public interface: a field is added, never renamed; see `readRecord`.
 */
export interface ReleaseRecord {
  readonly version: 1
  readonly release: string
  readonly namespace: string
  /** Counts from 1; 0 is what was there before the first release. */
  readonly revision: number
  readonly status: ReleaseStatus
  readonly health: ReleaseHealth
  /** One sentence: why it has this status and health. */
  readonly because: string
  readonly failureClass?: string
  /** RFC 3339. */
  readonly createdAt: string
  /** Of the commit, RFC 3339, where it is known: an older one does not replace a newer. */
  readonly committedAt?: string
  readonly commit: string
  readonly repository: string
  readonly actor: string
  readonly runUrl: string
  readonly environment?: string
  /** Number of the lease (leaseTransitions) under which it is written. */
  readonly fencing: number
  /** What this release puts back, when it is a rollback. */
  readonly restores?: number
  /** Images by name as they were rendered, with what they were replaced by. */
  readonly images: Readonly<Record<string, string>>
  readonly modelPackageArn?: string
  readonly objects: readonly RecordedObject[]
}

export interface RecordedObject {
  readonly reference: ObjectReference
  /** As it was applied; a Secret has `data` of digests only, unless `record-secrets` keeps them. Absent: it was removed. */
  readonly applied?: KubernetesObject
  /** As it was in the cluster before, without what the server owns; absent when it was not there. */
  readonly before?: KubernetesObject
  /** Of the object after it was applied. */
  readonly uid?: string
  readonly resourceVersion?: string
  /** By this release. */
  readonly created: boolean
  /** Revision that has created the object that is there now; absent for what we found. */
  readonly createdIn?: number
}
