import { figures, percent, signed } from './figures.ts'
import type { Condition, Margin, Opponent, Rule } from './gate.ts'
import type { Interval } from './judgement.ts'
import { subjectName } from './measures.ts'
import { sliceName } from './read-plan.ts'

export const theirs = (opponent: Opponent): string => `the ${opponent}'s`

const marginText = ({ kind, value }: Margin): string => (kind === 'abs' ? String(value) : percent(value))

const BOUND = {
  point: '',
  'lower-ci': ' (the lower end of its interval)',
  'upper-ci': ' (the upper end of its interval)',
}

const conditionText = (condition: Condition): string => {
  if (condition.kind === 'absolute') {
    const { min, max, bound } = condition
    const limits = [...(min === undefined ? [] : [`at least ${min}`]), ...(max === undefined ? [] : [`at most ${max}`])]
    return `is ${limits.join(' and ')}${BOUND[bound]}`
  }
  const { versus, test, margin } = condition
  if (test === 'superior' || margin === undefined) return `is better than ${theirs(versus)}`
  const word = { 'non-inferior': 'worse than', 'max-increase': 'above', 'max-decrease': 'below' }[test]
  return `is not ${word} ${theirs(versus)} by more than ${marginText(margin)}`
}

/** A rule as a sentence: `f1_macro is not worse than the champion's by more than 0.01`. */
export const ruleText = (rule: Rule): string =>
  [
    `${subjectName(rule)} ${conditionText(rule.condition)}`,
    ...(rule.slices.length === 0 ? [] : [`in ${rule.slices.map(sliceName).join(', ')}`]),
  ].join(' ')

/** `[-0.0201, -0.0167; each bound one-sided at 95 %]` */
export const intervalText = ({ lower, upper, confidence }: Interval, sign: (text: string) => string = signed): string =>
  `[${figures(lower, upper).map(sign).join(', ')}; each bound one-sided at ${percent(confidence)}]`
