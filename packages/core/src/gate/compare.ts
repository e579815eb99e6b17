import { directionOf } from '../metrics/vocabulary.ts'
import { discordance } from '../statistics/discordance.ts'
import { about, figures, percent, plural, signed } from './figures.ts'
import type { Condition, Direction, Rule } from './gate.ts'
import type { Interval, Verdict } from './judgement.ts'
import { type Figure, type Measures, normalInterval } from './measures.ts'
import { moreRows, spreadOfInterval } from './more-rows.ts'
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
const directionOfRule = ({ metric, better }: Rule): Direction => better ?? directionOf(metric) ?? 'higher'

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
const spreadOf = (
  { rule, slice }: Part,
  sides: Sides,
  interval: Interval,
  rows: number,
  measures: Measures,
): number => {
  const joint = rule.metric === 'accuracy' && sides.evidence === 'paired' ? measures.jointOf(slice) : undefined
  if (joint === undefined) return spreadOfInterval(interval, rows)
  const { candidateOnly, championOnly } = discordance(joint)
  return (candidateOnly + championOnly) / rows
}

/** A comparison with its answer. */
interface Compared extends Sides {
  readonly part: Part
  readonly condition: Comparison
  readonly result: Verdict
  readonly delta: number
  /** The delta, turned so that more is better. */
  readonly gain: number
  /** What is allowed, in the delta's own sign. */
  readonly allowed: number
  readonly tolerance: number
}

const decide = (part: Part, condition: Comparison, sides: Sides): Compared => {
  const { interval, evidence } = sides
  const [candidate, opponent] = [sides.candidate.value, sides.opponent.value]
  const tolerance = toleranceOf(condition, opponent)
  const isHigher = directionOfRule(part.rule) === 'higher'
  const turned = (value: number) => (isHigher ? value : 0 - value)
  const verdict = (): Verdict => {
    if (evidence === 'point') return verdictOfPoints(turned(candidate), turned(opponent), tolerance, condition)
    if (interval === undefined) return 'inconclusive'
    return isHigher
      ? verdictOfInterval(interval.lower, interval.upper, tolerance)
      : verdictOfInterval(-interval.upper, -interval.lower, tolerance)
  }
  const delta = candidate - opponent
  return {
    ...sides,
    part,
    condition,
    result: verdict(),
    delta,
    gain: turned(delta),
    allowed: isHigher ? 0 - tolerance : tolerance,
    tolerance,
  }
}

/** Rows that would decide: by the margin, or when there are that many already, by how near to it the models are. */
const neededFor = (compared: Compared, measures: Measures): number | undefined => {
  const { part, interval, tolerance, gain, result } = compared
  if (result !== 'inconclusive' || part.rows === undefined || interval === undefined) return undefined
  const spread = spreadOf(part, compared, interval, part.rows, measures)
  return moreRows(spread, [tolerance, gain + tolerance], interval.confidence, part.rows)
}

const allowanceText = ({ condition, opponent }: Compared, allowed: string): string => {
  const { test, margin, versus } = condition
  if (test === 'superior' || margin === undefined) return 'a better one is asked for'
  if (margin.kind === 'abs') return `allowed ${allowed}`
  return `allowed ${allowed} (${percent(margin.value)} of ${theirs(versus)}${opponent.value === 0 ? ' 0 is nothing' : ''})`
}

const figuresText = (compared: Compared, needed: number | undefined): string => {
  const { candidate, opponent, interval, evidence, condition, delta, gain } = compared
  const [mine = '', other = ''] = figures(candidate.value, opponent.value)
  const [change = '', allowed = ''] = figures(delta, compared.allowed)
  const side = gain === 0 ? 'equal' : gain > 0 ? 'better' : 'worse'
  const without = evidence === 'point' ? '' : ' without an interval'
  return [
    `${mine} against ${theirs(condition.versus)} ${other}`,
    `delta ${signed(change)} (${side})${interval === undefined ? without : ` ${intervalText(interval)}`}`,
    allowanceText(compared, signed(allowed)),
    ...(needed === undefined ? [] : [`${about(needed)} rows would tell`]),
  ].join(', ')
}

/** The answer for somebody who has never seen the gate file. */
const plainText = (compared: Compared, needed: number | undefined): string => {
  const { part, condition, candidate, opponent, interval, gain, tolerance, result } = compared
  const [name, whose] = [partName(part), theirs(condition.versus)]
  const [mine = '', other = ''] = figures(candidate.value, opponent.value)
  const [loss = '', least = ''] = figures(-gain, tolerance)
  if (result === 'approve') return `${name} is ${mine} against ${whose} ${other}`
  if (result === 'reject') {
    const allowed = condition.test === 'superior' ? '' : `; at most ${least} is allowed`
    return `${name} is ${mine}, ${loss} worse than ${whose} ${other}${allowed}`
  }
  const few = part.rows === undefined ? 'the figures are too uncertain' : `${plural(part.rows, 'row')} are too few`
  const doubt = interval === undefined && compared.evidence !== 'point' ? 'the rows do not allow' : few
  const question = condition.test === 'superior' ? `better than ${whose}` : `worse than ${whose} by more than ${least}`
  const enough = needed === undefined ? '' : `; ${about(needed)} would do`
  return `${doubt} to tell whether ${name} is ${question}${enough}`
}

/** Judges a comparison whose two figures are finite. */
export const compare = (part: Part, condition: Comparison, sides: Sides, measures: Measures): Outcome => {
  const compared = decide(part, condition, sides)
  const needed = neededFor(compared, measures)
  const { result, evidence, candidate, opponent, delta, interval } = compared
  return outcomeOf(part, {
    result,
    evidence,
    candidate: candidate.value,
    opponent: opponent.value,
    delta,
    ...(interval === undefined ? {} : { interval }),
    allowed: directionOfRule(part.rule) === 'higher' ? { from: compared.allowed } : { to: compared.allowed },
    ...(needed === undefined ? {} : { rowsNeeded: needed }),
    figures: figuresText(compared, needed),
    plain: plainText(compared, needed),
  })
}
