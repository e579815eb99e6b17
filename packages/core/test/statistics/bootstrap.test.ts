import { describe, expect, test } from '@jest/globals'
import fc from 'fast-check'
import {
  deltaInterval,
  type Interval,
  meanInterval,
  metricOf,
  METRICS,
  kindOf,
  type Scored,
  valueInterval,
} from '../../src/index.ts'
import { differenceBounds, percentileBounds } from '../../src/statistics/bootstrap.ts'
import { project, withPrior } from '../../src/statistics/cells.ts'
import { randomFrom } from '../../src/statistics/random.ts'
import type { Bounds } from '../../src/statistics/wilson.ts'
import { type Cell, clustered, expectNear, labelled, SETTINGS } from './rows.ts'

const OF_LABELS = METRICS.filter((metric) => kindOf(metric) === 'labels')
const LABELS = 3

const label = fc.nat(LABELS - 1)
const cells = fc.array(fc.tuple(label, label, label, fc.integer({ min: 1, max: 60 })), { minLength: 1, maxLength: 20 })
const clusters = fc.array(fc.array(fc.tuple(label, label, label, fc.constant(1)), { minLength: 1, maxLength: 5 }), {
  minLength: 2,
  maxLength: 20,
})
const FEW = { ...SETTINGS, replicates: 60 }

/** The class for metrics that need one; the whole data for all others. */
const classFor = (metric: string) => (['precision', 'recall', 'f1'].includes(metric) ? 'c0' : undefined)
const valueOf = (metric: string, scored: Scored, model: 'candidate' | 'champion' = 'candidate') =>
  metricOf(metric, classFor(metric), model, scored.whole, scored) ?? NaN
const valueBounds = (metric: string, scored: Scored, settings = FEW) =>
  valueInterval(metric, classFor(metric), 'candidate', scored.whole, scored, settings)
const deltaBounds = (metric: string, scored: Scored, settings = FEW) =>
  deltaInterval(metric, classFor(metric), scored.whole, scored, settings)
const width = (interval: Interval | undefined) => (interval === undefined ? NaN : interval.upper - interval.lower)

describe('the prior', () => {
  test('is one row for each class that occurs, and leaves the cells in their order', () => {
    fc.assert(
      fc.property(cells, (some) => {
        const { joint } = labelled(LABELS, some).whole
        if (joint === undefined) return
        const before = project(joint, ['candidate', 'champion']).cells
        const after = withPrior(before)
        const answers = new Set([...before.truth, ...before.answers.flatMap((column) => [...column])])
        for (const one of new Set(before.truth)) {
          const rows = (of: typeof before) =>
            of.counts.reduce((sum, count, cell) => sum + (of.truth[cell] === one ? count : 0), 0)
          expect(rows(after) - rows(before)).toBeCloseTo(answers.size === 1 ? 0 : 1, 10)
        }
        expect([...after.truth.slice(0, before.truth.length)]).toEqual([...before.truth])
        expect(after.counts.every((count, cell) => count >= (before.counts[cell] ?? 0))).toBe(true)
      }),
    )
  })

  test('gives each way to be right or wrong a quarter', () => {
    const before = {
      truth: Uint32Array.of(0),
      answers: [Uint32Array.of(0), Uint32Array.of(1)],
      counts: Float64Array.of(5),
    }
    const { truth, answers, counts } = withPrior(before)
    const cell = (at: number) => [truth[at], answers[0]?.[at], answers[1]?.[at], counts[at]]
    expect(new Set([...truth.keys()].map((at) => cell(at).join()))).toEqual(
      new Set(['0,0,0,0.25', '0,0,1,5.25', '0,1,0,0.25', '0,1,1,0.25']),
    )
  })
})

describe('bounds from replicates', () => {
  // Of 19 replicates the first and the last stand at 5 and 95 %.
  const values = Float64Array.from({ length: 19 }, (_, index) => index / 100)

  const digits = ({ lower, upper }: Bounds) => [lower, upper].map((bound) => Number(bound.toFixed(10)))

  test('of a difference reach to both sides as far as the longer tail', () => {
    expect(digits(differenceBounds({ value: 0.5, centre: 0.06, values }, 0.95))).toEqual([0.38, 0.62])
    expect(digits(differenceBounds({ value: 0.5, centre: 0.13, values }, 0.95))).toEqual([0.37, 0.63])
  })

  test('of one figure are their percentiles, and the figure', () => {
    expect(digits(percentileBounds({ value: 0.1, centre: 0.06, values }, 0.95))).toEqual([0, 0.18])
    expect(digits(percentileBounds({ value: 0.2, centre: 0.06, values }, 0.95))).toEqual([0, 0.2])
  })

  test('of clusters reach as much farther as so few of them tell of a variance', () => {
    // Of 10 clusters: √(10 / 9), and t with 9 degrees of freedom, 1.83311, in the place of z, 1.64485.
    const farther = (Math.sqrt(10 / 9) * 1.8331129) / 1.6448536
    const replicates = { value: 0.09, centre: 0.09, values, clusters: 10 }
    for (const { lower, upper } of [differenceBounds(replicates, 0.95), percentileBounds(replicates, 0.95)]) {
      expect(lower).toBeCloseTo(0.09 - 0.09 * farther, 7)
      expect(upper).toBeCloseTo(0.09 + 0.09 * farther, 7)
    }
  })
})

