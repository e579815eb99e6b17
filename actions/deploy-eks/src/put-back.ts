import type { Restored } from '@mlops/core'
import { type Lease, restoreRelease } from '@mlops/kubernetes'
import type { Job } from './job.ts'

/** What it takes to undo a release. */
export type Undoing = Pick<Job, 'inputs' | 'records' | 'cluster' | 'context' | 'facts' | 'images' | 'watch'>

/** Undoes the newest release by the inputs of this step. */
export const putBack = (
  { inputs, records, cluster, context, facts, images, watch }: Undoing,
  lease: Lease,
  because: string,
  failureClass?: string,
): Promise<Restored> =>
  watch.time('rollback', () =>
    restoreRelease(
      cluster,
      lease,
      {
        records,
        requireHealthy: inputs.requireHealthyTarget,
        onFirst: inputs.onFirstFailure,
        because,
        facts,
        timeoutMs: inputs.timeout * 1000,
        imageExists: images.exists,
        ...(failureClass === undefined ? {} : { failureClass }),
      },
      context,
    ),
  )
