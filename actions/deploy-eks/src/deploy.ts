import { newHolder, noteHolder, noteReleased, type Outcome } from '@mlops/action-kit'
import { ActionError, type ReleaseRecord } from '@mlops/core'
import { applyRelease, followRelease, holdLease, type Lease, pruneRelease } from '@mlops/kubernetes'
import { failedError } from './failure.ts'
import type { Job } from './job.ts'
import { noteOutage } from './outage.ts'
import { deployedReport, type Diagnoses } from './report.ts'
import { respond } from './respond.ts'
import { passOver, settle } from './settle.ts'
import type { Spec } from './spec.ts'
import { outputsOf, type Seen, storyOf } from './story.ts'
import { survey, withoutWriting } from './survey.ts'

/** How a deploy ended: its record says so, and nothing of it is left to be done. */
type Ending = Outcome<Spec> | ActionError

const fail = async (job: Job, lease: Lease, seen: Seen, record: ReleaseRecord, diagnoses: Diagnoses) => {
  for (const { sentence, log = [] } of diagnoses) {
    job.context.log.info(sentence)
    job.context.log.foreign(log)
  }
  const [{ failureClass, sentence: because }] = diagnoses
  const response = await respond(job, lease, record, { failureClass, because })
  return failedError(storyOf(job, seen), diagnoses, response, outputsOf(job, seen))
}

const write = async (job: Job, lease: Lease, seen: Seen): Promise<Ending> => {
  const { inputs, context, cluster, records, watch } = job
  const { conflicts, recordSecrets, timeout } = inputs
  const options = { plan: seen.plan, records, conflicts, recordSecrets }
  const applied = await watch.time('apply', () => applyRelease(cluster, lease, options, context))
  const { record } = applied
  if (applied.kind === 'refused') return fail(job, lease, seen, record, [applied.diagnosis])
  const end = await watch.time('rollout', () =>
    followRelease(cluster, record, applied.expected, timeout * 1000, context),
  )
  if (end.kind === 'failed') return fail(job, lease, seen, record, end.diagnoses)
  const because = 'It rolled out, and nobody has judged it yet.'
  await records.write({ ...record, status: 'deployed', because }, lease)
  // What is left over makes the release no worse: it stays when that fails.
  await watch.time('prune', () => pruneRelease(cluster, lease, record, context))
  return {
    status: 'deployed',
    verdict: 'ok',
    outputs: outputsOf(job, seen),
    report: deployedReport(storyOf(job, seen)),
  }
}

/** What somebody else has written since it was looked at is looked at again, and seen to when it was left in the middle. */
const lookAgain = async (job: Job, lease: Lease, seen: Seen): Promise<Seen> => {
  const stored = await job.records.list()
  const note = await settle(job, lease, stored.records)
  const [before, now] = [seen.stored.records[0], stored.records[0]]
  // A verdict may have come meanwhile: it changes nothing of the plan.
  if (note === undefined && before?.revision === now?.revision && before?.status === now?.status)
    return { ...seen, stored }
  return job.watch.time('preflight', () => survey(job, note === undefined ? [] : [note]))
}

const CANCELLED = 'The run was cancelled.'

/** Says in the record that the run was cancelled in the middle of it; `post` sees to the rest. */
const interrupt = async ({ records, facts, context }: Job, lease: Lease): Promise<void> => {
  try {
    const [newest] = (await records.list()).records
    if (newest?.status === 'pending' && newest.runUrl === facts.runUrl)
      await records.write(
        // Why it is being undone is worth more than that this was cancelled.
        { ...newest, status: 'interrupted', ...(newest.failureClass === undefined && { because: CANCELLED }) },
        lease,
      )
  } catch (error) {
    // It stays pending, which is seen to likewise; the run was cancelled all the same.
    context.log.warning(`the record does not say that the run was cancelled: ${String(error)}`)
  }
}

/** Refused when it was looked at once more: nothing of it was written. */
const REFUSALS: ReadonlySet<string> = new Set(['E-PREFLIGHT', 'E-OLDER'])

/** How the deploy ended. Throws what leaves something to be done by `post`, or by the next run. */
const underLease = async (job: Job, lease: Lease, seen: Seen): Promise<Ending> => {
  const { context } = job
  const working = { ...job, context: { ...context, signal: AbortSignal.any([context.signal, lease.lost]) } }
  try {
    const current = await lookAgain(working, lease, seen)
    return withoutWriting(working, current) ?? (await write(working, lease, await passOver(working, lease, current)))
  } catch (error) {
    if (context.signal.aborted) await interrupt(job, lease)
    if (error instanceof ActionError && error.facts.code === 'E-CLUSTER') noteOutage(context)
    if (error instanceof ActionError && REFUSALS.has(error.facts.code)) return error
    throw error
  }
}

/** Deploys under the lock of the release. */
export const deploy = async (job: Job, seen: Seen): Promise<Outcome<Spec>> => {
  const { context, cluster, facts, inputs, watch } = job
  const holder = newHolder(context)
  noteHolder(context, holder)
  const request = { namespace: facts.namespace, release: facts.release, holder, waitMs: inputs.lockTimeout * 1000 }
  const lease = await watch.time('lock', () => holdLease(cluster, request, context))
  const ending = await underLease(job, lease, seen)
  await lease.release()
  noteReleased(context)
  if (ending instanceof ActionError) throw ending
  return ending
}
