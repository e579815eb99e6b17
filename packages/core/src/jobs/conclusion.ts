import { ActionError, type ErrorFacts } from '../action-error.ts'
import type { ErrorCode } from '../error-codes.ts'
import type { Block, Report } from '../report.ts'
import { logLink } from './console-link.ts'
import { costOf, money, type PricePerHour, spotSaving } from './cost.ts'
import type { JobFailure } from './failure.ts'
import type { JobEnd } from './job-end.ts'
import type { JobKind, JobState } from './ports.ts'
import { type Frame, lastTraceback, ownFrame, type Traceback } from './traceback.ts'

/** What is known about a job besides its end. */
export interface JobFacts {
  readonly kind: JobKind
  readonly region: string
  readonly prices: PricePerHour
  /** The user's files, relative to `sourceDir`. */
  readonly sources: readonly string[]
  /** Relative to the workspace. */
  readonly sourceDir: string
  /** Why it was run, reused or attached to, as a sentence. */
  readonly because: string
}

type Completed = Extract<JobEnd, { readonly kind: 'completed' }>
type Failed = Extract<JobEnd, { readonly kind: 'failed' }>
type Left = Extract<JobEnd, { readonly kind: 'left' }>

const statesOf = (end: JobEnd): readonly JobState[] => [...end.ended, ...(end.state === undefined ? [] : [end.state])]

/** Cost of all attempts, as far as their prices are known; nothing was paid for a reused job. */
const estimatedCost = (end: JobEnd, prices: PricePerHour): number | undefined => {
  if (end.source === 'reused') return 0
  const costs = statesOf(end).map((state) => costOf(state.billableSeconds ?? 0, state, prices))
  const known = costs.filter((cost) => cost !== undefined)
  return known.length === 0 ? undefined : known.reduce((sum, cost) => sum + cost, 0)
}

const text = (value: number | undefined) => (value === undefined ? '' : String(value))

/** The outputs that every job has, whatever came of it. */
export const jobOutputs = (end: JobEnd, { kind, region, prices }: JobFacts) => {
  const { state, name, source } = end
  const cost = estimatedCost(end, prices)
  return {
    'job-name': name,
    'job-arn': state?.arn ?? '',
    'failure-reason': state?.failureReason ?? '',
    'billable-seconds': text(state?.billableSeconds),
    'estimated-cost': cost === undefined ? '' : money(cost),
    attached: String(source === 'attached'),
    reused: String(source === 'reused'),
    'log-url': logLink(kind, name, region),
  }
}

/** What a training job has besides. */
export const trainingOutputs = ({ state }: JobEnd) => ({
  'secondary-status': state?.phase ?? '',
  'model-artifact-uri': state?.artifactUri ?? '',
  metrics: JSON.stringify(Object.fromEntries((state?.metrics ?? []).map(({ name, value }) => [name, value]))),
  'training-seconds': text(state?.trainingSeconds),
  'spot-savings-percent': text(spotSaving(state?.trainingSeconds, state?.billableSeconds)),
  partial: String(state !== undefined && state.status !== 'completed' && state.artifactUri !== undefined),
})

const machines = ({ instanceType, instanceCount }: JobState) => `${instanceCount} × ${instanceType}`

const factsBlock = (end: JobEnd, facts: JobFacts): Block => {
  const { state } = end
  const cost = estimatedCost(end, facts.prices)
  const saving = spotSaving(state?.trainingSeconds, state?.billableSeconds)
  const rows: (readonly [string, string])[] = [
    ['job', end.name],
    ['because', facts.because],
  ]
  if (state !== undefined) rows.push(['instances', machines(state)])
  if (end.ended.length > 0) rows.push(['earlier attempts', end.ended.map(({ name }) => name).join(', ')])
  if (state?.trainingSeconds !== undefined) rows.push(['seconds', text(state.trainingSeconds)])
  if (state?.billableSeconds !== undefined) rows.push(['billable seconds', text(state.billableSeconds)])
  if (cost !== undefined) rows.push(['estimated cost', money(cost)])
  if (saving !== undefined && saving > 0) rows.push(['spot saving', `${saving} %`])
  if (state !== undefined && state.interruptions > 0) rows.push(['spot interruptions', text(state.interruptions)])
  if (state?.artifactUri !== undefined) rows.push(['model', state.artifactUri])
  rows.push(['log', logLink(facts.kind, end.name, facts.region)])
  return { kind: 'facts', facts: rows }
}

const metricsBlocks = (state: JobState | undefined): readonly Block[] =>
  state === undefined || state.metrics.length === 0
    ? []
    : [
        {
          kind: 'table',
          columns: ['metric', 'value'],
          rows: state.metrics.map(({ name, value }) => [name, String(value)]),
          numeric: ['value'],
        },
      ]

const HOW = {
  created: 'completed',
  attached: 'completed, started by an earlier process',
  reused: 'had completed before',
}

const title = (word: string) => word.charAt(0).toUpperCase() + word.slice(1)

/** The report of a job that completed, or that goes on as was wanted. */
export const jobReport = (end: Completed | Left, facts: JobFacts): Report => ({
  headline:
    end.kind === 'completed'
      ? `${title(facts.kind)} job ${end.name} ${HOW[end.source]}.`
      : `${title(facts.kind)} job ${end.name} was started and goes on.`,
  blocks: [factsBlock(end, facts), ...metricsBlocks(end.state)],
})

const CODES: Readonly<Record<JobFailure, ErrorCode>> = {
  user: 'E-USER-CODE',
  capacity: 'E-CAPACITY',
  internal: 'E-JOB-FAILED',
  timeout: 'E-JOB-TIMEOUT',
  spot: 'E-JOB-TIMEOUT',
  external: 'E-JOB-STOPPED',
  remote: 'E-JOB-FAILED',
}

