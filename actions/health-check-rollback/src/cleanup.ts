import { type Context, leftHolder, limited } from '@mlops/action-kit'
import { ActionError, runUrl, standingOf } from '@mlops/core'
import { holdLease } from '@mlops/kubernetes'
import { restoredClause } from '@mlops/report'
import { openJob } from './job.ts'
import type { Ports } from './ports.ts'
import { restore } from './restore.ts'
import type { Inputs } from './spec.ts'

/** The runner gives `post` five minutes after a cancel. */
const POST_MS = 4 * 60_000

const tooLong = new ActionError({
  code: 'E-ROLLBACK-FAILED',
  kind: 'timeout',
  what: 'the rollback that was cancelled was not finished in time',
  why: 'what was there before did not run within four minutes, and the runner gives no more after a cancel',
  hint: 'look at the namespace; the next deploy, or rollback.yml, goes on from there',
})

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
export const cleanup = async (inputs: Inputs, ports: Ports, context: Context): Promise<void> => {
  const holder = leftHolder(context)
  if (holder === undefined) return
  const signal = limited(context.clock, context.signal, POST_MS, tooLong)
  try {
    await seeTo(inputs, ports, { ...context, signal }, holder)
  } catch (error) {
    // Whoever has the lock now has seen to it.
    if (!(error instanceof ActionError) || error.facts.code !== 'E-LOCKED') throw error
  }
}
