import type { FailureClass } from '../diagnosis.ts'

/**
 * How much of a workload has to show a sign before it is a failure ahead of the deadline.
 *
 * - `one`: one pod is enough, because each pod of the revision would fare the same.
 * - `all`: every pod of the revision that is not ending shows signs that are ripe, of whatever class.
 * - `stalled`: nothing else is under way that may cure it: no pod starts, no pod ends, no count changes.
 * - `never`: it may pass by itself; only at the deadline it says why.
 */
type Quorum = 'one' | 'all' | 'stalled' | 'never'

interface Row {
  /** `timeout`: trouble that passes and names no class; at the deadline it explains why nothing came of it. */
  readonly failureClass: FailureClass
  readonly quorum: Quorum
  /** For how long it must have been there without a gap. */
  readonly graceMs: number
}

const SECOND = 1000

/**
 * What may be seen of a failure, and when it is one. The order is the precedence: of several signs at one workload the
 * first in this table names the failure, because it is the most specific.
 */
export const SIGNS = {
  'namespace-gone': { failureClass: 'namespace-gone', quorum: 'one', graceMs: 0 },
  superseded: { failureClass: 'superseded', quorum: 'one', graceMs: 0 },
  // A list may be answered from a cache that is behind the write.
  'workload-absent': { failureClass: 'superseded', quorum: 'one', graceMs: 2 * SECOND },
  'rollout-paused': { failureClass: 'rollout-paused', quorum: 'one', graceMs: 0 },
  'job-suspended': { failureClass: 'rollout-paused', quorum: 'never', graceMs: 0 },
  'job-failed': { failureClass: 'job-failed', quorum: 'one', graceMs: 0 },
  'image-name': { failureClass: 'image-name', quorum: 'one', graceMs: 0 },
  'image-arch': { failureClass: 'image-arch', quorum: 'one', graceMs: 0 },
  'image-not-found': { failureClass: 'image-not-found', quorum: 'one', graceMs: 0 },
  'image-mismatch': { failureClass: 'image-mismatch', quorum: 'one', graceMs: 0 },
  'image-auth-again': { failureClass: 'image-auth', quorum: 'all', graceMs: 0 },
  'image-auth': { failureClass: 'image-auth', quorum: 'all', graceMs: 30 * SECOND },
  'config-missing': { failureClass: 'config-missing', quorum: 'one', graceMs: 10 * SECOND },
  'config-missing-volume': { failureClass: 'config-missing', quorum: 'one', graceMs: 30 * SECOND },
  'oom-killed': { failureClass: 'oom-killed', quorum: 'all', graceMs: 0 },
  'oom-killed-once': { failureClass: 'oom-killed', quorum: 'never', graceMs: 0 },
  'init-failed': { failureClass: 'init-failed', quorum: 'all', graceMs: 0 },
  'init-failed-once': { failureClass: 'init-failed', quorum: 'never', graceMs: 0 },
  'start-error': { failureClass: 'start-error', quorum: 'all', graceMs: 0 },
  'start-error-held': { failureClass: 'start-error', quorum: 'all', graceMs: 20 * SECOND },
  'start-error-once': { failureClass: 'start-error', quorum: 'never', graceMs: 0 },
  'start-refused': { failureClass: 'start-error', quorum: 'one', graceMs: 10 * SECOND },
  'probe-killed': { failureClass: 'probe-killed', quorum: 'all', graceMs: 0 },
  'probe-killed-once': { failureClass: 'probe-killed', quorum: 'never', graceMs: 0 },
  'crash-loop': { failureClass: 'crash-loop', quorum: 'all', graceMs: 0 },
  'crashed-once': { failureClass: 'crash-loop', quorum: 'never', graceMs: 0 },
  'pvc-unbound': { failureClass: 'pvc-unbound', quorum: 'stalled', graceMs: 60 * SECOND },
  // An attach or a driver may take minutes.
  'mount-failed': { failureClass: 'mount-failed', quorum: 'never', graceMs: 0 },
  'quota-exceeded': { failureClass: 'quota-exceeded', quorum: 'stalled', graceMs: 10 * SECOND },
  'limit-range': { failureClass: 'quota-exceeded', quorum: 'one', graceMs: 10 * SECOND },
  'admission-denied': { failureClass: 'admission-denied', quorum: 'one', graceMs: 0 },
  // What is missing may be on its way: a service account, a priority class.
  'admission-held': { failureClass: 'admission-denied', quorum: 'one', graceMs: 10 * SECOND },
  'invalid-object': { failureClass: 'invalid-object', quorum: 'one', graceMs: 10 * SECOND },
  'admission-unavailable': { failureClass: 'admission-unavailable', quorum: 'stalled', graceMs: 30 * SECOND },
  // No autoscaler can help: it has said so.
  'unschedulable-for-good': { failureClass: 'unschedulable', quorum: 'stalled', graceMs: 30 * SECOND },
  unschedulable: { failureClass: 'unschedulable', quorum: 'stalled', graceMs: 60 * SECOND },
  // An autoscaler is bringing a node.
  'unschedulable-for-now': { failureClass: 'unschedulable', quorum: 'stalled', graceMs: 300 * SECOND },
  'no-endpoints': { failureClass: 'no-endpoints', quorum: 'one', graceMs: 30 * SECOND },
  'hpa-failed': { failureClass: 'hpa-failed', quorum: 'one', graceMs: 180 * SECOND },
  // Slow models are no failures.
  'probe-not-ready': { failureClass: 'probe-not-ready', quorum: 'never', graceMs: 0 },
  'image-transient': { failureClass: 'timeout', quorum: 'never', graceMs: 0 },
  'node-transient': { failureClass: 'timeout', quorum: 'never', graceMs: 0 },
  'scheduling-gated': { failureClass: 'timeout', quorum: 'never', graceMs: 0 },
  'creation-failed': { failureClass: 'timeout', quorum: 'never', graceMs: 0 },
  'config-not-synced': { failureClass: 'timeout', quorum: 'never', graceMs: 0 },
} as const satisfies Readonly<Record<string, Row>>

export type Sign = keyof typeof SIGNS

const ORDER = Object.keys(SIGNS)

/** Smaller is more specific. */
export const rankOf = (sign: Sign): number => ORDER.indexOf(sign)
