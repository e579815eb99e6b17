import {
  ActionError,
  afterFailure,
  afterQuota,
  type EpochMs,
  epochMs,
  FIRST_TRY,
  type JobEnd,
  jobFailure,
  type JobKind,
  type JobSource,
  type JobState,
  type LogLine,
  parseQuota,
  type RetryState,
  withFacts,
} from '@mlops/core'
import type { TailedJobLogs } from '../job-logs.ts'
import { findSlot, type Slot } from './find-slot.ts'
import { followJob, leavesRunning } from './follow-job.ts'
import { guard, release } from './job-guard.ts'
import type { Attempt, JobContext, JobPorts, JobRun, Waiting } from './job-run.ts'
import { STOP_TIMEOUT_MS } from './sagemaker-jobs.ts'

/** The job this process is busy with, and whether it may be stopped on cancel. */
interface Current {
  readonly name: string
  readonly ours: boolean
}

interface Submitted {
  readonly name: string
  readonly source: JobSource
  readonly retry: RetryState
  readonly state?: JobState
}

const attemptOf = <Request>({ bounds }: JobRun<Request>, name: string, retry: RetryState): Attempt => ({
  name,
  instanceType: bounds.instanceTypes[retry.typeIndex] ?? '',
  onDemand: retry.onDemand,
})

const isQuota = (error: unknown): error is ActionError => error instanceof ActionError && error.facts.code === 'E-QUOTA'

const quotaError = (error: ActionError, instanceTypes: readonly string[]) => {
  const quota = parseQuota(error.message)
  return new ActionError({
    ...error.facts,
    code: 'E-QUOTA',
    kind: 'remote',
    what: `the job was refused for every instance type (${instanceTypes.join(', ')})`,
    why:
      quota === undefined
        ? error.facts.why
        : `quota "${quota.name}" has limit ${quota.limit}, ${quota.used} in use, ${quota.asked} asked for`,
    hint: 'ask for a higher limit in Service Quotas, name another type in instance-types, or raise quota-wait',
    outputs: { 'failure-class': 'quota' },
  })
}

/** Puts the job of a slot on its way, going through instance types and waiting for quota as the bounds allow. */
const create = async <Request>(
  run: JobRun<Request>,
  ports: JobPorts<Request>,
  name: string,
  first: RetryState,
  ended: readonly JobState[],
  context: JobContext,
): Promise<Submitted> => {
  const { clock, log, signal, state } = context
  let retry = first
  for (;;) {
    const attempt = attemptOf(run, name, retry)
    await run.beforeCreate(attempt, ended)
    guard(state, { kind: run.kind, name, region: run.region })
    try {
      const outcome = await ports.jobs.create(run.request(attempt), signal)
      if (outcome === 'created') {
        log.info(`${name}: created as ${run.kind} job on ${attempt.instanceType}`)
        return { name, source: 'created', retry }
      }
      // Either our own call whose answer was lost, or another process: the job itself says which.
      const found = await ports.jobs.describe(name, signal)
      log.info(`${name}: exists by now; attached`)
      return { name, source: 'attached', retry, ...(found === undefined ? {} : { state: found }) }
    } catch (error) {
      if (!isQuota(error)) throw error
      release(state)
      const next = afterQuota(parseQuota(error.message), retry, run.bounds)
      if (next.kind === 'fail') throw quotaError(error, run.bounds.instanceTypes)
      log.warning(`${name}: ${next.because}`)
      await clock.sleep(next.waitSeconds * 1000, signal)
      retry = next.state
    }
  }
}

const startedByWords = (startedBy: string) => {
  const [run, attempt] = startedBy.split('/')
  return attempt === undefined ? 'an unknown process' : `run ${run}, attempt ${attempt}`
}

const submit = async <Request>(
  run: JobRun<Request>,
  ports: JobPorts<Request>,
  slot: Slot,
  retry: RetryState,
  ended: readonly JobState[],
  context: JobContext,
): Promise<Submitted> => {
  if (slot.existing === undefined) return create(run, ports, slot.name, retry, ended, context)
  const source = slot.decision.kind === 'reuse' ? 'reused' : 'attached'
  context.log.notice(`${source} ${run.kind} job ${slot.name}, started by ${startedByWords(slot.existing.startedBy)}`)
  return { name: slot.name, source, retry, state: slot.existing }
}

/** A job of another workflow run is somebody else's: it is waited for, but never stopped. */
const isOurs = ({ source, state }: Submitted, { identity }: JobContext) =>
  source === 'created' || state === undefined || state.startedBy.startsWith(`${identity.runId}/`)

const tailOf = async (logs: TailedJobLogs, name: string, { log }: JobContext): Promise<readonly LogLine[]> => {
  try {
    return await logs.tail()
  } catch (error) {
    log.warning(`the log of ${name} cannot be read: ${String(error)}`)
    return []
  }
}

