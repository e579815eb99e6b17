import { describe, expect, test } from '@jest/globals'
import fc from 'fast-check'
import { deltaInterval, mcNemar, rowsNeeded, valueInterval } from '../../src/index.ts'
import { type Cell, expectNear, fixture, labelled, SETTINGS } from './rows.ts'

const TOLERANCE = 1e-9

/** Rows by whether each model is right: both, candidate only, champion only, neither. */
type Table = readonly [both: number, candidate: number, champion: number, neither: number]

const rowsOf = ([both, candidateOnly, championOnly, neither]: Table) => {
  const cells: readonly Cell[] = [
    [0, 0, 0, both],
    [0, 0, 1, candidateOnly],
    [0, 1, 0, championOnly],
    [0, 1, 1, neither],
  ]
  return labelled(2, cells)
}
const delta = (table: Table, confidence: number) => {
  const scored = rowsOf(table)
  return deltaInterval('accuracy', undefined, scored.whole, scored, { ...SETTINGS, confidence })
}
const value = (table: Table, confidence: number) => {
  const scored = rowsOf(table)
  return valueInterval('accuracy', undefined, 'candidate', scored.whole, scored, { ...SETTINGS, confidence })
}

interface Case {
  readonly table: Table
  readonly wilson: Readonly<Record<string, readonly [number, number]>>
  readonly newcombe: Readonly<Record<string, readonly [number, number]>>
  readonly mid_p: number
  readonly chi_squared: number
}

describe.each(fixture('proportions') as readonly Case[])('$table', ({ table, ...expected }) => {
  test('Wilson’s interval is that of statsmodels', () => {
    for (const [confidence, [lower, upper]] of Object.entries(expected.wilson)) {
      const interval = value(table, Number(confidence))
      expect(interval).toMatchObject({ confidence: Number(confidence), method: 'Wilson score' })
      expectNear(interval?.lower, lower, TOLERANCE)
      expectNear(interval?.upper, upper, TOLERANCE)
    }
  })
  test('Newcombe’s interval is its formula on the intervals of statsmodels', () => {
    for (const [confidence, [lower, upper]] of Object.entries(expected.newcombe)) {
      const interval = delta(table, Number(confidence))
      expect(interval).toMatchObject({ confidence: Number(confidence), method: 'Newcombe paired score' })
      expectNear(interval?.lower, lower, TOLERANCE)
      expectNear(interval?.upper, upper, TOLERANCE)
    }
  })
  test('McNemar’s p is scipy’s mid-p below 100,000 discordant rows, the chi² of statsmodels from there on', () => {
    const discordant = table[1] + table[2]
    const { p } = mcNemar(rowsOf(table).whole) ?? { p: NaN }
    // Of an even split statsmodels corrects the difference of 0 to -1 and squares it.
    const chiSquared = table[1] === table[2] ? 1 : expected.chi_squared
    const reference = discordant < 100_000 ? expected.mid_p : chiSquared
    expectNear(p, reference, TOLERANCE)
    // Small ones have to be right in their own scale too.
    expect(Math.abs(p - reference)).toBeLessThanOrEqual(1e-8 * reference)
  })
})

test('published intervals and p-values', () => {
  // Fagerland, Lydersen and Laake, Statistical Analysis of Contingency Tables (2017), chapter 8: complete response before and
  // after consolidation therapy (Cavo et al. 2012), two-sided 95 %.
  const cavo: Table = [59, 6, 16, 80]
  expect(delta(cavo, 0.975)?.lower).toBeCloseTo(-0.1186, 4)
  expect(delta(cavo, 0.975)?.upper).toBeCloseTo(-0.0046, 4)
  expect(mcNemar(rowsOf(cavo).whole)?.p).toBeCloseTo(0.0347, 4)
  // The same authors, BMC Medical Research Methodology 13 (2013) 91: airway hyper-responsiveness (Bentur et al. 2009).
  expect(mcNemar(rowsOf([1, 1, 7, 12]).whole)?.p).toBeCloseTo(0.039, 3)
})

const count = fc.nat(3000)
const tables = fc.tuple(count, count, count, count).filter((some) => some.some((one) => one > 0)) as fc.Arbitrary<Table>