describe('for any predictions', () => {
  test('every interval holds its estimate and lies within what is possible', () => {
    fc.assert(
      fc.property(
        fc.oneof(
          cells.map((some) => labelled(LABELS, some)),
          clusters.map((some) => clustered(LABELS, some)),
        ),
        (scored) => {
          for (const metric of OF_LABELS) {
            const [mine, theirs] = [valueOf(metric, scored), valueOf(metric, scored, 'champion')]
            const [least, most] = metric === 'mcc' || metric === 'kappa' ? [-1, 1] : [0, 1]
            for (const [interval, value, from, to] of [
              [valueBounds(metric, scored), mine, least, most],
              [deltaBounds(metric, scored), mine - theirs, least - most, most - least],
            ] as const) {
              if (interval === undefined) continue
              const rising = [from, interval.lower, value, interval.upper, to]
              expect(rising.every((one, at) => at === 0 || one >= (rising[at - 1] ?? 0) - 1e-12)).toBe(true)
            }
          }
        },
      ),
      { numRuns: 25 },
    )
  })

  test('neither the order of the rows nor how they are split into cells matters', () => {
    fc.assert(
      fc.property(cells, (some) => {
        const split = some.toReversed().flatMap(([truth, mine, theirs, count]): Cell[] => [
          [truth, mine, theirs, 1],
          [truth, mine, theirs, count - 1],
        ])
        for (const metric of ['f1_macro', 'kappa', 'accuracy'])
          expect(deltaBounds(metric, labelled(LABELS, split))).toEqual(deltaBounds(metric, labelled(LABELS, some)))
      }),
      { numRuns: 25 },
    )
  })

  test('renaming the labels changes no metric, and no closed interval', () => {
    fc.assert(
      fc.property(cells, (some) => {
        const renamed = some.map(([truth, mine, theirs, count]): Cell => [
          (truth + 1) % LABELS,
          (mine + 1) % LABELS,
          (theirs + 1) % LABELS,
          count,
        ])
        const [one, other] = [labelled(LABELS, some), labelled(LABELS, renamed)]
        for (const metric of OF_LABELS.filter((name) => classFor(name) === undefined))
          expectNear(valueOf(metric, other), valueOf(metric, one), 1e-12)
        expect(deltaBounds('accuracy', other)).toEqual(deltaBounds('accuracy', one))
      }),
    )
  })
})

/** Fixed predictions, as uneven as it gets, for laws that hold up to the error of the replicates. */
const UNEVEN: readonly Cell[] = [
  [0, 0, 0, 820],
  [0, 0, 1, 31],
  [0, 1, 0, 24],
  [0, 2, 2, 9],
  [1, 1, 1, 50],
  [1, 1, 0, 12],
  [1, 0, 1, 7],
  [1, 0, 0, 14],
  [2, 2, 2, 9],
  [2, 2, 0, 4],
  [2, 0, 2, 3],
  [2, 1, 0, 5],
]
const uneven = labelled(LABELS, UNEVEN)
const MANY = { ...SETTINGS, replicates: 5000 }

