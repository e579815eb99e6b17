import { directionOf } from '../metrics/vocabulary.ts'
import { discordance } from '../statistics/discordance.ts'
import { normalQuantile } from '../statistics/normal.ts'
import { rowsNeeded } from '../statistics/sample-size.ts'
import { countText, figures, percent, plural, signed } from './figures.ts'
import type { Condition, Direction, Rule } from './gate.ts'
import type { Interval, Verdict } from './judgement.ts'
import { type Figure, type Measures, normalInterval } from './measures.ts'
import { type Outcome, outcomeOf, type Part, partName } from './outcome.ts'
import { intervalText, theirs } from './wording.ts'

export type Comparison = Condition & { readonly kind: 'comparison' }

/** What a comparison is judged on. */
export interface Sides {
  readonly candidate: Figure
  readonly opponent: Figure
  /** Of candidate - opponent; absent when only points are known, or the rows give none. */
  readonly interval?: Interval
  readonly evidence: 'paired' | 'independent' | 'point'
}

/** Both figures from the same rows where there are such, else what files say; undefined when a side is not known. */
export const sidesOf = (
  part: Part,
  { versus }: Comparison,
  measures: Measures,
  confidence: number,
): Sides | undefined => {
  const pair = versus === 'champion' ? measures.pairOf(part.rule, part.slice) : undefined
  if (pair !== undefined) {
    const { champion, ...rest } = pair
    return { ...rest, opponent: champion, evidence: 'paired' }
  }
  const candidate = measures.figureOf(part.rule, 'candidate', part.slice)
  const opponent = measures.figureOf(part.rule, versus, part.slice)
  if (candidate === undefined || opponent === undefined) return undefined
  const sds = [candidate.sd, opponent.sd].filter((sd) => sd !== undefined)
  if (sds.length < 2) return { candidate, opponent, evidence: 'point' }
  const interval = normalInterval(candidate.value - opponent.value, Math.hypot(...sds), confidence)
  return { candidate, opponent, interval, evidence: 'independent' }
}

/** Whether more of the rule's metric is better. Of a metric that only its author knows, the gate's reader has asked. */
export const directionOfRule = ({ metric, better }: Rule): Direction => better ?? directionOf(metric) ?? 'higher'

/** The tolerated loss in the metric's own unit; a share of nothing is nothing. */
const toleranceOf = ({ margin }: Comparison, opponent: number): number => {
  if (margin === undefined) return 0
  return margin.kind === 'abs' ? margin.value : margin.value * Math.abs(opponent)
}

/** What an interval of the gain (positive: the candidate is better) says of a loss of at most `tolerance`. */
const verdictOfInterval = (lower: number, upper: number, tolerance: number): Verdict => {
  if (lower > -tolerance) return 'approve'
  return upper < -tolerance ? 'reject' : 'inconclusive'
}

/** Points know no doubt; only two equal ones leave open which is better. */
const verdictOfPoints = (candidate: number, opponent: number, tolerance: number, { test }: Comparison): Verdict => {
  if (test === 'superior' && candidate === opponent) return 'inconclusive'
  return candidate >= opponent - tolerance ? 'approve' : 'reject'
}

/** How much one row's part in the difference varies; of accuracy it is the share of rows on which one model is right. */
const spreadOf = ({ rule, slice }: Part, sides: Sides, rows: number, measures: Measures): number => {
  const joint = rule.metric === 'accuracy' ? measures.jointOf(slice) : undefined
  if (joint !== undefined && sides.evidence === 'paired') {
    const { candidateOnly, championOnly } = discordance(joint)
    return (candidateOnly + championOnly) / rows
  }
  const { lower, upper, confidence } = sides.interval ?? { lower: 0, upper: 0, confidence: 0.5 }
  return rows * ((upper - lower) / 2 / normalQuantile(confidence)) ** 2
}