const WHAT: Readonly<Record<JobFailure, string>> = {
  user: 'failed in its own code',
  capacity: 'got no machine',
  internal: 'failed inside SageMaker',
  timeout: 'ran into max-runtime',
  spot: 'ran into max-wait before it was done',
  external: 'was stopped outside this run',
  remote: 'failed',
}

const HINTS: Readonly<Record<Exclude<JobFailure, 'user'>, string>> = {
  capacity: 'name further types in instance-types, or try again later',
  internal: 'try again; if it stays so, ask AWS support about the job',
  timeout: 'raise max-runtime, or write checkpoints to go on from',
  spot: 'raise max-wait, set on-spot-timeout to on-demand, or go without spot',
  external: 'CloudTrail knows who called Stop; run again when that was a mistake',
  remote: "see the job's log",
}

interface UserFault {
  readonly traceback: Traceback
  readonly frame?: Frame
}

const userFault = ({ tail, state }: Failed, sources: readonly string[]): UserFault | undefined => {
  const traceback =
    lastTraceback(tail.map((line) => line.text)) ?? lastTraceback(`${state.failureReason}\n`.split('\n'))
  if (traceback === undefined) return undefined
  const frame = ownFrame(traceback, sources)
  return { traceback, ...(frame === undefined ? {} : { frame }) }
}

const reasonOf = ({ state }: Failed) =>
  [state.exitMessage, state.failureReason].find((reason) => reason.trim() !== '') ?? `SageMaker says ${state.phase}`

const LAST_WORDS = 5

/** What a program says last is mostly why it ended; SageMaker only points at the log. */
const lastWords = ({ tail }: Failed) =>
  tail
    .map(({ text: line }) => line.trim())
    .filter((line) => line !== '')
    .slice(-LAST_WORDS)
    .join('; ')

const pathOf = (sourceDir: string, file: string) => `${sourceDir.replace(/\/+$/, '')}/${file}`.replace(/^(\.?\/)+/, '')

const failureReport = (end: Failed, fault: UserFault | undefined, facts: JobFacts): Report => ({
  headline: `${title(facts.kind)} job ${end.name} ${WHAT[end.failure]}.`,
  blocks: [
    factsBlock(end, facts),
    ...(end.state.exitMessage === ''
      ? []
      : [{ kind: 'foreign', title: 'Exit message', text: end.state.exitMessage } as const]),
    ...(fault === undefined
      ? []
      : [{ kind: 'foreign', title: 'Traceback', text: fault.traceback.lines.join('\n') } as const]),
    { kind: 'foreign', title: "SageMaker's reason", text: reasonOf(end) },
    ...(end.tail.length === 0
      ? []
      : [
          {
            kind: 'foreign',
            title: `Last ${end.tail.length} lines of the log`,
            text: end.tail.map(({ host, text: line }) => `${host}: ${line}`).join('\n'),
          } as const,
        ]),
  ],
})

const userWords = (
  end: Failed,
  fault: UserFault | undefined,
  facts: JobFacts,
): Pick<ErrorFacts, 'why' | 'hint' | 'locations'> => {
  const said = [end.state.exitMessage.trim(), fault?.traceback.exception ?? '', lastWords(end)]
  const why = said.find((words) => words !== '') ?? reasonOf(end)
  if (fault?.frame === undefined) return { why, hint: "see the job's log" }
  const file = pathOf(facts.sourceDir, fault.frame.file)
  return {
    why,
    hint: `correct ${file}:${fault.frame.line}`,
    locations: [{ file, line: fault.frame.line, text: fault.traceback.exception }],
  }
}

/** The error for a job that ended without a result; the outputs stand beside those of the action. */
export const jobFailedError = (
  end: Failed,
  facts: JobFacts,
  outputs: Readonly<Record<string, string>>,
): ActionError => {
  const fault = end.failure === 'user' ? userFault(end, facts.sources) : undefined
  const isCode = end.failure === 'user' && (fault !== undefined || end.state.failureReason.includes('AlgorithmError'))
  const words = end.failure === 'user' ? userWords(end, fault, facts) : { why: reasonOf(end), hint: HINTS[end.failure] }
  return new ActionError({
    code: end.failure === 'user' && !isCode ? 'E-JOB-FAILED' : CODES[end.failure],
    kind: end.failure === 'timeout' || end.failure === 'spot' ? 'timeout' : 'remote',
    what: `${facts.kind} job ${end.name} ${end.failure === 'user' && !isCode ? 'failed for its data or configuration' : WHAT[end.failure]}`,
    ...words,
    link: logLink(facts.kind, end.name, facts.region),
    outputs: { ...outputs, status: end.state.status, 'failure-class': end.failure },
    report: failureReport(end, fault, facts),
  })
}

/** The error for a wait that ended before the job did. */
export const stillRunningError = (
  end: Left,
  facts: JobFacts,
  stopped: boolean,
  outputs: Readonly<Record<string, string>>,
): ActionError =>
  new ActionError({
    code: 'E-STILL-RUNNING',
    kind: 'timeout',
    what: `${facts.kind} job ${end.name} is still ${end.state?.phase ?? 'starting'}`,
    why: stopped
      ? 'wait-timeout is over, and on-timeout is stop'
      : 'wait-timeout is over; the job goes on and costs money',
    hint: stopped ? 'raise wait-timeout' : `re-run this job, or give attach: ${end.name}, to wait on`,
    outputs: { ...outputs, status: stopped ? 'stopping' : 'in-progress', 'failure-class': 'timeout' },
    report: {
      headline: `${title(facts.kind)} job ${end.name} is still running.`,
      blocks: [factsBlock(end, facts)],
    },
  })
