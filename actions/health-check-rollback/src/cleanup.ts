import { type Context, seeToLeft } from '@mlops/action-kit'
import { isUnfinished, type ReleaseRecord, runUrl } from '@mlops/core'
import { holdLease } from '@mlops/kubernetes'
import { restoredClause } from '@mlops/report'
import { newestRecord, openJob } from './job.ts'
import type { Ports } from './ports.ts'
import { environmentFault, restore } from './restore.ts'
import type { Inputs } from './spec.ts'
import { wasUndoing } from './undoing.ts'

/** Whether this run has left a release bad: with its rollback in the middle, or not yet begun. */
const isLeft = (record: ReleaseRecord, context: Context): boolean => {
  const isOurs = wasUndoing(context, record)
  if (isUnfinished(record)) return isOurs || record.runUrl === runUrl(context.identity)
  return isOurs && record.status === 'deployed' && record.health === 'unhealthy'
}

/** Finishes the rollback that this run has left. */
const seeTo = async (inputs: Inputs, ports: Ports, context: Context, holder: string): Promise<void> => {
  // What it would be asked does not matter any more.
  const job = await openJob({ ...inputs, checks: undefined, revision: undefined }, ports, context)
  const { namespace, release } = inputs
  const lease = await holdLease(job.cluster, { namespace, release, holder, waitMs: 0 }, context)
  try {
    const record = await newestRecord(inputs, job.records)
    // Another run may have seen to it meanwhile.
    if (!isLeft(record, context)) return
    const fault = inputs.mode === 'judge' && !isUnfinished(record) ? await environmentFault(job) : undefined
    if (fault !== undefined) return context.log.warning(`${release} is left unhealthy, as ${fault}`)
    const restored = await restore(job, lease, record.because, record.failureClass)
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
