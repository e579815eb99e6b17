import type {
  Clock,
  Cluster,
  Diagnosis,
  Log,
  ObjectReference,
  ReleaseFacts,
  ReleaseRecord,
  TargetChoice,
} from '@mlops/core'
import type { ReleaseRecords, Writer } from '../release-api.ts'

export interface RestoreOptions {
  readonly namespace: string
  readonly records: ReleaseRecords
  /** Only a release that was found healthy may be gone back to. */
  readonly requireHealthy: boolean
  /** What becomes of the objects of a first release, when there is nothing to go back to. */
  readonly onFirst: 'remove' | 'keep'
  /** One sentence for the record: why it is undone. */
  readonly because: string
  readonly failureClass?: string
  /** Who is at it now. */
  readonly facts: Pick<ReleaseFacts, 'commit' | 'repository' | 'actor' | 'runUrl' | 'environment'>
  /** Of the rollback's own rollout. */
  readonly timeoutMs: number
  /** Undefined: nobody can say; it is tried once. */
  readonly imageExists: (image: string) => Promise<boolean | undefined>
}

/** How an attempt to put back what was there before has ended. */
export type Restored = { readonly choice: TargetChoice; readonly milliseconds: number } & (
  | {
      /** What was there before is there again, and runs. `nothing`: there was nothing, and what was created is removed. */
      readonly kind: 'restored' | 'nothing'
      readonly record: ReleaseRecord
      readonly restored: readonly ObjectReference[]
      readonly removed: readonly ObjectReference[]
      readonly recreated: readonly ObjectReference[]
      readonly kept: readonly { readonly reference: ObjectReference; readonly why: string }[]
    }
  /** There is nothing that may be gone back to; nothing was written but the record of the failed release. */
  | { readonly kind: 'no-target' }
  /** Somebody else changed the objects, or an image of what was there is gone: nothing was written. */
  | { readonly kind: 'superseded' | 'refused'; readonly diagnoses: readonly [Diagnosis, ...(readonly Diagnosis[])] }
  /** It was tried, and does not run. */
  | { readonly kind: 'failed'; readonly diagnoses: readonly [Diagnosis, ...(readonly Diagnosis[])] }
)

export interface RestoreContext {
  readonly clock: Clock
  readonly log: Log
  readonly signal: AbortSignal
}

/**
 * Undoes the newest release: chooses what to go back to, puts it back whole, waits until it runs, and writes how that ended
 * into the records. One attempt. Throws E-LEASE-LOST; run again after a crash it goes on.
 */
export type RestoreRelease = (
  cluster: Cluster,
  writer: Writer,
  options: RestoreOptions,
  context: RestoreContext,
) => Promise<Restored>
