import type { Context } from '@mlops/action-kit'
import {
  type Attempt,
  type Check,
  checkResult,
  type CheckResult,
  type Checks,
  type GoldenAnswer,
  judgeAttempt,
  NO_ATTEMPT,
  outcomeOf,
  type ProbeResult,
  type Series,
  type Subject,
  withAttempt,
} from '@mlops/core'
import type { Model } from './golden.ts'

/** What one request may take at least, before it is given up. */
const REQUEST_MS = 10_000
/** So often it is looked for something that could be asked. */
const LOOKS = 3

/** Everything that was asked at one time. */
export interface Round {
  readonly results: readonly CheckResult[]
  /** Body of the last prediction. */
  readonly answer: string | undefined
}

type Timing = Pick<Context, 'clock' | 'signal'>

/** A prediction is what is asked with a body; the first answer to a question is as good as the last. */
type Heard = { prediction: string | undefined }

const requestOf = ({ method, path, headers, body, latencyMs = 0 }: Check, golden?: GoldenAnswer) => {
  const sent = golden === undefined ? body?.text : JSON.stringify(golden.request)
  return {
    method,
    path,
    headers,
    timeoutMs: Math.max(REQUEST_MS, 2 * latencyMs),
    ...(sent === undefined ? {} : { body: sent }),
  }
}

const note = (heard: Heard, check: Check, result: ProbeResult) => {
  if (result.kind === 'answer' && (check.body !== undefined || check.expect.golden !== undefined))
    heard.prediction = result.answer.body
}

const askOnce = async (check: Check, subject: Subject, heard: Heard, golden?: GoldenAnswer): Promise<Attempt> => {
  const result = await subject.ask(requestOf(check, golden))
  note(heard, check, result)
  return judgeAttempt(check, result, golden)
}

/** All golden answers are one attempt: it passes when each of them is as it was. */
const askAll = async (
  check: Check,
  subject: Subject,
  heard: Heard,
  answers: readonly GoldenAnswer[],
): Promise<Attempt> => {
  let slowest = 0
  for (const golden of answers) {
    const attempt = await askOnce(check, subject, heard, golden)
    if (attempt.kind !== 'passed') return attempt
    slowest = Math.max(slowest, attempt.milliseconds)
  }
  return { kind: 'passed', milliseconds: slowest }
}

const runCheck = async (
  check: Check,
  subject: Subject,
  golden: Model['golden'],
  heard: Heard,
  { clock, signal }: Timing,
): Promise<CheckResult> => {
  const isGolden = check.expect.golden !== undefined
  if (isGolden && typeof golden === 'string')
    return checkResult(
      check.name,
      subject.name,
      withAttempt(NO_ATTEMPT, { kind: 'unknown', sentence: golden }),
      'unknown',
    )
  let series: Series = NO_ATTEMPT
  for (;;) {
    signal.throwIfAborted()
    const attempt =
      isGolden && typeof golden !== 'string'
        ? await askAll(check, subject, heard, golden)
        : await askOnce(check, subject, heard)
    series = withAttempt(series, attempt)
    const outcome = outcomeOf(series, check.attempts)
    if (outcome !== undefined) return checkResult(check.name, subject.name, series, outcome)
    await clock.sleep(attempt.kind === 'throttled' ? attempt.afterMs : check.intervalMs, signal)
  }
}

/** What there is to ask; pods that are being replaced this very moment are waited for. */
const present = async (
  find: () => Promise<readonly Subject[]>,
  { intervalMs }: Check,
  { clock, signal }: Timing,
): Promise<readonly Subject[]> => {
  for (let look = 1; ; look += 1) {
    const subjects = await find()
    if (subjects.length > 0 || look === LOOKS) return subjects
    await clock.sleep(intervalMs, signal)
  }
}

const NOBODY = {
  subject: 'pods',
  outcome: 'failed',
  cause: 'connection',
  sentence: 'no pod of the release is ready',
  series: { passed: 0, failed: 1, unknown: 0, slowestMs: 0 },
} as const satisfies Omit<CheckResult, 'check'>

/** Asks every check of everything that it is about: the checks one after the other, in the order of the file. */
export const runRound = async (
  checks: Checks['checks'],
  find: () => Promise<readonly Subject[]>,
  golden: Model['golden'],
  timing: Timing,
): Promise<Round> => {
  const heard: Heard = { prediction: undefined }
  const subjects = await present(find, checks[0], timing)
  if (subjects.length === 0) return { results: [{ ...NOBODY, check: checks[0].name }], answer: undefined }
  const results: CheckResult[] = []
  for (const check of checks)
    results.push(...(await Promise.all(subjects.map((subject) => runCheck(check, subject, golden, heard, timing)))))
  return { results, answer: heard.prediction }
}
