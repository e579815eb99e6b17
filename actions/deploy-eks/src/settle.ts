import { expectationOf, type ExpectedWorkload, type ReleaseRecord, standingOf } from '@mlops/core'
import { followRelease, type Lease } from '@mlops/kubernetes'
import { restoredClause } from '@mlops/report'
import type { Job } from './job.ts'
import { putBack } from './put-back.ts'

const REVISION = 'mlops/revision'

/** The workloads of a record as they are now; undefined when not all of its objects were applied. */
const appliedWorkloads = async (
  { cluster }: Job,
  { objects, revision }: ReleaseRecord,
): Promise<readonly ExpectedWorkload[] | undefined> => {
  const applied = objects.filter((object) => object.applied !== undefined)
  const live = await Promise.all(applied.map(({ reference }) => cluster.get(reference)))
  const whole = live.every((object) => object?.metadata.annotations?.[REVISION] === String(revision))
  return whole ? live.flatMap((object) => (object === undefined ? [] : (expectationOf(object) ?? []))) : undefined
}

/** What a lost writer had applied whole is judged by its rollout; anything else is undone. Gives what came of it. */
const finish = async (job: Job, lease: Lease, record: ReleaseRecord): Promise<string> => {
  const { records, cluster, context, inputs } = job
  const expected = await appliedWorkloads(job, record)
  if (expected !== undefined) {
    const end = await followRelease(cluster, record, expected, inputs.timeout * 1000, context)
    if (end.kind === 'complete') {
      const because = 'It rolled out after its writer was lost, and a newer release came before anybody judged it.'
      await records.write({ ...record, status: 'deployed', health: 'unjudged', because }, lease)
      return 'it has rolled out all the same'
    }
  }
  return restoredClause(await putBack(job, lease, 'Its writer was lost before it was applied whole.'))
}

/** What an earlier run had left behind, in a sentence, and whether objects were written because of it. */
export interface Settled {
  readonly note: string
  readonly wrote: boolean
}

/**
 * Sees to what an earlier run has left behind: a release whose writer was lost is finished or undone, and one that nobody has
 * judged is marked so. Undefined when nothing was left.
 */
export const settle = async (
  job: Job,
  lease: Lease,
  stored: readonly ReleaseRecord[],
): Promise<Settled | undefined> => {
  const found = standingOf(stored)
  if (found.kind === 'settled') return undefined
  const { record } = found
  const which = `revision ${record.revision} (${record.commit.slice(0, 7)}, ${record.runUrl})`
  if (found.kind === 'unfinished') {
    job.context.log.warning(`${which} was never finished: it is seen to first`)
    return { note: `${which} was never finished; ${await finish(job, lease, record)}`, wrote: true }
  }
  const because = 'A newer release came before anybody judged it.'
  await job.records.write({ ...record, health: 'unjudged', because }, lease)
  job.context.log.notice(`${which} was never judged`)
  return { note: `${which} was never judged`, wrote: false }
}
