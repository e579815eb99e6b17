import { type Context, seeToLeft } from '@mlops/action-kit'
import { runUrl, standingOf } from '@mlops/core'
import { holdLease } from '@mlops/kubernetes'
import { restoredClause } from '@mlops/report'
import { openJob } from './job.ts'
import type { Ports } from './ports.ts'
import { restore } from './restore.ts'
import type { Inputs } from './spec.ts'

/** Finishes the rollback that this run has left in the middle. */
const seeTo = async (inputs: Inputs, ports: Ports, context: Context, holder: string): Promise<void> => {
  // What it would be asked does not matter any more.
  const job = await openJob({ ...inputs, checks: undefined, revision: undefined }, ports, context)
  const { namespace, release } = inputs
  const lease = await holdLease(job.cluster, { namespace, release, holder, waitMs: 0 }, context)
  try {
    const found = standingOf((await job.records.list()).records)
    // A rollback is the only thing that this action leaves unfinished; another run may have seen to it meanwhile.
    if (found.kind !== 'unfinished' || found.record.runUrl !== runUrl(context.identity)) return
    const restored = await restore(job, lease, found.record.because)
    context.log.warning(`the rollback of ${release} was cancelled, and finished now: ${restoredClause(restored)}`)
  } finally {
    await lease.release()
  }
}

/** Finishes what a cancelled or killed step has left in the middle, and releases its lock. */
export const cleanup = (inputs: Inputs, ports: Ports, context: Context): Promise<void> =>
  seeToLeft(context, 'the rollback that was cancelled was not finished in time', (holder, limited) =>
    seeTo(inputs, ports, limited, holder),
  )
