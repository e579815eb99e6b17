import type { Restored } from '@mlops/core'
import { type Lease, restoreRelease } from '@mlops/kubernetes'
import type { Job } from './job.ts'

/** Undoes the newest release by the inputs of this step. */
export const putBack = (
  { inputs, records, cluster, context, facts, images, watch }: Job,
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
