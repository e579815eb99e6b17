import type { Attempt, FailureCause } from './attempt.ts'
import type { Check } from './checks.ts'

/** The attempts of one check at one target so far. */
export interface Series {
  readonly passed: number
  readonly failed: number
  readonly unknown: number
  readonly throttled: number
  readonly slowestMs: number
  /** Of the last attempt that did not pass. */
  readonly cause?: FailureCause
  readonly sentence: string
}

export const NO_ATTEMPT: Series = { passed: 0, failed: 0, unknown: 0, throttled: 0, slowestMs: 0, sentence: '' }

/** So often it is waited for a service that asks to come again later. */
const MOST_THROTTLED = 5

/** The series with one more attempt. */
export const withAttempt = (series: Series, attempt: Attempt): Series => {
  switch (attempt.kind) {
    case 'passed':
      return {
        ...series,
        passed: series.passed + 1,
        slowestMs: Math.max(series.slowestMs, attempt.milliseconds),
      }
    case 'failed':
      return { ...series, failed: series.failed + 1, cause: attempt.cause, sentence: attempt.sentence }
    case 'unknown':
      return { ...series, unknown: series.unknown + 1, sentence: attempt.sentence }
    case 'throttled':
      return {
        ...series,
        throttled: series.throttled + 1,
        sentence: 'it answers 429: it has too many requests already',
      }
  }
}

export type SeriesOutcome = 'passed' | 'failed' | 'unknown'

/**
 * What k of n attempts come to; undefined while more of them can matter. It passes with its k-th pass and fails as soon as k
 * are out of reach by failures alone: attempts that say nothing leave it unknown.
 */
export const outcomeOf = (series: Series, { passes, of }: Check['attempts']): SeriesOutcome | undefined => {
  const { passed, failed, unknown, throttled } = series
  if (passed >= passes) return 'passed'
  if (failed > of - passes) return 'failed'
  return passed + failed + unknown >= of || throttled >= MOST_THROTTLED ? 'unknown' : undefined
}

/** One check at one target, with what it came to. */
export interface CheckResult {
  readonly check: string
  readonly subject: string
  readonly outcome: SeriesOutcome
  readonly cause?: FailureCause
  /** Why it did not pass; empty when it did. */
  readonly sentence: string
  readonly series: Pick<Series, 'passed' | 'failed' | 'unknown' | 'slowestMs'>
}

export const checkResult = (check: string, subject: string, series: Series, outcome: SeriesOutcome): CheckResult => ({
  check,
  subject,
  outcome,
  sentence: outcome === 'passed' ? '' : series.sentence,
  series,
  ...(outcome === 'failed' && series.cause !== undefined ? { cause: series.cause } : {}),
})
