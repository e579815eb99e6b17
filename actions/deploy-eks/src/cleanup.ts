import { type Context, seeToLeft } from '@mlops/action-kit'
import { runUrl, standingOf } from '@mlops/core'
import { holdLease, type Lease, releaseRecords, restoreRelease } from '@mlops/kubernetes'
import { imageLookup } from '@mlops/image'
import { restoredClause } from '@mlops/report'
import { factsOf } from './facts.ts'
import type { Ports } from './ports.ts'
import type { Inputs } from './spec.ts'

/** Undoes the release that this run has left in the middle, or says in its record that it was left. */
const seeTo = async (inputs: Inputs, ports: Ports, context: Context, holder: string): Promise<void> => {
  const cluster = await ports.connect(context)
  const { namespace, release } = inputs
  const lease: Lease = await holdLease(cluster, { namespace, release, holder, waitMs: 0 }, context)
  try {
    const records = releaseRecords(cluster, { namespace, release })
    const found = standingOf((await records.list()).records)
    // Another run may have seen to it meanwhile.
    if (found.kind !== 'unfinished' || found.record.runUrl !== runUrl(context.identity)) return
    // It may have failed before, and was being undone.
    const { failureClass } = found.record
    const because = failureClass === undefined ? 'The run was cancelled.' : found.record.because
    if (inputs.onCancel === 'leave')
      return await records.write({ ...found.record, status: 'interrupted', because }, lease)
    const restored = await restoreRelease(
      cluster,
      lease,
      {
        records,
        because,
        requireHealthy: inputs.requireHealthyTarget,
        onFirst: inputs.onFirstFailure,
        facts: factsOf(inputs, context, {}),
        timeoutMs: inputs.timeout * 1000,
        imageExists: imageLookup(ports.imagesIn, context.log).exists,
        ...(failureClass === undefined ? {} : { failureClass }),
      },
      context,
    )
    context.log.warning(`revision ${found.record.revision} of ${release} was cancelled: ${restoredClause(restored)}`)
  } finally {
    await lease.release()
  }
}

/** Undoes what a cancelled or killed step has left in the middle, and releases its lock. */
export const cleanup = (inputs: Inputs, ports: Ports, context: Context): Promise<void> =>
  seeToLeft(context, 'the cancelled release was not undone in time', (holder, limited) =>
    seeTo(inputs, ports, limited, holder),
  )
