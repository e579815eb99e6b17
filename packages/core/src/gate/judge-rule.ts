import { kindOf } from '../metrics/vocabulary.ts'
import { nearest } from '../nearest.ts'
import { type Comparison, compare, sidesOf } from './compare.ts'
import type { Evidence, SliceGroup } from './evidence.ts'
import { countText, figure, plural } from './figures.ts'
import type { Gate, Rule } from './gate.ts'
import type { Measures } from './measures.ts'
import { type Outcome, outcomeOf, type Part, partName } from './outcome.ts'
import { sliceName } from './read-plan.ts'
import { holdThreshold } from './threshold.ts'

const BY_POLICY = { 'absolute-only': 'skipped', pending: 'inconclusive', fail: 'reject' } as const

/** What becomes of a comparison without anything to compare with; undefined when there is something. */
const withoutOpponent = (part: Part, { versus }: Comparison, gate: Gate, evidence: Evidence): Outcome | undefined => {
  const { championState, baseline } = evidence
  if (versus === 'champion' && championState.kind === 'failed')
    return outcomeOf(part, {
      result: 'inconclusive',
      evidence: 'none',
      figures: `the champion could not be scored: ${championState.reason}`,
      plain: `the champion could not be scored (${championState.reason}), so nothing is known about the difference`,
    })
  const isThere = versus === 'champion' ? championState.kind === 'present' : baseline !== undefined
  return isThere
    ? undefined
    : outcomeOf(part, {
        result: BY_POLICY[gate.decision.noChampion],
        evidence: 'none',
        figures: `there is no ${versus} to compare with`,
        plain: `there is no ${versus} to compare with`,
      })
}

/** Too few rows leave a rule open in both directions; of a slice they leave it out, unless it is required. */
const withFewRows = (part: Part, { statistics }: Gate, wholeRows: number | undefined): Outcome | undefined => {
  const { rule, slice } = part
  const { minRows, minRowsGiven, minRowsSlice } = statistics
  const open = (has: string, needed: number) =>
    outcomeOf(part, {
      result: 'inconclusive',
      evidence: 'none',
      rowsNeeded: needed,
      figures: `needs ${countText(needed)} rows, has ${has}`,
      plain: `${partName(part)} was not judged: ${countText(needed)} rows are needed, there are ${has}`,
    })
  if (wholeRows === undefined) return minRowsGiven ? open('an unknown number', minRows) : undefined
  if (wholeRows < minRows) return open(countText(wholeRows), minRows)
  if (slice === undefined || slice.rows >= minRowsSlice) return undefined
  return rule.required
    ? open(countText(slice.rows), minRowsSlice)
    : outcomeOf(part, {
        result: 'skipped',
        evidence: 'none',
        figures: `has ${plural(slice.rows, 'row')}, slices are judged from ${countText(minRowsSlice)} on`,
        plain: `${slice.name} has only ${plural(slice.rows, 'row')}`,
      })
}

/** What keeps the candidate from having a figure, where it can be told. */
const lackOf = ({ metric, class: cls }: Rule, { scored, candidate }: Evidence): string => {
  const kind = kindOf(metric)
  const isScored = kind === 'rank' || kind === 'probability'
  if (isScored && scored !== undefined && scored.whole.scores === undefined && scored.whole.probabilities === undefined)
    return ' (it needs the columns of scores: data.score or data.scores)'
  const classes = scored?.labels ?? Object.keys(candidate?.perClass ?? {})
  const near = cls === undefined || classes.includes(cls) ? undefined : nearest(cls, classes)
  return near === undefined ? '' : ` (the nearest class is ${near})`
}

const withoutFigure = (part: Part, evidence: Evidence): Outcome => {
  const text = `the candidate has no ${partName(part)}${lackOf(part.rule, evidence)}`
  return outcomeOf(part, {
    result: part.rule.ifMissing === 'skip' ? 'skipped' : 'reject',
    evidence: 'none',
    figures: text,
    plain: text,
  })
}

const judgePart = (part: Part, gate: Gate, evidence: Evidence, measures: Measures): Outcome => {
  const { condition } = part.rule
  const mine = measures.figureOf(part.rule, 'candidate', part.slice)
  if (mine === undefined) return withoutFigure(part, evidence)
  if (!Number.isFinite(mine.value))
    return outcomeOf(part, {
      result: 'reject',
      code: 'E-NAN',
      evidence: mine.from === 'rows' ? 'rows' : 'point',
      candidate: mine.value,
      figures: `${mine.value} is no figure to judge by (E-NAN)`,
      plain: `${partName(part)} is ${mine.value}, which is no figure to judge by`,
    })
  if (condition.kind === 'absolute') return holdThreshold(part, condition, mine, measures)
  const sides = sidesOf(part, condition, measures, gate.statistics.confidence)
  if (sides !== undefined && Number.isFinite(sides.opponent.value)) return compare(part, condition, sides, measures)
  const theirs =
    sides === undefined ? `has no ${partName(part)}` : `has ${sides.opponent.value} as its ${partName(part)}`
  return outcomeOf(part, {
    result: 'inconclusive',
    evidence: 'none',
    candidate: mine.value,
    figures: `${figure(mine.value)}, but the ${condition.versus} ${theirs}`,
    plain: `the ${condition.versus} ${theirs}, so there is nothing to compare the candidate's ${figure(mine.value)} with`,
  })
}

const slicesOf = ({ slices }: Rule, evidence: Evidence): readonly SliceGroup[] => {
  const names = new Set(slices.map(sliceName))
  return (evidence.scored?.slices ?? []).filter(({ slice }) => names.has(sliceName(slice)))
}

/** Judges one rule: on the whole data, or on each of its slices. */
export const judgeRule = (rule: Rule, gate: Gate, evidence: Evidence, measures: Measures): readonly Outcome[] => {
  const { scored, candidate } = evidence
  const fromFile = measures.figureOf(rule, 'candidate')?.from === 'file' ? candidate?.rows : undefined
  const wholeRows = fromFile ?? scored?.whole.rows ?? candidate?.rows
  const whole: Part = { rule, ...(wholeRows === undefined ? {} : { rows: wholeRows }) }
  const alone =
    rule.condition.kind === 'comparison' ? withoutOpponent(whole, rule.condition, gate, evidence) : undefined
  if (alone !== undefined) return [alone]
  const parts =
    rule.slices.length === 0
      ? [whole]
      : slicesOf(rule, evidence).map((slice): Part => ({ rule, slice, rows: slice.rows }))
  return parts.map((part) => withFewRows(part, gate, wholeRows) ?? judgePart(part, gate, evidence, measures))
}
