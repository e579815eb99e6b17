import { about, figures } from './figures.ts'
import type { Condition } from './gate.ts'
import type { Verdict } from './judgement.ts'
import type { Figure, Measures } from './measures.ts'
import { moreRows, spreadOfInterval } from './more-rows.ts'
import { type Outcome, outcomeOf, type Part, partName } from './outcome.ts'
import { intervalText } from './wording.ts'

export type Threshold = Condition & { readonly kind: 'absolute' }

const keeps = (value: number, { min = -Infinity, max = Infinity }: Threshold): boolean => value >= min && value <= max

/** The limit that an end of the interval has to keep. */
const limitOf = ({ bound, min, max }: Threshold): number | undefined => (bound === 'lower-ci' ? min : max)

/** Judges a finite figure against its limits; a bound asks for more than the point, and then doubt is possible. */
export const holdThreshold = (part: Part, condition: Threshold, figure: Figure, measures: Measures): Outcome => {
  const { bound, min, max } = condition
  const { value, from } = figure
  const interval = bound === 'point' ? undefined : measures.intervalOf(part.rule, part.slice)
  const end = bound === 'lower-ci' ? interval?.lower : interval?.upper
  const isSure = bound === 'point' || (end !== undefined && keeps(end, condition))
  const sure: Verdict = isSure ? 'approve' : 'inconclusive'
  const result = keeps(value, condition) ? sure : 'reject'
  const needed =
    result === 'inconclusive' && interval !== undefined && part.rows !== undefined
      ? moreRows(
          spreadOfInterval(interval, part.rows),
          [value - (limitOf(condition) ?? value)],
          interval.confidence,
          part.rows,
        )
      : undefined

  const limits = [
    ...(min === undefined ? [] : [{ word: 'at least', limit: min }]),
    ...(max === undefined ? [] : [{ word: 'at most', limit: max }]),
  ]
  const [mine = '', ...texts] = figures(value, ...limits.map(({ limit }) => limit))
  const asked = limits.map(({ word }, index) => `${word} ${texts[index] ?? ''}`).join(' and ')
  const doubt = interval === undefined ? ' without an interval' : ` ${intervalText(interval, String)}`
  return outcomeOf(part, {
    result,
    evidence: from === 'rows' ? 'rows' : interval === undefined ? 'point' : 'independent',
    candidate: value,
    ...(interval === undefined ? {} : { interval }),
    allowed: { ...(min === undefined ? {} : { from: min }), ...(max === undefined ? {} : { to: max }) },
    ...(needed === undefined ? {} : { rowsNeeded: needed }),
    figures: [
      `${mine}${bound === 'point' ? '' : doubt}`,
      `${asked} is asked for`,
      ...(needed === undefined ? [] : [`${about(needed)} rows would tell`]),
    ].join(', '),
    plain:
      result === 'inconclusive'
        ? `${partName(part)} is ${mine}, but it is not certain that it is ${asked}`
        : `${partName(part)} is ${mine}, ${result === 'reject' ? 'but ' : ''}${asked} is asked for`,
  })
}