/** One Stop call inside the runner's cancel window; what it misses is left to the post step. */
const stopOnCancel = async <Request>(
  run: JobRun<Request>,
  ports: JobPorts<Request>,
  current: Current | undefined,
  { clock, log, state }: JobContext,
) => {
  if (current === undefined) return
  if (run.onCancel === 'leave' || !current.ours) {
    release(state)
    log.warning(`${current.name} goes on: ${current.ours ? 'on-cancel is leave' : 'another run started it'}`)
    return
  }
  const late = async () => {
    await clock.sleep(STOP_TIMEOUT_MS)
    throw new Error(`no answer within ${STOP_TIMEOUT_MS / 1000} s`)
  }
  try {
    await Promise.race([ports.jobs.stop(current.name), late()])
    log.info(`${current.name}: stop requested`)
  } catch (error) {
    log.warning(`${current.name}: not stopped yet (${String(error)}); the post step tries again`)
  }
}

const stopAtDeadline = async <Request>(run: Waiting, ports: JobPorts<Request>, name: string, context: JobContext) => {
  if (run.onTimeout === 'stop') await ports.jobs.stop(name)
  else release(context.state)
}

/** Waits for a submitted job; undefined when it failed in a way that the loop of runJob judges. */
const waitFor = async <Request>(
  run: Waiting,
  ports: JobPorts<Request>,
  { name, source, state }: Submitted,
  ended: readonly JobState[],
  deadlineMs: EpochMs,
  context: JobContext,
): Promise<JobEnd> => {
  const facts = { name, source, ended }
  if (source === 'reused' && state !== undefined) return { ...facts, kind: 'completed', state }
  if (!run.wait) {
    release(context.state)
    return { ...facts, kind: 'left', because: 'no-wait', ...(state === undefined ? {} : { state }) }
  }
  const logs = ports.logsOf(name)
  const followed = await followJob(run, ports.jobs, logs, name, deadlineMs, context)
  if (followed.kind === 'deadline') {
    await stopAtDeadline(run, ports, name, context)
    return {
      ...facts,
      kind: 'left',
      because: 'deadline',
      ...(followed.state === undefined ? {} : { state: followed.state }),
    }
  }
  release(context.state)
  const failure = jobFailure(followed.state, run.maxRuntime)
  if (failure === undefined) return { ...facts, kind: 'completed', state: followed.state }
  return { ...facts, kind: 'failed', state: followed.state, failure, tail: await tailOf(logs, name, context) }
}

const attempts = async <Request>(
  run: JobRun<Request>,
  ports: JobPorts<Request>,
  context: JobContext,
  busyWith: (current: Current) => void,
): Promise<JobEnd> => {
  const { clock, log, signal } = context
  const deadlineMs = epochMs(clock.now() + run.waitTimeout * 1000)
  const ended: JobState[] = []
  let retry = FIRST_TRY
  let slot = await findSlot(run, ports.jobs, 1, signal)
  for (;;) {
    busyWith({ name: slot.name, ours: slot.existing === undefined })
    const submitted = await submit(run, ports, slot, retry, ended, context)
    const ours = isOurs(submitted, context)
    busyWith({ name: slot.name, ours })
    if (ours) guard(context.state, { kind: run.kind, name: slot.name, region: run.region })
    else release(context.state)
    const end = await waitFor(run, ports, submitted, [...ended], deadlineMs, context)
    if (end.kind !== 'failed') return end
    const next = afterFailure(end.failure, submitted.retry, run.bounds)
    if (next.kind === 'fail' || clock.now() + next.waitSeconds * 1000 >= deadlineMs) return end
    log.warning(`${end.name}: ${next.because}`)
    ended.push(end.state)
    await clock.sleep(next.waitSeconds * 1000, signal)
    retry = next.state
    slot = await findSlot(run, ports.jobs, slot.attempt + 1, signal)
  }
}

/**
 * Brings a job to its end: finds the one that an earlier process started or creates it, waits, and goes on to further
 * attempts as far as the bounds allow. On cancellation it asks once for the job to be stopped and rethrows.
 * Throws E-QUOTA, E-LOST, E-CREDS and whatever the create call is refused with; how a job ended is a result.
 */
export const runJob = async <Request>(
  run: JobRun<Request>,
  ports: JobPorts<Request>,
  context: JobContext,
): Promise<JobEnd> => {
  let current: Current | undefined
  try {
    return await attempts(run, ports, context, (job) => {
      current = job
    })
  } catch (error) {
    if (!context.signal.aborted) {
      if (leavesRunning(error)) release(context.state)
      throw error
    }
    await stopOnCancel(run, ports, current, context)
    throw error instanceof ActionError && current !== undefined
      ? withFacts(error, { outputs: { 'job-name': current.name } })
      : error
  }
}

/**
 * Waits for a job that exists already, whoever created it; it is never stopped. Throws E-NO-JOB when there is none of
 * that name.
 */
export const attachJob = async <Request>(
  kind: JobKind,
  name: string,
  region: string,
  waiting: Waiting,
  ports: JobPorts<Request>,
  context: JobContext,
): Promise<JobEnd> => {
  const state = await ports.jobs.describe(name, context.signal)
  if (state === undefined)
    throw new ActionError({
      code: 'E-NO-JOB',
      kind: 'user',
      what: `there is no ${kind} job ${name} to attach to`,
      why: `AWS does not know that name in ${region}`,
      hint: 'check the name, the region and the account',
    })
  const deadlineMs = epochMs(context.clock.now() + waiting.waitTimeout * 1000)
  const submitted: Submitted = { name, source: 'attached', retry: FIRST_TRY, state }
  return waitFor({ ...waiting, onTimeout: 'leave' }, ports, submitted, [], deadlineMs, context)
}
