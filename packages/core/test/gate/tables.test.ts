import { describe, expect, test } from '@jest/globals'
import { type Evidence, type Gate, readPlan, type Slice } from '../../src/index.ts'
import {
  alone,
  atLeast,
  atMost,
  type Cell,
  fileOf,
  files,
  gateOf,
  hits,
  judgementOf,
  paired,
  rule,
  scoredOf,
  superior,
} from './evidence.ts'

const three: readonly Cell[] = [
  ['a', 'a', 'a', 500],
  ['a', 'b', 'a', 50],
  ['b', 'b', 'a', 200],
  ['b', 'a', 'b', 30],
  ['c', 'c', 'c', 100],
]
const row = (name: string, gate: Gate, evidence: Evidence) =>
  judgementOf(gate, evidence).metrics.find(({ metric }) => metric === name)

describe('the metric table', () => {
  test('shows what rules name, and the usual metrics that the evidence has', () => {
    const gate = gateOf([
      rule('recall', atLeast(0.1), { class: 'b' }),
      rule('kappa', atLeast(0.1)),
      rule('accuracy', superior),
    ])
    expect(judgementOf(gate, paired(three)).metrics.map(({ metric }) => metric)).toEqual([
      'recall of b',
      'kappa',
      'accuracy',
      'balanced_accuracy',
      'f1_macro',
      'f1_weighted',
    ])
  })
  test('stands beside how many rows there were, and whether both models predicted them', () => {
    const gate = gateOf([rule('accuracy', atLeast(0.1))])
    expect(judgementOf(gate, paired(three))).toMatchObject({ rows: 880, paired: true })
    expect(judgementOf(gate, files({ accuracy: 1 }, {}, 500))).toMatchObject({ rows: 500, paired: false })
    expect(judgementOf(gate, files({ accuracy: 1 }, {}))).not.toHaveProperty('rows')
  })
  test('compares both models on the same rows', () => {
    const accuracy = row('accuracy', gateOf([rule('accuracy', atLeast(0.1))]), paired(three))
    expect(accuracy).toMatchObject({ candidate: 800 / 880, champion: 680 / 880, better: 'better' })
    expect(accuracy?.delta).toBeCloseTo(120 / 880, 12)
    expect(accuracy?.interval?.method).toBe('Newcombe paired score')
  })
  test('shows the interval of the candidate alone when there is no champion', () => {
    const evidence: Evidence = { championState: { kind: 'none' }, scored: scoredOf(alone(800, 200)) }
    const accuracy = row('accuracy', gateOf([rule('accuracy', atLeast(0.1))]), evidence)
    expect(accuracy?.interval?.method).toBe('Wilson score')
    expect(accuracy).not.toHaveProperty('delta')
  })
  test.each([
    ['rmse', 2, 1, 'worse'],
    ['rmse', 1, 2, 'better'],
    ['r2', 1, 1, 'equal'],
    ['r2', 0.5, 1, 'worse'],
    ['speed', 2, 1, undefined],
  ])('%s of %d against %d is %s', (metric, candidate, champion, better) => {
    const gate = gateOf([rule(metric, atLeast(0))])
    expect(row(metric, gate, files({ [metric]: candidate }, { [metric]: champion }))?.better).toBe(better)
  })
  test("takes the file's word for the direction of a metric of its own", () => {
    const gate = gateOf([rule('speed', atMost(3), { better: 'lower' })])
    expect(row('speed', gate, files({ speed: 2 }, { speed: 1 }))?.better).toBe('worse')
  })
  test('has no interval of a difference between files', () => {
    const evidence = files({ accuracy: [0.8, 0.1] }, { accuracy: [0.7, 0.1] })
    expect(row('accuracy', gateOf([rule('accuracy', atLeast(0))]), evidence)).toEqual({
      metric: 'accuracy',
      candidate: 0.8,
      champion: 0.7,
      delta: 0.8 - 0.7,
      better: 'better',
    })
  })
})

