import { describe, expect, test } from '@jest/globals'
import fc from 'fast-check'
import { deltaInterval, type Interval, type Scored, valueInterval } from '../../src/index.ts'
import { auc, rankings } from '../../src/metrics/rank-metrics.ts'
import { delong } from '../../src/statistics/delong.ts'
import { normalTail } from '../../src/statistics/normal.ts'
import { clustered, expectNear, fixture, grouped, numericSums, scoreColumns, SETTINGS } from './rows.ts'

const TOLERANCE = 1e-9

type Bounds = readonly [number, number]
type Both = Readonly<Record<string, Bounds>>

const value = (metric: string, scored: Scored) =>
  valueInterval(metric, undefined, 'candidate', scored.whole, scored, SETTINGS)
const delta = (metric: string, scored: Scored) => deltaInterval(metric, undefined, scored.whole, scored, SETTINGS)

const expectBounds = (interval: Interval | undefined, bounds: Bounds | undefined, method: string) => {
  expect(interval?.method).toBe(method)
  expectNear(interval?.lower, bounds?.[0] ?? NaN, TOLERANCE)
  expectNear(interval?.upper, bounds?.[1] ?? NaN, TOLERANCE)
}

interface Numbers {
  readonly truth: readonly number[]
  readonly candidate: readonly number[]
  readonly champion?: readonly number[]
  readonly buckets?: readonly number[]
  readonly values?: Both
  readonly deltas?: Both
}

test.each((fixture('numeric-metrics') as readonly Numbers[]).filter(({ values }) => values !== undefined))(
  'the jackknife of errors is the one that leaves out rows, case %#',
  ({ truth, candidate, champion, buckets = [], values = {}, deltas = {} }) => {
    const scored = grouped(truth.length, { numeric: numericSums(truth, candidate, champion, buckets) })
    expect(Object.keys(values)).toEqual(['mse', 'rmse', 'mae', 'mape', 'r2'])
    for (const metric of Object.keys(values)) {
      expectBounds(value(metric, scored), values[metric], 'Grouped jackknife')
      expectBounds(delta(metric, scored), deltas[metric], 'Grouped jackknife')
    }
  },
)

interface Scores {
  readonly truth: readonly number[]
  readonly labels: readonly number[]
  readonly candidate: readonly (readonly number[])[]
  readonly champion?: readonly (readonly number[])[]
  readonly buckets: readonly number[]
  readonly values?: Both
  readonly deltas?: Both
}

/** Marks rows as clustered; what the clusters are, metrics of ranks take from the buckets. */
const { clusters = { offsets: new Uint32Array(), cells: new Uint32Array(), counts: new Uint32Array() } } = clustered(
  2,
  [[[0, 0, 0, 1]]],
).whole

test.each((fixture('rank-metrics') as readonly Scores[]).filter(({ values }) => values !== undefined))(
  'intervals of ranks are those of all pairs of rows, case %#',
  ({ truth, labels, candidate, champion, buckets, values = {}, deltas = {} }) => {
    const scores = scoreColumns(truth, labels, candidate, champion, buckets)
    const [rows, inClusters] = [grouped(truth.length, { scores }), grouped(truth.length, { scores, clusters })]
    expectBounds(value('auc', rows), values['auc'], 'DeLong')
    expectBounds(delta('auc', rows), deltas['auc'], 'DeLong')
    expectBounds(value('auc', inClusters), values['clustered'], 'Clustered DeLong')
    expectBounds(delta('auc', inClusters), deltas['clustered'], 'Clustered DeLong')
    expectBounds(value('average_precision', rows), values['average_precision'], 'Grouped jackknife')
    expectBounds(delta('average_precision', rows), deltas['average_precision'], 'Grouped jackknife')
  },
)

describe('DeLong’s own patients', () => {
  const cases = fixture('ovarian') as readonly (readonly [number, number, number, number])[]
  const truth = cases.map(([, , , benefit]) => benefit)
  const tests = {
    albumin: cases.map(([albumin]) => albumin),
    protein: cases.map(([, protein]) => protein),
    score: cases.map(([, , score]) => 10 - score),
  }
  type Test = keyof typeof tests
  const ranked = (one: Test) => {
    const columns = scoreColumns(truth, [1], [tests[one]], undefined, truth)
    return rankings(columns, 'candidate') ?? []
  }

  test.each<[Test, number, number]>([
    ['albumin', 0.7366, 0.0927],
    ['score', 0.7258, 0.1028],
    ['protein', 0.6478, 0.1],
  ])('%s has the published area %d and standard error %d', (one, area, error) => {
    expect(auc(ranked(one))).toBeCloseTo(area, 4)
    expect(Math.sqrt(delong(ranked(one), [1], truth.length))).toBeCloseTo(error, 4)
  })

  test.each<[Test, number, number, number, number]>([
    ['albumin', 0.0108, 0.0953, 0.0127, 0.9102],
    ['protein', -0.078, 0.1046, 0.5554, 0.4561],
  ])('%s against the K-G score: published difference %d, error %d, chi² %d, p %d', (one, difference, error, chi, p) => {
    const found = auc(ranked(one)) - auc(ranked('score'))
    const variance = delong([...ranked(one), ...ranked('score')], [1, -1], truth.length)
    expect(found).toBeCloseTo(difference, 4)
    expect(Math.sqrt(variance)).toBeCloseTo(error, 4)
    expect((found * found) / variance).toBeCloseTo(chi, 4)
    expect(2 * normalTail(Math.abs(found) / Math.sqrt(variance))).toBeCloseTo(p, 4)
  })
})

