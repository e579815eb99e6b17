import type { Clock, Cluster, Log, ReleaseFacts, Restored } from '@mlops/core'
import type { ReleaseRecords, Writer } from '../release-api.ts'

export interface RestoreOptions {
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

export type { Restored }

interface RestoreContext {
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
