import { type Context, seeToLeft } from '@mlops/action-kit'
import { type ReleaseRecord, runUrl, standingOf } from '@mlops/core'
import { imageLookup } from '@mlops/image'
import { holdLease, type Lease, releaseRecords } from '@mlops/kubernetes'
import { factsOf } from './facts.ts'
import { clauseOf } from './failure.ts'
import { wasOutage } from './outage.ts'
import type { Ports } from './ports.ts'
import { respond } from './respond.ts'
import type { Inputs } from './spec.ts'
import { stopwatch } from './stopwatch.ts'

const CANCELLED = { because: 'The run was cancelled.' }
const OUTAGE = {
  failureClass: 'environment',
  because: 'The API server could not be reached in the middle of it; the next run finishes or undoes it.',
}

/** Why a release is left as it is, for the next run to see to; undefined when it is not. */
const leftFor = ({ onCancel }: Inputs, { failureClass, because, restores }: ReleaseRecord, context: Context) => {
  const isFailed = failureClass !== undefined
  if (!isFailed && restores === undefined && wasOutage(context)) return OUTAGE
  if (onCancel !== 'leave') return undefined
  return isFailed ? { because } : CANCELLED
}

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
    const { record } = found
    const left = leftFor(inputs, record, context)
    if (left !== undefined) return await records.write({ ...record, status: 'interrupted', ...left }, lease)
    // It may have failed before, and was being undone.
    const cause = record.failureClass === undefined ? CANCELLED : record
    const job = {
      inputs,
      records,
      cluster,
      context,
      facts: factsOf(inputs, context, {}),
      images: imageLookup(ports.imagesIn, context.log),
      watch: stopwatch(context.clock),
    }
    const clause = clauseOf(await respond(job, lease, record, cause), record.failureClass)
    context.log.warning(`revision ${record.revision} of ${release} was cancelled: ${clause}`)
  } finally {
    await lease.release()
  }
}

/** Undoes what a cancelled or killed step has left in the middle, and releases its lock. */
export const cleanup = (inputs: Inputs, ports: Ports, context: Context): Promise<void> =>
  seeToLeft(context, 'the cancelled release was not undone in time', (holder, limited) =>
    seeTo(inputs, ports, limited, holder),
  )
