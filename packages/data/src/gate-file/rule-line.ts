import type { Opponent } from '@mlops/core'

const NUMBER = String.raw`[-+]?(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][-+]?[0-9]+)?`
const AMOUNT = String.raw`([0-9]+\.?[0-9]*|\.[0-9]+)\s*(%)?`
// Metric and class.
const SUBJECT = String.raw`([^\s<>=≤≥][^<>=≤≥]*?)(?:\s+of\s+([^\s<>=≤≥][^<>=≤≥]*?))?`
const OPPONENT = '(champion|baseline)'

const THRESHOLD = String.raw`${SUBJECT}\s*(>=|≥|<=|≤)\s*(${NUMBER})`
const NOT_WORSE = String.raw`(?:${SUBJECT}\s+)?not\s+worse\s+than\s+${OPPONENT}\s+by\s+${AMOUNT}`
const NOT_MORE = String.raw`${SUBJECT}\s+not\s+more\s+than\s+${AMOUNT}\s+(above|below)\s+${OPPONENT}`

const whole = (...patterns: readonly string[]) => new RegExp(String.raw`^\s*(?:${patterns.join('|')})\s*$`)

/** Every rule of one line. Without named groups, which the regular expressions of other languages write differently. */
export const RULE_LINE = whole(THRESHOLD, NOT_WORSE, NOT_MORE)
/** No sensible rule is longer; longer ones would only keep the expression busy. */
export const RULE_LINE_LIMIT = 300

/** The same rule as a mapping would say it; `metric` is absent when all metrics with a threshold are meant. */
export interface SpelledOut {
  readonly metric?: string
  readonly class?: string
  readonly min?: number
  readonly max?: number
  readonly vs?: Opponent
  readonly 'non-inferior'?: SpelledMargin
  readonly 'max-increase'?: SpelledMargin
  readonly 'max-decrease'?: SpelledMargin
}

export interface SpelledMargin {
  readonly abs?: number | undefined
  readonly rel?: number | undefined
}

// 1.1 / 100 is 0.011000000000000001; what is printed must be what was written.
const marginOf = (amount: string | undefined, percent: string | undefined): SpelledMargin =>
  percent === undefined ? { abs: Number(amount) } : { rel: Number((Number(amount) / 100).toPrecision(15)) }

const subject = (metric: string | undefined, cls: string | undefined) => ({
  ...(metric === undefined ? {} : { metric }),
  ...(cls === undefined ? {} : { class: cls }),
})

const opponentOf = (text: string | undefined): Opponent => (text === 'baseline' ? 'baseline' : 'champion')

const [ONE_THRESHOLD, ONE_NOT_WORSE, ONE_NOT_MORE] = [whole(THRESHOLD), whole(NOT_WORSE), whole(NOT_MORE)]

/** Takes a rule of one line apart: `recall of High >= 0.4`, `f1_macro not worse than champion by 1%`. */
export const readRuleLine = (line: string): SpelledOut | undefined => {
  if (line.length > RULE_LINE_LIMIT) return undefined
  const threshold = ONE_THRESHOLD.exec(line)
  if (threshold !== null) {
    const [, metric, cls, sign, value] = threshold
    return { ...subject(metric, cls), [sign === '>=' || sign === '≥' ? 'min' : 'max']: Number(value) }
  }
  const notWorse = ONE_NOT_WORSE.exec(line)
  if (notWorse !== null) {
    const [, metric, cls, opponent, amount, percent] = notWorse
    return { ...subject(metric, cls), vs: opponentOf(opponent), 'non-inferior': marginOf(amount, percent) }
  }
  const notMore = ONE_NOT_MORE.exec(line)
  if (notMore === null) return undefined
  const [, metric, cls, amount, percent, side, opponent] = notMore
  const test = side === 'above' ? 'max-increase' : 'max-decrease'
  return { ...subject(metric, cls), vs: opponentOf(opponent), [test]: marginOf(amount, percent) }
}
