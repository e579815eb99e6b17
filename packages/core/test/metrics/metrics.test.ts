import { describe, expect, test } from '@jest/globals'
import fc from 'fast-check'
import { metricOf, METRICS, type Scored } from '../../src/index.ts'
import { type Cell, expectNear, fixture, grouped, labelled, numericSums, scoreColumns } from '../statistics/rows.ts'

const TOLERANCE = 1e-12

type Figures = Readonly<Record<string, number>>

const ofCandidate = (metric: string, scored: Scored, cls?: string) =>
  metricOf(metric, cls, 'candidate', scored.whole, scored)

/** Every cell of a table of counts, also the empty ones; the champion always answers with the first label. */
const cellsOf = (counts: readonly (readonly number[])[]): readonly Cell[] =>
  counts.flatMap((row, truth) => row.map((count, answer): Cell => [truth, answer, 0, count]))

describe('metrics of labels are scikit-learn’s', () => {
  interface Case {
    readonly counts: readonly (readonly number[])[]
    readonly expected: Readonly<Record<string, number | readonly number[]>>
  }
  const cases = fixture('label-metrics') as readonly Case[]

  test.each(cases)('case %#', ({ counts, expected }) => {
    const cells = cellsOf(counts)
    const scored = labelled(counts.length, cells)
    const other = labelled(
      counts.length,
      cells.map(([truth, answer, first = 0, count]): Cell => [truth, first, answer, count]),
    )
    for (const [metric, value] of Object.entries(expected)) {
      if (typeof value === 'number') {
        expectNear(ofCandidate(metric, scored), value, TOLERANCE)
        expectNear(metricOf(metric, undefined, 'champion', other.whole, other), value, TOLERANCE)
      } else
        for (const [label, one] of value.entries()) expectNear(ofCandidate(metric, scored, `c${label}`), one, TOLERANCE)
    }
    const compared = Object.keys(expected).length
    expect(compared).toBe(16)
  })

  test('the positive class is meant where none is named, and only there', () => {
    const cells: readonly Cell[] = [
      [0, 0, undefined, 6],
      [0, 1, undefined, 2],
      [1, 0, undefined, 1],
      [1, 1, undefined, 4],
    ]
    expect(ofCandidate('recall', labelled(2, cells, 1))).toBe(0.8)
    expect(ofCandidate('recall', labelled(2, cells, 0))).toBe(0.75)
    expect(ofCandidate('recall', labelled(2, cells, 1), 'c0')).toBe(0.75)
    expect(ofCandidate('recall', labelled(2, cells))).toBeUndefined()
    expect(ofCandidate('recall', labelled(2, cells, 1), 'c7')).toBeUndefined()
    expect(ofCandidate('accuracy', labelled(2, cells, 1), 'c1')).toBeUndefined()
  })
})

test.each(fixture('numeric-metrics') as readonly { truth: number[]; candidate: number[]; expected: Figures }[])(
  'metrics of errors are scikit-learn’s, case %#',
  ({ truth, candidate, expected }) => {
    for (const buckets of [1, 3, truth.length]) {
      const numeric = numericSums(
        truth,
        candidate,
        undefined,
        truth.map((_, row) => row % buckets),
      )
      const scored = grouped(truth.length, { numeric })
      for (const [metric, value] of Object.entries(expected)) expectNear(ofCandidate(metric, scored), value, TOLERANCE)
    }
  },
)

test.each(
  fixture('probability-metrics') as readonly { truth: number[]; probabilities: number[][]; expected: Figures }[],
)('metrics of probabilities are scikit-learn’s, case %#', ({ truth, probabilities, expected }) => {
  // As packages/data sums them up: p clipped like scikit-learn's, Brier halved for two classes.
  const clipped = (p: number) => Math.min(1 - 2 ** -52, Math.max(2 ** -52, p))
  const losses = truth.map((label, row) => -Math.log(clipped(probabilities[row]?.[label] ?? NaN)))
  const squares = truth.map((label, row) => {
    const all = (probabilities[row] ?? []).reduce((sum, p, one) => sum + (p - (one === label ? 1 : 0)) ** 2, 0)
    return probabilities[row]?.length === 2 ? all / 2 : all
  })
  const one = { logLoss: Float64Array.from(losses), brier: Float64Array.from(squares) }
  const scored = grouped(truth.length, {
    probabilities: { rows: new Float64Array(truth.length).fill(1), candidate: one },
  })
  for (const [metric, value] of Object.entries(expected)) expectNear(ofCandidate(metric, scored), value, TOLERANCE)
})

test.each(
  fixture('rank-metrics') as readonly {
    truth: number[]
    labels: number[]
    candidate: number[][]
    buckets: number[]
    expected: Figures
  }[],
)('metrics of ranks are scikit-learn’s, case %#', ({ truth, labels, candidate, buckets, expected }) => {
  const scored = grouped(truth.length, { scores: scoreColumns(truth, labels, candidate, undefined, buckets) })
  for (const [metric, value] of Object.entries(expected)) expectNear(ofCandidate(metric, scored), value, TOLERANCE)
})

test('for any scores an AUC is the share of pairs in order', () => {
  const score = fc.oneof(
    fc.double({ noNaN: true }),
    fc.constantFrom(-Infinity, Infinity, -0, 0, -0.1, -0.1 - 2 ** -56, 2 ** -1074, -(2 ** -1074)),
  )
  const rows = fc
    .array(fc.tuple(fc.nat(1), score), { minLength: 2, maxLength: 40 })
    .filter((some) => new Set(some.map(([truth]) => truth)).size === 2)
  fc.assert(
    fc.property(rows, (some) => {
      const of = (label: number) => some.filter(([truth]) => truth === label).map(([, one]) => one)
      const pairs = of(1).flatMap((one) => of(0).map((other): number => (one === other ? 0.5 : one > other ? 1 : 0)))
      const [truth, scores] = [some.map(([label]) => label), some.map(([, one]) => one)]
      const scored = grouped(some.length, { scores: scoreColumns(truth, [1], [scores], undefined, truth) })
      expect(ofCandidate('auc', scored)).toBeCloseTo(pairs.reduce((sum, one) => sum + one, 0) / pairs.length, 12)
    }),
    { numRuns: 500 },
  )
})

test('a score that is not a number has no rank', () => {
  const scored = (value: number) =>
    grouped(3, { scores: scoreColumns([0, 1, 1], [1], [[0.1, value, 0.4]], undefined, [0, 1, 2]) })
  for (const value of [NaN, -NaN]) {
    expect(ofCandidate('auc', scored(value))).toBeUndefined()
    expect(ofCandidate('average_precision', scored(value))).toBeUndefined()
  }
})

test('what the rows do not hold is not computed', () => {
  const nothing = grouped(5, {})
  for (const metric of [...METRICS, 'latency', 'toString']) expect(ofCandidate(metric, nothing)).toBeUndefined()
  const alone = labelled(2, [[0, 0, undefined, 5]])
  expect(metricOf('accuracy', undefined, 'champion', alone.whole, alone)).toBeUndefined()
})