describe('classes', () => {
  const gate = gateOf([rule('accuracy', atLeast(0.1))])
  test('from predictions, with their rows', () => {
    const { classes } = judgementOf(gate, paired(three))
    expect(classes.map(({ class: cls, support }) => [cls, support])).toEqual([
      ['a', 550],
      ['b', 230],
      ['c', 100],
    ])
    expect(classes[0]?.candidate.recall).toBeCloseTo(500 / 550, 12)
    expect(classes[0]?.candidate.precision).toBeCloseTo(500 / 530, 12)
    expect(classes[0]?.champion?.precision).toBeCloseTo(550 / 750, 12)
  })
  test('from a file', () => {
    const perClass = {
      a: { precision: { value: 0.1 }, recall: { value: 0.2 }, f1: { value: 0.3 }, support: { value: 9 } },
      b: {},
    }
    const candidate = fileOf({ accuracy: 1 }, { perClass })
    expect(judgementOf(gate, { championState: { kind: 'none' }, candidate }).classes).toEqual([
      { class: 'a', support: 9, candidate: { precision: 0.1, recall: 0.2, f1: 0.3 } },
    ])
  })
})

describe('confusion matrices', () => {
  const gate = gateOf([rule('accuracy', atLeast(0.1))])
  test('have a row for each true class', () => {
    const { confusion, championConfusion } = judgementOf(gate, paired(three))
    expect(confusion).toEqual({
      labels: ['a', 'b', 'c'],
      counts: [
        [500, 50, 0],
        [30, 200, 0],
        [0, 0, 100],
      ],
    })
    expect(championConfusion?.counts).toEqual([
      [550, 0, 0],
      [200, 30, 0],
      [0, 0, 100],
    ])
  })
  test('come from the file where there are no predictions', () => {
    const confusion = {
      labels: ['a', 'b'],
      counts: [
        [1, 2],
        [3, 4],
      ],
    }
    const evidence: Evidence = { championState: { kind: 'none' }, candidate: fileOf({ accuracy: 0.5 }, { confusion }) }
    expect(judgementOf(gate, evidence).confusion).toEqual(confusion)
  })
  test.each([
    [100, true],
    [101, false],
  ])('of %d classes: %s', (count, isShown) => {
    const cells = Array.from({ length: count }, (_, index): Cell => [`${index}`, `${index}`, undefined, 10])
    const judgement = judgementOf(gate, { championState: { kind: 'none' }, scored: scoredOf(cells) })
    expect(judgement.confusion !== undefined).toBe(isShown)
    expect(judgement).not.toHaveProperty('championConfusion')
  })
})

