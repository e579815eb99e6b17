import type { Clock, Cluster, ExpectedWorkload, Log, ObjectReference, RolloutVerdict } from '@mlops/core'

export interface FollowOptions {
  /** Of the release's objects: each is watched. */
  readonly namespaces: readonly string[]
  /** From now on. */
  readonly timeoutMs: number
  /** All objects of the release: its Services must have ready endpoints, its autoscalers must be able to work. */
  readonly objects: readonly ObjectReference[]
}

export interface FollowContext {
  readonly clock: Clock
  /** Told how far the rollout is, whenever that has changed, and which values no log may show. */
  readonly log: Pick<Log, 'info' | 'mask'>
  readonly signal: AbortSignal
}

/** How a rollout ended; it never ends as `progressing`. */
export type RolloutEnd = Exclude<RolloutVerdict, { readonly kind: 'progressing' }>

/**
 * Waits until what was applied runs, and nothing else, or until it is plain that it never will; writes nothing. Diagnoses of
 * containers that failed carry the last 50 lines of their logs, without the values of the release's Secrets. Rejects with the signal's reason when it aborts, and with
 * the errors of the cluster when it may not be read. A cluster that is silent for two minutes is a verdict: `environment`.
 */
export type FollowRollout = (
  cluster: Cluster,
  expected: readonly ExpectedWorkload[],
  options: FollowOptions,
  context: FollowContext,
) => Promise<RolloutEnd>
