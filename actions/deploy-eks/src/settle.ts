import { expectationOf, type ExpectedWorkload, type ReleaseRecord, standingOf } from '@mlops/core'
import { followRelease, type Lease } from '@mlops/kubernetes'
import { clauseOf } from './failure.ts'
import type { Job } from './job.ts'
import { type Cause, respond } from './respond.ts'
import type { Seen } from './story.ts'

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

/** Why a release whose writer was lost is to be undone; undefined when it has rolled out all the same. */
const causeOf = async (job: Job, record: ReleaseRecord): Promise<Cause | undefined> => {
  const { failureClass: known, health } = record
  // It had failed, or was being undone already. An API server that was away then says nothing against it now.
  if ((known !== undefined && known !== 'environment') || health === 'unhealthy') return record
  const expected = await appliedWorkloads(job, record)
  if (expected === undefined) return { because: 'Its writer was lost before it was applied whole.' }
  const end = await followRelease(job.cluster, record, expected, job.inputs.timeout * 1000, job.context)
  if (end.kind === 'complete') return undefined
  const [{ sentence: because, failureClass }] = end.diagnoses
  return { because, failureClass }
}

/** What a lost writer had applied whole is judged by its rollout; anything else is undone, unless there is a reason to leave it. Gives what came of it. */
const finish = async (job: Job, lease: Lease, record: ReleaseRecord): Promise<string> => {
  const cause = await causeOf(job, record)
  if (cause !== undefined) return clauseOf(await respond(job, lease, record, cause), cause.failureClass)
  const because = 'It rolled out after its writer was lost, and a newer release came before anybody judged it.'
  await job.records.write({ ...record, status: 'deployed', health: 'unjudged', because }, lease)
  return 'it has rolled out all the same'
}

const named = ({ revision, commit, runUrl }: ReleaseRecord) => `revision ${revision} (${commit.slice(0, 7)}, ${runUrl})`

/**
 * Finishes or undoes a release whose writer was lost: judged by its rollout when it was applied whole. Gives a sentence about
 * it; undefined when there was none.
 */
export const settle = async (job: Job, lease: Lease, stored: readonly ReleaseRecord[]): Promise<string | undefined> => {
  const found = standingOf(stored)
  if (found.kind !== 'unfinished') return undefined
  job.context.log.warning(`${named(found.record)} was never finished: it is seen to first`)
  return `${named(found.record)} was never finished; ${await finish(job, lease, found.record)}`
}

/** Says of a release that nobody has judged that a newer one takes its place; told in the report too. */
export const passOver = async (job: Job, lease: Lease, seen: Seen): Promise<Seen> => {
  const found = standingOf(seen.stored.records)
  if (found.kind !== 'unverified') return seen
  const because = 'A newer release came before anybody judged it.'
  await job.records.write({ ...found.record, health: 'unjudged', because }, lease)
  const note = `${named(found.record)} was never judged`
  job.context.log.notice(note)
  return { ...seen, notes: [...seen.notes, note] }
}