describe('for any scores', () => {
  const row = fc.record({
    truth: fc.nat(1),
    mine: fc.integer({ min: 0, max: 9 }),
    theirs: fc.integer({ min: 0, max: 9 }),
  })
  const rows = fc
    .array(row, { minLength: 8, maxLength: 60 })
    .filter((some) => [0, 1].every((label) => some.filter(({ truth }) => truth === label).length >= 2))
  const scoredOf = (some: readonly { truth: number; mine: number; theirs: number }[]) => {
    const scores = scoreColumns(
      some.map(({ truth }) => truth),
      [1],
      [some.map(({ mine }) => mine / 10)],
      [some.map(({ theirs }) => theirs / 10)],
      some.map((_, index) => index),
    )
    return grouped(some.length, { scores }, 1)
  }

  test('swapping the models turns the interval round', () => {
    fc.assert(
      fc.property(rows, (some) => {
        const swapped = some.map(({ truth, mine, theirs }) => ({ truth, mine: theirs, theirs: mine }))
        const [one, other] = [delta('auc', scoredOf(some)), delta('auc', scoredOf(swapped))]
        expectNear(one?.lower, -(other?.upper ?? NaN), 1e-12)
        expectNear(one?.upper, -(other?.lower ?? NaN), 1e-12)
      }),
    )
  })

  test('the order of the rows does not matter', () => {
    fc.assert(
      fc.property(rows, (some) => {
        const [one, other] = [delta('auc', scoredOf(some)), delta('auc', scoredOf(some.toReversed()))]
        expectNear(one?.lower, other?.lower ?? NaN, 1e-12)
        expectNear(one?.upper, other?.upper ?? NaN, 1e-12)
      }),
    )
  })
})

test('bounds keep within what a metric can be', () => {
  const numbers = (candidate: readonly number[]) =>
    grouped(4, { numeric: numericSums([1, 2, 3, 4], candidate, undefined, [0, 1, 2, 3]) })
  const bad = value('r2', numbers([9, 2, -5, 4]))
  expect(bad?.lower).toBeLessThan(-10)
  expect(value('r2', numbers([1, 2, 3, 5]))?.upper).toBe(1)
  expect(value('mse', numbers([1, 2, 3, 5]))?.lower).toBe(0)
})

test('a perfect ranking is not taken for a certain one', () => {
  const truth = Array.from({ length: 60 }, (_, row) => (row < 20 ? 1 : 0))
  const perfect = truth.map((label, row) => label + row / 100)
  const good = perfect.map((score, row) => (row === 3 ? 0.5 : score))
  const scored = grouped(60, { scores: scoreColumns(truth, [1], [perfect], [good], truth) }, 1)
  const [own, apart] = [value('auc', scored), delta('auc', scored)]
  expect(own?.upper).toBe(1)
  expect(own?.lower).toBeGreaterThan(0.85)
  expect(own?.lower).toBeLessThan(0.95)
  expect(apart?.lower).toBeLessThan(0)
  expect(apart?.upper).toBeGreaterThan(0.025)
})

test('errors of nothing, and of one row only, still have an interval', () => {
  const numbers = (candidate: readonly number[]) =>
    grouped(4, { numeric: numericSums([1, 2, 3, 4], candidate, undefined, [0, 1, 2, 3]) })
  expect(value('rmse', numbers([1, 2, 3, 4]))).toMatchObject({ lower: 0, upper: 0 })
  const one = value('mae', numbers([1, 2, 3, 5]))
  expect(one?.lower).toBe(0)
  expect(one?.upper).toBeGreaterThan(0.75)
  expect(one?.upper).toBeLessThan(2)
})

test('there is no interval where nothing varies independently', () => {
  const numeric = numericSums([1, 2, 3], [1, 2, 4], [1, 2, 2], [0, 0, 0])
  expect(delta('rmse', grouped(3, { numeric }))).toBeUndefined()
  // One positive row: DeLong's variance needs two.
  const scores = scoreColumns([1, 0, 0], [1], [[0.3, 0.1, 0.4]], [[0.3, 0.2, 0.1]], [0, 1, 2])
  expect(delta('auc', grouped(3, { scores }))).toBeUndefined()
  expect(delta('auc', grouped(3, {}))).toBeUndefined()
  expect(delta('latency', grouped(3, { numeric }))).toBeUndefined()
  expect(
    delta('rmse', grouped(3, { numeric: numericSums([1, 2, 3], [1, 2, 4], undefined, [0, 1, 2]) })),
  ).toBeUndefined()
})
