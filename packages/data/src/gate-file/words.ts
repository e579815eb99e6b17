import type { ShapeWords } from '../documents/shape-faults.ts'

/** What is said of a gate file whose shape is wrong. */
export const GATE_WORDS: ShapeWords = {
  code: 'E-GATE',
  later: {
    weight: 'rows have no weights',
    weights: 'rows have no weights',
    fairness: 'there are no rules of fairness, but `slices` judges groups one by one',
    correction: 'comparisons are not corrected for their number; the report prints it',
    drift: 'a gate does not judge drift',
    constraints: 'constraints are not read as rules',
  },
  hints: { superior: 'remove it; a rule that asks for nothing has no meaning' },
  form: (kind) =>
    kind === 'invalid_union'
      ? 'a text, a number, true or false'
      : 'a column, or conditions like "spend > 100 and store = 17"',
}