describe('the replicates', () => {
  test('are the same for the same seed, and of the same law for another', () => {
    const [one, other] = [deltaBounds('f1_macro', uneven, MANY), deltaBounds('f1_macro', uneven, { ...MANY, seed: 5 })]
    expect(deltaBounds('f1_macro', uneven, MANY)).toEqual(one)
    expect(other).not.toEqual(one)
    expect(Math.abs((other?.lower ?? NaN) - (one?.lower ?? NaN))).toBeLessThan(0.03 * width(one))
    expect(Math.abs((other?.upper ?? NaN) - (one?.upper ?? NaN))).toBeLessThan(0.03 * width(one))
  })

  test.each(['f1_macro', 'mcc', 'balanced_accuracy', 'f1_weighted', 'f1'])(
    'of %s turn round when the models are swapped, and do not know the labels’ names',
    (metric) => {
      const one = deltaBounds(metric, uneven, MANY)
      const swapped = labelled(
        LABELS,
        UNEVEN.map(([truth, mine, theirs = 0, count]): Cell => [truth, theirs, mine, count]),
      )
      const other = deltaBounds(metric, swapped, MANY)
      expect(Math.abs((one?.lower ?? NaN) + (other?.upper ?? NaN))).toBeLessThan(0.03 * width(one))
      expect(Math.abs((one?.upper ?? NaN) + (other?.lower ?? NaN))).toBeLessThan(0.03 * width(one))
      if (classFor(metric) !== undefined) return
      const turn = (value = 0) => (value + 1) % LABELS
      const renamed = labelled(
        LABELS,
        UNEVEN.map(([truth, mine, theirs, count]): Cell => [turn(truth), turn(mine), turn(theirs), count]),
      )
      const third = deltaBounds(metric, renamed, MANY)
      expect(Math.abs((one?.lower ?? NaN) - (third?.lower ?? NaN))).toBeLessThan(0.03 * width(one))
    },
  )

  test('of a mean have the interval of a mean', () => {
    const { value, interval } = meanInterval((truth, mine) => (truth === mine ? 3 : -1), uneven.whole, {
      ...MANY,
      replicates: 20_000,
    }) ?? {
      value: NaN,
      interval: undefined,
    }
    const { rows } = uneven.whole
    const share = valueOf('accuracy', uneven)
    expect(value).toBeCloseTo(4 * share - 1, 12)
    const reach = 1.6449 * 4 * Math.sqrt((share * (1 - share)) / rows)
    expect(Math.abs(width(interval) / (2 * reach) - 1)).toBeLessThan(0.03)
    expect(interval).toMatchObject({ confidence: 0.95, method: 'Smoothed bootstrap' })
  })

  test('of a mean know the champion only when there is one', () => {
    const seen = new Set<number | undefined>()
    const alone = labelled(LABELS, [
      [0, 0, undefined, 50],
      [1, 0, undefined, 5],
    ])
    meanInterval((_truth, _mine, theirs) => seen.add(theirs).size, alone.whole, FEW)
    expect([...seen]).toEqual([undefined])
    expect(meanInterval(() => 1, { rows: 0 }, FEW)).toBeUndefined()
  })
})

describe('rows of a cluster', () => {
  /** Rows of the uneven table one by one, each as often as its cluster has rows. */
  const alike = (size: number) =>
    UNEVEN.flatMap(([truth, mine, theirs, count]) =>
      Array.from({ length: count }, (): readonly Cell[] => [[truth, mine, theirs, size]]),
    )

  test.each(['accuracy', 'f1_macro'])('that are alone in theirs give %s the interval of rows', (metric) => {
    const [one, other] = [deltaBounds(metric, clustered(LABELS, alike(1)), MANY), deltaBounds(metric, uneven, MANY)]
    expect(one?.method).toBe('Cluster bootstrap')
    expect(Math.abs(width(one) / width(other) - 1)).toBeLessThan(0.06)
  })

  test('that are all the same count as one row', () => {
    const scored = clustered(LABELS, alike(4))
    expect(valueBounds('accuracy', scored)?.method).toBe('Cluster bootstrap')
    const rowsAlone = labelled(
      LABELS,
      UNEVEN.map(([truth, mine, theirs, count]): Cell => [truth, mine, theirs, 4 * count]),
    )
    const ratio = width(deltaBounds('mcc', scored, MANY)) / width(deltaBounds('mcc', rowsAlone, MANY))
    expect(Math.abs(ratio / 2 - 1)).toBeLessThan(0.06)
  })

  test('of more clusters than are drawn one by one still have their interval', () => {
    const random = randomFrom(2)
    const many = Array.from({ length: 3 }, () => alike(1)).flat()
    const shuffled = many.map((cluster) => ({ cluster, at: random.next() })).toSorted((one, other) => one.at - other.at)
    const scored = clustered(
      LABELS,
      shuffled.map(({ cluster }) => cluster),
    )
    const rowsAlone = labelled(
      LABELS,
      UNEVEN.map(([truth, mine, theirs, count]): Cell => [truth, mine, theirs, 3 * count]),
    )
    const ratio = width(deltaBounds('f1_macro', scored, MANY)) / width(deltaBounds('f1_macro', rowsAlone, MANY))
    expect(scored.whole.clusters?.offsets.length).toBe(1 + 3 * uneven.whole.rows)
    expect(Math.abs(ratio - 1)).toBeLessThan(0.08)
  })

  test('give no interval when there is one cluster only', () => {
    const one = clustered(LABELS, [UNEVEN])
    expect([deltaBounds('accuracy', one), valueBounds('f1_macro', one)]).toEqual([undefined, undefined])
    expect(meanInterval(() => 1, one.whole, FEW)).toBeUndefined()
  })
})