/** Rows that would decide: by the margin, or when there are that many already, by how near to it the models are. */
const neededFor = (
  part: Part,
  sides: Sides,
  gain: number,
  tolerance: number,
  measures: Measures,
): number | undefined => {
  const { rows } = part
  if (rows === undefined || sides.interval === undefined) return undefined
  const { confidence } = sides.interval
  const spread = spreadOf(part, sides, rows, measures)
  return [tolerance, Math.abs(gain + tolerance)]
    .map((distance) => rowsNeeded(spread, distance, confidence))
    .find((needed) => Number.isFinite(needed) && needed > rows)
}

const allowance = (condition: Comparison, opponent: number, allowed: string): string => {
  const { test, margin, versus } = condition
  if (test === 'superior' || margin === undefined) return 'asked for is a better one'
  if (margin.kind === 'abs') return `allowed ${allowed}`
  const of = opponent === 0 ? `${theirs(versus)} 0, which is nothing` : theirs(versus)
  return `allowed ${allowed} (${percent(margin.value)} of ${of})`
}

/** The question of a comparison, for somebody who has never seen the gate file. */
const question = (part: Part, { test, versus }: Comparison, tolerance: string): string =>
  test === 'superior'
    ? `${partName(part)} is better than ${theirs(versus)}`
    : `${partName(part)} is worse than ${theirs(versus)} by more than ${tolerance}`

const doubt = ({ rows }: Part, hasNoInterval: boolean): string => {
  if (hasNoInterval) return 'the rows give no interval to tell'
  return rows === undefined ? 'the figures are too uncertain to tell' : `${plural(rows, 'row')} are too few to tell`
}

/** Judges a comparison whose two figures are finite. */
export const compare = (part: Part, condition: Comparison, sides: Sides, measures: Measures): Outcome => {
  const { interval, evidence } = sides
  const [candidate, opponent] = [sides.candidate.value, sides.opponent.value]
  const turn = directionOfRule(part.rule) === 'higher' ? 1 : -1
  const delta = candidate - opponent
  const tolerance = toleranceOf(condition, opponent)
  const [lower, upper] = [interval?.lower ?? Number.NaN, interval?.upper ?? Number.NaN]
  const isOpen = evidence !== 'point' && (Number.isNaN(lower) || Number.isNaN(upper))

  const verdict = (): Verdict => {
    if (evidence === 'point') return verdictOfPoints(turn * candidate, turn * opponent, tolerance, condition)
    if (isOpen) return 'inconclusive'
    return turn === 1 ? verdictOfInterval(lower, upper, tolerance) : verdictOfInterval(-upper, -lower, tolerance)
  }
  const result = verdict()
  const needed = result === 'inconclusive' ? neededFor(part, sides, turn * delta, tolerance, measures) : undefined

  const [mine = '', other = ''] = figures(candidate, opponent)
  const [change = '', allowed = '', least = '', loss = ''] = figures(
    delta,
    -turn * tolerance,
    tolerance,
    Math.abs(delta),
  )
  const side = delta === 0 ? 'equal' : turn * delta > 0 ? 'better' : 'worse'
  const rowsText = needed === undefined ? '' : `, about ${countText(needed)} rows would tell`
  const bounds = isOpen ? 'no interval can be computed' : interval === undefined ? undefined : intervalText(interval)
  const text = [
    `${mine} against ${theirs(condition.versus)} ${other}`,
    `delta ${signed(change)} (${side})${bounds === undefined ? '' : ` ${bounds}`}`,
    `${allowance(condition, opponent, signed(allowed))}${rowsText}`,
  ].join(', ')
  const plain = {
    approve: `${partName(part)} is ${mine} against ${theirs(condition.versus)} ${other}`,
    reject: `${partName(part)} is ${mine}, ${loss} worse than ${theirs(condition.versus)} ${other}${condition.test === 'superior' ? '' : `; at most ${least} is allowed`}`,
    inconclusive: `${doubt(part, isOpen)} whether ${question(part, condition, least)}${needed === undefined ? '' : `; about ${countText(needed)} rows would do`}`,
  }[result]
  return outcomeOf(part, {
    result,
    evidence,
    candidate,
    opponent,
    delta,
    ...(interval === undefined ? {} : { interval }),
    ...(needed === undefined ? {} : { rowsNeeded: needed }),
    figures: text,
    plain,
  })
}