describe('for any table', () => {
  test('an interval holds its estimate and lies within what is possible', () => {
    fc.assert(
      fc.property(tables, fc.constantFrom(0.8, 0.95, 0.999), (table, confidence) => {
        const [both, mine, theirs] = table
        const rows = table.reduce((sum, one) => sum + one, 0)
        const [share, difference] = [(both + mine) / rows, (mine - theirs) / rows]
        const [one, two] = [value(table, confidence), delta(table, confidence)]
        expect(one !== undefined && 0 <= one.lower && one.lower <= share && share <= one.upper && one.upper <= 1).toBe(
          true,
        )
        expect(
          two !== undefined && -1 <= two.lower && two.lower <= difference && difference <= two.upper && two.upper <= 1,
        ).toBe(true)
      }),
    )
  })

  test('swapping the models turns the interval round and leaves p alone', () => {
    fc.assert(
      fc.property(tables, ([both, mine, theirs, neither]) => {
        const [one, other] = [delta([both, mine, theirs, neither], 0.95), delta([both, theirs, mine, neither], 0.95)]
        expectNear(one?.lower, -(other?.upper ?? NaN), 1e-12)
        expectNear(one?.upper, -(other?.lower ?? NaN), 1e-12)
        const [p, q] = [
          mcNemar(rowsOf([both, mine, theirs, neither]).whole),
          mcNemar(rowsOf([both, theirs, mine, neither]).whole),
        ]
        expect(p).toEqual(q)
        expect(p?.discordant).toBe(mine + theirs)
        expect(p !== undefined && p.p >= 0 && p.p <= 1).toBe(true)
      }),
    )
  })

  test('more confidence never makes an interval shorter', () => {
    fc.assert(
      fc.property(tables, (table) => {
        const [narrow, wide] = [delta(table, 0.9), delta(table, 0.95)]
        expect((wide?.lower ?? NaN) <= (narrow?.lower ?? NaN) && (wide?.upper ?? NaN) >= (narrow?.upper ?? NaN)).toBe(
          true,
        )
      }),
    )
  })
})

test('of none and of all rows the bounds are exactly 0 and 1', () => {
  for (let rows = 1; rows < 300; rows += 1) {
    expect(value([rows, 0, 0, 0], 0.95)?.upper).toBe(1)
    expect(value([0, 0, 0, rows], 0.95)?.lower).toBe(0)
  }
})

test('without a champion there is no difference', () => {
  const alone = labelled(2, [[0, 0, undefined, 5]])
  expect(deltaInterval('accuracy', undefined, alone.whole, alone, SETTINGS)).toBeUndefined()
  expect(mcNemar(alone.whole)).toBeUndefined()
})

test('shares of the rows of a class are Wilson’s too', () => {
  const cells: readonly Cell[] = [
    [0, 0, undefined, 30],
    [0, 1, undefined, 10],
    [1, 0, undefined, 20],
    [1, 1, undefined, 40],
  ]
  const scored = labelled(3, cells, 1)
  const ofClass = (metric: string, cls?: string) =>
    valueInterval(metric, cls, 'candidate', scored.whole, scored, SETTINGS)
  const wilson = (hits: number, of: number) => value([hits, 0, of - hits, 0], 0.95)
  expect(ofClass('recall', 'c0')).toEqual(wilson(30, 40))
  expect(ofClass('precision', 'c0')).toEqual(wilson(30, 50))
  expect(ofClass('recall')).toEqual(wilson(40, 60))
  expect(ofClass('f1_micro')).toEqual(wilson(70, 100))
  expect(ofClass('recall_weighted')).toEqual(wilson(70, 100))
  // No row of it, and never predicted: nothing to take a share of.
  expect([ofClass('recall', 'c2'), ofClass('precision', 'c2')]).toEqual([undefined, undefined])
})

test.each([
  [0.1, 0.02, 1546],
  [0.1, 0.01, 6183],
  [0.1, 0.005, 24_731],
  [0, 0.01, 0],
  [0.1, 0, Infinity],
])('with a share of %d discordant rows a margin of %d needs %d rows', (discordant, margin, rows) => {
  expect(rowsNeeded(discordant, margin, 0.95)).toBe(rows)
})
