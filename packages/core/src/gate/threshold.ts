import { normalQuantile } from '../statistics/normal.ts'
import { rowsNeeded } from '../statistics/sample-size.ts'
import { countText, figures } from './figures.ts'
import type { Condition } from './gate.ts'
import type { Verdict } from './judgement.ts'
import type { Figure, Measures } from './measures.ts'
import { type Outcome, outcomeOf, type Part, partName } from './outcome.ts'
import { intervalText } from './wording.ts'

export type Threshold = Condition & { readonly kind: 'absolute' }

const keeps = (value: number, { min = -Infinity, max = Infinity }: Threshold): boolean => value >= min && value <= max

/** Judges a finite figure against its limits; a bound asks for more than the point, and then doubt is possible. */
export const holdThreshold = (
  part: Part,
  condition: Threshold,
  { value, from, sd }: Figure,
  measures: Measures,
): Outcome => {
  const { bound, min, max } = condition
  const interval = bound === 'point' ? undefined : measures.intervalOf(part.rule, part.slice)
  const end = bound === 'lower-ci' ? interval?.lower : interval?.upper
  const holds = keeps(value, condition)
  const isSure = bound === 'point' || (end !== undefined && keeps(end, condition))
  const result: Verdict = holds ? (isSure ? 'approve' : 'inconclusive') : 'reject'

  const limits = [min, max].filter((limit) => limit !== undefined)
  const [mine = '', ...limitTexts] = figures(value, ...limits)
  const asked = limitTexts.map((text, index) => `at ${limits[index] === min ? 'least' : 'most'} ${text}`).join(' and ')
  const needed = () => {
    const { rows } = part
    if (rows === undefined || interval === undefined) return undefined
    const spread = rows * ((interval.upper - interval.lower) / 2 / normalQuantile(interval.confidence)) ** 2
    const count = rowsNeeded(spread, value - (limits[0] ?? value), interval.confidence)
    return Number.isFinite(count) && count > rows ? count : undefined
  }
  const enough = result === 'inconclusive' ? needed() : undefined
  return outcomeOf(part, {
    result,
    evidence: from === 'rows' ? 'rows' : sd === undefined || interval === undefined ? 'point' : 'independent',
    candidate: value,
    ...(interval === undefined ? {} : { interval }),
    ...(enough === undefined ? {} : { rowsNeeded: enough }),
    figures: [
      mine +
        (bound === 'point'
          ? ''
          : interval === undefined
            ? ' without an interval'
            : ` ${intervalText(interval, String)}`),
      `${asked} is asked for`,
      ...(enough === undefined ? [] : [`about ${countText(enough)} rows would tell`]),
    ].join(', '),
    plain:
      result === 'inconclusive'
        ? `${partName(part)} is ${mine}, but it is not certain that it is ${asked}`
        : `${partName(part)} is ${mine}, ${result === 'reject' ? 'but ' : ''}${asked} is asked for`,
  })
}
