import {
  ActionError,
  type Checks,
  type ErrorCode,
  type ErrorKind,
  type ReleaseRecord,
  type Restored,
} from '@mlops/core'
import type { Lease } from '@mlops/kubernetes'
import { alteredError } from './altered.ts'
import { type Judgement, prove } from './bake.ts'
import { type Job, newestRecord, supersededError } from './job.ts'
import type { Ending } from './lease.ts'
import { outputsOf } from './outputs.ts'
import { tellHealthy, tellUnhealthy } from './registry.ts'
import { consequence, rollbackReport, type Story, unhealthyReport, verdictReport } from './report.ts'
import { environmentFault, restore, standingRecord } from './restore.ts'
import { noteUndoing } from './undoing.ts'

interface End {
  readonly code: ErrorCode
  readonly kind: ErrorKind
  readonly status: string
  readonly hint: string
}

const ROLLED_BACK: End = {
  code: 'E-UNHEALTHY',
  kind: 'rejected',
  status: 'rolled-back',
  hint: 'find the cause in the summary, and deploy again when it is cured',
}
const NOT_BACK: End = {
  code: 'E-ROLLBACK-FAILED',
  kind: 'remote',
  status: 'rollback-failed',
  hint: 'look at the service now: nothing more is tried by itself',
}
const NO_TARGET: End = {
  code: 'E-NO-TARGET',
  kind: 'remote',
  status: 'failed-no-target',
  hint: 'deploy a release that is good: nothing healthy was there before',
}

const ENDS: Readonly<Record<Restored['kind'], End>> = {
  restored: ROLLED_BACK,
  nothing: NO_TARGET,
  'no-target': NO_TARGET,
  superseded: {
    code: 'E-SUPERSEDED',
    kind: 'rejected',
    status: 'superseded',
    hint: 'find out who changed the objects and why, then deploy what is wanted',
  },
  refused: NOT_BACK,
  failed: NOT_BACK,
}
const ENVIRONMENT: End = {
  code: 'E-ENVIRONMENT',
  kind: 'remote',
  status: 'environment',
  hint: 'bring the cluster back, then judge the release again',
}
const left = ({ rollback, release, namespace }: Job['inputs']): End => ({
  code: 'E-UNHEALTHY',
  kind: 'rejected',
  status: 'unhealthy',
  hint:
    rollback === 'suggest'
      ? `roll it back: run this action with mode: rollback, release: ${release} and namespace: ${namespace}, or rollback.yml`
      : 'deploy a release that is good, or roll this one back',
})

const endOf = ({ restored, proof }: Story, otherwise: End): End => {
  if (restored === undefined) return otherwise
  return proof?.verdict.kind === 'unhealthy' ? NOT_BACK : ENDS[restored.kind]
}

/** What was put back, and what the checks say of it. */
interface Back {
  readonly restored?: Restored
  readonly record?: ReleaseRecord
  readonly proof?: Judgement
}

/** Puts back what was there before, asks it the same checks, and writes down what they say. */
const putBack = async (
  job: Job,
  lease: Lease,
  because: string,
  failureClass?: 'health-check' | 'alarm',
): Promise<Back> => {
  const restored = await restore(job, lease, because, failureClass)
  if (restored.kind !== 'restored') return { restored }
  const { checks } = job
  const record = await standingRecord(job, restored.record)
  if (checks === undefined) return { restored, record }
  const proof = await prove(job, checks, record)
  const { kind: health, sentence } = proof.verdict
  await job.records.write({ ...record, health, because: `${record.because} ${sentence}` }, lease)
  return { restored, record, proof }
}

/** A release that was put back and proven healthy is what registry and images speak of again. */
const tellBack = async (job: Job, { record, proof }: Back): Promise<readonly string[]> =>
  record !== undefined && proof?.verdict.kind === 'healthy' ? tellHealthy(job, record, proof.model) : []

/** What was told, or why it was not: what became of the release is not lost over that. */
const orWhyNot = async (
  { context }: Pick<Job, 'context'>,
  told: Promise<readonly string[]>,
): Promise<readonly string[]> => {
  try {
    return await told
  } catch (error) {
    context.signal.throwIfAborted()
    if (!(error instanceof ActionError)) throw error
    context.log.error(error.message)
    return [`Registry and images were not told of it: ${error.facts.why}.`]
  }
}

const failed = (
  story: Story,
  { code, kind, status, hint }: End,
  {
    what,
    why,
    failureClass,
    report,
  }: Pick<ActionError['facts'], 'what' | 'why'> & {
    readonly failureClass: string
    readonly report: ReturnType<typeof unhealthyReport>
  },
): ActionError =>
  new ActionError({
    code,
    kind,
    what,
    why,
    hint,
    outputs: { ...outputsOf(story), status, 'failure-class': failureClass },
    report,
  })

type Unhealthy = Judgement & { readonly verdict: Extract<Judgement['verdict'], { readonly kind: 'unhealthy' }> }

