import type { SliceGroup } from './evidence.ts'
import { countText } from './figures.ts'
import type { Rule } from './gate.ts'
import type { RuleResult } from './judgement.ts'
import { subjectName } from './measures.ts'
import { ruleText } from './wording.ts'

/** The part of the data that a rule is judged on. */
export interface Part {
  readonly rule: Rule
  /** Absent: the whole data. */
  readonly slice?: SliceGroup
  /** How many rows it has; absent when nobody knows. */
  readonly rows?: number
}

type Answer = Pick<RuleResult, 'result' | 'evidence'> &
  Partial<Pick<RuleResult, 'code' | 'candidate' | 'opponent' | 'delta' | 'interval' | 'allowed' | 'rowsNeeded'>> & {
    /** The figures, as they stand behind the metric's name: `0.7012, at least 0.75 is asked for`. */
    readonly figures: string
    /** The same for somebody who has never seen the gate file. */
    readonly plain: string
  }

/** What a rule said of a part, and why in plain words. */
export interface Outcome {
  readonly result: RuleResult
  readonly reason: string
}

/** `f1 of High where store = 17` */
export const partName = ({ rule, slice }: Part): string =>
  [subjectName(rule), ...(slice === undefined ? [] : [`where ${slice.name}`])].join(' ')

const ROWS = {
  paired: 'paired rows',
  rows: 'rows',
  independent: 'rows, standard errors',
  point: 'rows, points only',
} as const

const basis = (rows: number | undefined, evidence: RuleResult['evidence']): string => {
  if (evidence === 'none') return ''
  if (rows !== undefined) return ` (n = ${countText(rows)} ${ROWS[evidence]})`
  return evidence === 'point' ? ' (points only)' : ''
}

export const outcomeOf = (part: Part, { figures, plain, ...answer }: Answer): Outcome => {
  const { rule, slice, rows } = part
  const name = partName(part)
  return {
    reason: plain,
    result: {
      rule: ruleText(rule),
      at: rule.at,
      metric: rule.metric,
      ...(rule.class === undefined ? {} : { class: rule.class }),
      ...(slice === undefined ? {} : { slice: slice.name }),
      severity: rule.severity,
      ...answer,
      ...(rows === undefined ? {} : { rows }),
      sentence: `${answer.result.toUpperCase()} ${name}: ${figures}${basis(rows, answer.evidence)}`,
    },
  }
}
