import {
  ActionError,
  type EpochMs,
  isTerminal,
  jobInterval,
  type Jobs,
  type JobState,
  type LogLine,
  withFacts,
} from '@mlops/core'
import { poll } from '../poll.ts'
import type { TailedJobLogs } from '../job-logs.ts'
import type { JobContext, Waiting } from './job-run.ts'

/** A new job is not seen everywhere at once, and its tags, which a policy may ask for, come later still (SDK v2 does so too). */
const NOT_FOUND_MS = 60_000
const DENIED_MS = 300_000
/** All misses of the poll in a row, on top of the retries of each call. */
const TOLERATE_MS = 600_000
const LOG_EVERY_MS = 5000

const lineOf = ({ host, text }: LogLine) => `${host}: ${text}`

interface LiveLogs {
  readonly pump: () => Promise<void>
  readonly flush: () => Promise<void>
}

/** Prints new log lines, at most one call in five seconds. A log that can't be read never ends the wait. */
const liveLogs = (logs: TailedJobLogs, { clock, log }: JobContext): LiveLogs => {
  let lastAt = -Infinity
  let broken = false
  const flush = async () => {
    lastAt = clock.now()
    try {
      const lines = await logs.next()
      if (lines.length > 0) log.foreign(lines.map(lineOf))
    } catch (error) {
      if (!broken) log.warning(`the job's log cannot be read: ${String(error)}`)
      broken = true
    }
  }
  return { flush, pump: () => (clock.now() - lastAt < LOG_EVERY_MS ? Promise.resolve() : flush()) }
}

const SILENT: LiveLogs = { pump: () => Promise.resolve(), flush: () => Promise.resolve() }

const duration = (ms: number) =>
  `${Math.floor(ms / 60_000)}m${String(Math.floor((ms % 60_000) / 1000)).padStart(2, '0')}s`

const phaseReporter = (name: string, startedAt: EpochMs, { clock, log }: JobContext) => {
  let last = ''
  return (state: JobState | undefined) => {
    const phase = state?.phase ?? ''
    if (state === undefined || phase === last) return
    last = phase
    log.info(
      `${name}: ${phase}${state.message === '' ? '' : ` (${state.message})`}, after ${duration(clock.now() - startedAt)}`,
    )
  }
}

const codeOf = (error: unknown) => (error instanceof ActionError ? error.facts.code : undefined)

const goesOn = (error: ActionError, name: string, phase: string): ActionError => {
  const hint = 're-run this job to attach to it'
  if (error.facts.code === 'E-CREDS')
    return withFacts(error, {
      what: `${error.facts.what} while ${name} is still ${phase}`,
      hint: `${error.facts.hint}; ${hint}`,
      outputs: { 'job-name': name, status: 'in-progress' },
    })
  return new ActionError({
    code: 'E-LOST',
    kind: 'remote',
    what: `AWS could not be asked about ${name} for ${TOLERATE_MS / 60_000} min`,
    why: `${error.facts.what}; the job was ${phase} when last seen and goes on`,
    hint,
    cause: error,
    outputs: { 'job-name': name, status: 'in-progress' },
  })
}

const vanished = (name: string) =>
  new ActionError({
    code: 'E-LOST',
    kind: 'remote',
    what: `AWS does not know ${name}`,
    why: 'it was created a while ago, but Describe does not find it',
    hint: 'look for it in the console; a re-run attaches to it',
    outputs: { 'job-name': name },
  })

export type Followed =
  | { readonly kind: 'ended'; readonly state: JobState }
  | { readonly kind: 'deadline'; readonly state?: JobState }

/** True for errors after which the job goes on by itself and must not be stopped. */
export const leavesRunning = (error: unknown): boolean => ['E-LOST', 'E-CREDS'].includes(codeOf(error) ?? '')

/**
 * Waits for the job's end or for the deadline, printing its log and every change of phase.
 * Throws E-LOST when AWS can't be asked for too long, E-CREDS when the credentials ran out; the job then goes on.
 */
export const followJob = async (
  { logs }: Pick<Waiting, 'logs'>,
  jobs: Pick<Jobs<never>, 'describe'>,
  readLogs: TailedJobLogs,
  name: string,
  deadlineMs: EpochMs,
  context: JobContext,
): Promise<Followed> => {
  const { clock, signal } = context
  const startedAt = clock.now()
  const live = logs === 'tail' ? liveLogs(readLogs, context) : SILENT
  let seen: JobState | undefined
  const ask = async (): Promise<JobState | undefined> => {
    const age = clock.now() - startedAt
    try {
      const state = await jobs.describe(name, signal)
      if (state === undefined && age >= NOT_FOUND_MS) throw vanished(name)
      return state
    } catch (error) {
      if (codeOf(error) === 'E-ACCESS' && seen === undefined && age < DENIED_MS) return undefined
      throw error
    }
  }
  const probe = async () => {
    const state = await ask()
    seen = state ?? seen
    await (state !== undefined && isTerminal(state) ? live.flush() : live.pump())
    return state
  }
  try {
    const outcome = await poll({
      probe,
      done: (state) => state !== undefined && isTerminal(state),
      intervalMs: jobInterval,
      deadlineMs,
      clock,
      signal,
      onValue: phaseReporter(name, startedAt, context),
      tolerateMs: TOLERATE_MS,
    })
    if (outcome.kind === 'deadline' || outcome.value === undefined)
      return { kind: 'deadline', ...(seen === undefined ? {} : { state: seen }) }
    return { kind: 'ended', state: outcome.value }
  } catch (error) {
    if (signal.aborted || !(error instanceof ActionError)) throw error
    if (error.facts.code === 'E-NETWORK' || error.facts.code === 'E-CREDS')
      throw goesOn(error, name, seen?.phase ?? 'starting')
    throw error
  }
}