const storied = ({ restored, proof }: Back): Pick<Story, 'restored' | 'proof'> => ({
  ...(restored === undefined ? {} : { restored }),
  ...(proof === undefined ? {} : { proof }),
})

const respond = async (job: Job, lease: Lease, record: ReleaseRecord, judgement: Unhealthy): Promise<Ending> => {
  const { verdict, model } = judgement
  const { failureClass, sentence } = verdict
  const isAuto = job.inputs.rollback === 'auto'
  if (isAuto) noteUndoing(job.context, record)
  await job.records.write({ ...record, health: 'unhealthy', because: sentence, failureClass }, lease)
  job.context.log.info(sentence)
  const fault = isAuto ? await environmentFault(job) : undefined
  const back: Back = isAuto && fault === undefined ? await putBack(job, lease, sentence, failureClass) : {}
  const restored = back.record === undefined ? {} : { restored: back.record }
  const told = [
    ...(await orWhyNot(job, tellUnhealthy(job, verdict, { failed: record, model, ...restored }))),
    ...(await orWhyNot(job, tellBack(job, back))),
  ]
  const story: Story = { record, environment: job.environment, judgement, told, ...storied(back) }
  const clause = consequence(story, fault === undefined ? 'it is left as it is' : `it is left as it is, as ${fault}`)
  return failed(story, endOf(story, fault === undefined ? left(job.inputs) : ENVIRONMENT), {
    what: `revision ${record.revision} of ${record.release} is unhealthy; ${clause}`,
    why: sentence,
    failureClass,
    report: unhealthyReport(story, sentence, clause),
  })
}

const healthy = async (job: Job, lease: Lease, record: ReleaseRecord, judgement: Judgement): Promise<Ending> => {
  const altered = await alteredError(job, record)
  if (altered !== undefined) return altered
  await job.records.write({ ...record, health: 'healthy', because: judgement.verdict.sentence }, lease)
  const told = await tellHealthy(job, record, judgement.model)
  const story = { record, environment: job.environment, judgement, told }
  return { status: 'healthy', verdict: 'ok', outputs: outputsOf(story), report: verdictReport(story, judgement) }
}

const doubtful = async (
  job: Job,
  lease: Lease,
  record: ReleaseRecord,
  judgement: Judgement,
  { onInconclusive }: Checks,
): Promise<Ending> => {
  const { sentence } = judgement.verdict
  // That nobody can say it now takes nothing from what was proven before.
  if (record.health !== 'healthy')
    await job.records.write({ ...record, health: 'inconclusive', because: sentence }, lease)
  const story = { record, environment: job.environment, judgement, told: [] }
  const report = verdictReport(story, judgement)
  if (onInconclusive === 'pass')
    return { status: 'inconclusive', verdict: 'inconclusive', outputs: outputsOf(story), report }
  return failed(
    story,
    {
      code: 'E-INCONCLUSIVE',
      kind: 'rejected',
      status: 'inconclusive',
      hint: 'see the summary for what is missing; the release stays, and on-inconclusive says whether that is an error',
    },
    {
      what: `nobody can say whether revision ${record.revision} of ${record.release} is healthy`,
      why: sentence,
      failureClass: 'inconclusive',
      report,
    },
  )
}

/** Writes a verdict down and does what follows from it, unless somebody has deployed meanwhile. */
export const settle = async (job: Job, lease: Lease, judgement: Judgement, checks: Checks): Promise<Ending> => {
  const record = await newestRecord(job.inputs, job.records)
  if (record.revision !== job.record.revision) return supersededError(job.record.revision, record)
  const { verdict } = judgement
  switch (verdict.kind) {
    case 'healthy':
      return healthy(job, lease, record, judgement)
    case 'inconclusive':
      return doubtful(job, lease, record, judgement, checks)
    case 'unhealthy':
      return respond(job, lease, record, { ...judgement, verdict })
  }
}

/** Undoes the newest release because somebody said so. */
export const rollBack = async (job: Job, lease: Lease, reason: string): Promise<Ending> => {
  const record = await newestRecord(job.inputs, job.records)
  if (record.revision !== job.record.revision) return supersededError(job.record.revision, record)
  noteUndoing(job.context, record)
  await job.records.write({ ...record, health: 'unhealthy', because: reason }, lease)
  const back = await putBack(job, lease, reason)
  const told = await orWhyNot(job, tellBack(job, back))
  const story: Story = { record, environment: job.environment, reason, told, ...storied(back) }
  const clause = consequence(story, '')
  const report = rollbackReport(story, clause)
  const end = endOf(story, NOT_BACK)
  if (end === ROLLED_BACK) return { status: 'rolled-back', verdict: 'ok', outputs: outputsOf(story), report }
  return failed(story, end, {
    what: `revision ${record.revision} of ${record.release} was not rolled back; ${clause}`,
    why: reason,
    failureClass: end.status,
    report,
  })
}