describe('impact', () => {
  const simple: Gate['impact'] = {
    volumePerDay: 1000,
    currency: 'USD',
    value: { kind: 'simple', revenuePerCorrect: 0.5, costOfManualWork: 2 },
  }
  const impactOf = (impact: Gate['impact'], evidence: Evidence) =>
    judgementOf(gateOf([rule('accuracy', atLeast(0.1))], { impact, statistics: { replicates: 500 } }), evidence).impact

  test('is revenue and spared work of right answers, in 30 days', () => {
    const impact = impactOf(simple, { championState: { kind: 'none' }, scored: scoredOf(alone(800, 200)) })
    expect(impact?.currency).toBe('USD')
    expect(impact?.revenue.value).toBeCloseTo(0.8 * 0.5 * 30_000, 6)
    expect(impact?.savings.value).toBeCloseTo(0.8 * 2 * 30_000, 6)
    expect(impact?.total.value).toBeCloseTo(0.8 * 2.5 * 30_000, 6)
    expect(impact).not.toHaveProperty('againstChampion')
  })
  test('is compared when both models predicted the same rows', () => {
    expect(impactOf(simple, paired(hits(700, 100, 20, 180)))?.againstChampion?.value).toBeCloseTo(
      0.08 * 2.5 * 30_000,
      6,
    )
  })
  test('has intervals over the rows, in money a month', () => {
    const impact = impactOf(simple, paired(hits(700, 100, 20, 180)))
    // The accuracy of 0.8 is known within about 0.021, its difference of 0.08 within about 0.017.
    expect(impact?.total.interval?.lower).toBeCloseTo((0.8 - 0.021) * 2.5 * 30_000, -3)
    expect(impact?.total.interval?.upper).toBeCloseTo((0.8 + 0.021) * 2.5 * 30_000, -3)
    expect(impact?.againstChampion?.interval?.lower).toBeCloseTo((0.08 - 0.017) * 2.5 * 30_000, -3)
    expect(impact?.againstChampion?.interval?.upper).toBeCloseTo((0.08 + 0.017) * 2.5 * 30_000, -3)
  })
  test('by a matrix of values, where mistakes cost differently', () => {
    const matrix: Gate['impact'] = {
      volumePerDay: 10,
      currency: 'EUR',
      value: {
        kind: 'matrix',
        classes: ['b', 'a', 'c'],
        values: [
          [1, -5, 0],
          [-2, 3, 0],
          [0, 0, 7],
        ],
        costOfManualWork: 0.1,
      },
    }
    const impact = impactOf(matrix, paired(three))
    const revenue = (500 * 3 + 50 * -2 + 200 * 1 + 30 * -5 + 100 * 7) / 880
    expect(impact?.revenue.value).toBeCloseTo(revenue * 300, 6)
    expect(impact?.savings.value).toBeCloseTo((800 / 880) * 0.1 * 300, 6)
    const champion = (550 * 3 + 200 * -5 + 30 * 1 + 100 * 7) / 880 + (680 / 880) * 0.1
    expect(impact?.againstChampion?.value).toBeCloseTo((revenue + (800 / 880) * 0.1 - champion) * 300, 6)
  })
  test.each([
    ['an accuracy', fileOf({ accuracy: 0.8 }), 0.8],
    [
      'a confusion matrix',
      fileOf(
        { accuracy: 0.1 },
        {
          confusion: {
            labels: ['a', 'b'],
            counts: [
              [3, 1],
              [0, 0],
            ],
          },
        },
      ),
      0.75,
    ],
  ])('from the file: %s', (_, candidate, share) => {
    expect(impactOf(simple, { championState: { kind: 'none' }, candidate })?.revenue).toEqual({
      value: share * 0.5 * 30_000,
    })
  })
  test('is absent when it is not asked for, or nothing is known of right and wrong', () => {
    expect(
      impactOf(undefined, { championState: { kind: 'none' }, candidate: fileOf({ accuracy: 0.8 }) }),
    ).toBeUndefined()
    const candidate = fileOf({ rmse: 0.8 })
    expect(
      judgementOf(gateOf([rule('rmse', atMost(1))], { impact: simple }), { championState: { kind: 'none' }, candidate })
        .impact,
    ).toBeUndefined()
  })
})

describe('what readers have to keep', () => {
  const store: Slice = { kind: 'each', column: 'store' }
  const rich: Slice = { kind: 'filter', text: 'spend > 100', conditions: [{ column: 'spend', op: '>', literal: 100 }] }
  test('is nothing special for metrics of labels', () => {
    expect(readPlan(gateOf([rule('accuracy', superior)]))).toEqual({
      slices: [],
      probabilities: false,
      scores: false,
      buckets: 1000,
    })
  })
  test('is what any rule asks for, each slice once', () => {
    const gate = gateOf([
      rule('log_loss', superior, { slices: [store] }),
      rule('auc', superior, { slices: [rich, { ...store }] }),
    ])
    expect(readPlan(gate)).toEqual({ slices: [store, rich], probabilities: true, scores: true, buckets: 1000 })
  })
})
