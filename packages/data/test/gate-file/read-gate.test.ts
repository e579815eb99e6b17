import { describe, expect, test } from '@jest/globals'
import { readGate } from '../../src/index.ts'
import { ACCEPTED, BEYOND_THE_SCHEMA, HOSTILE, REFUSED } from './corpus.ts'

const faultsOf = (text: string) => {
  const reading = readGate(text)
  return reading.kind === 'ok' ? [] : reading.faults
}
const placesOf = (text: string) => faultsOf(text).map(({ line, column, code }) => `${line}:${column} ${code}`)
const gateOf = (text: string) => {
  const reading = readGate(text)
  if (reading.kind === 'faults') throw new Error(JSON.stringify(reading.faults))
  return reading.value
}

test.each(Object.entries(ACCEPTED))('reads %s', (_, text) => {
  expect(placesOf(text)).toEqual([])
})

test.each(Object.entries({ ...REFUSED, ...BEYOND_THE_SCHEMA, ...HOSTILE }))('refuses %s', (_, [text, ...faults]) => {
  expect(placesOf(text)).toEqual(faults)
})

describe('a file of three lines', () => {
  const gate = gateOf('- accuracy >= 0.80\n- f1_macro >= 0.70\n- not worse than champion by 0.01\n')
  const whole = { slices: [], required: false, severity: 'error', ifMissing: 'fail' }
  test('means a threshold each, and a comparison for each metric that has one', () => {
    const comparison = {
      kind: 'comparison',
      versus: 'champion',
      test: 'non-inferior',
      margin: { kind: 'abs', value: 0.01 },
    }
    expect(gate.rules).toEqual([
      {
        metric: 'accuracy',
        condition: { kind: 'absolute', min: 0.8, bound: 'point' },
        ...whole,
        at: { line: 1, column: 3 },
      },
      {
        metric: 'f1_macro',
        condition: { kind: 'absolute', min: 0.7, bound: 'point' },
        ...whole,
        at: { line: 2, column: 3 },
      },
      { metric: 'accuracy', condition: comparison, ...whole, at: { line: 3, column: 3 } },
      { metric: 'f1_macro', condition: comparison, ...whole, at: { line: 3, column: 3 } },
    ])
  })
  test('has every default', () => {
    expect({ ...gate, rules: [] }).toEqual({
      data: { label: 'y_true', prediction: 'y_candidate', champion: 'y_champion' },
      statistics: {
        confidence: 0.95,
        replicates: 10_000,
        seed: 20_260_101,
        minRows: 200,
        minRowsGiven: false,
        minRowsSlice: 200,
      },
      rules: [],
      decision: { noChampion: 'absolute-only', onInconclusive: 'pending', sameModel: 'reject' },
      candidate: {},
      champion: {},
    })
  })
})

test('every setting arrives', () => {
  const { rules, ...settings } = gateOf(ACCEPTED['every setting'] ?? '')
  expect(rules).toHaveLength(1)
  expect(settings).toEqual({
    task: 'multiclass',
    data: {
      label: 'y',
      prediction: 'p',
      champion: 'q',
      scores: { a: 'p_a', 1: 'p_1' },
      championScores: { a: 'q_a' },
      id: 'i',
      cluster: 'h',
    },
    statistics: { confidence: 0.9, replicates: 1000, seed: 0, minRows: 0, minRowsGiven: true, minRowsSlice: 1 },
    impact: {
      volumePerDay: 0.5,
      currency: 'EUR',
      value: {
        kind: 'matrix',
        classes: ['a', 'b'],
        values: [
          [1, -2],
          [0, 3.5],
        ],
        costOfManualWork: 0,
      },
    },
    decision: { noChampion: 'fail', onInconclusive: 'reject', sameModel: 'allow' },
    candidate: { format: 'sklearn', model: 'xgboost', member: 'a/b.json' },
    champion: {},
  })
  expect(gateOf(ACCEPTED['a simple impact'] ?? '').impact?.value).toEqual({
    kind: 'simple',
    revenuePerCorrect: -0.5,
    costOfManualWork: 2,
  })
})

const ruleOf = (text: string) => gateOf(`- accuracy >= 0\n- ${text}`).rules[1]

describe('a rule', () => {
  const comparison = (more: object) => ({ kind: 'comparison', versus: 'champion', ...more })
  test.each([
    ['accuracy >= 0.8', { metric: 'accuracy', condition: { kind: 'absolute', min: 0.8, bound: 'point' } }],
    ['accuracy ≥ .8', { condition: { kind: 'absolute', min: 0.8, bound: 'point' } }],
    ['rmse <= -1e3', { condition: { kind: 'absolute', max: -1000, bound: 'point' } }],
    ['rmse ≤ 1', { condition: { kind: 'absolute', max: 1, bound: 'point' } }],
    ['Macro F1 >= 0.1', { metric: 'f1_macro' }],
    ['xgboost.accuracy >= 0.1', { metric: 'xgboost.accuracy' }],
    ['recall of High risk >= 0.4', { metric: 'recall', class: 'High risk' }],
    [
      'f1 not worse than champion by 1.1 %',
      { condition: comparison({ test: 'non-inferior', margin: { kind: 'rel', value: 0.011 } }) },
    ],
    [
      'f1 of a not worse than baseline by 0.2',
      {
        class: 'a',
        condition: comparison({ versus: 'baseline', test: 'non-inferior', margin: { kind: 'abs', value: 0.2 } }),
      },
    ],
    [
      'rmse not more than 10% above baseline',
      { condition: comparison({ versus: 'baseline', test: 'max-increase', margin: { kind: 'rel', value: 0.1 } }) },
    ],
    [
      'r2 not more than 0.1 below champion',
      { condition: comparison({ test: 'max-decrease', margin: { kind: 'abs', value: 0.1 } }) },
    ],
    ['{metric: r2, vs: champion, superior: true}', { condition: comparison({ test: 'superior' }) }],
    [
      '{metric: rmse, vs: champion, max-increase: {rel: 0.1}}',
      { condition: comparison({ test: 'max-increase', margin: { kind: 'rel', value: 0.1 } }) },
    ],
    ['{metric: r2, min: 0, max: 1}', { condition: { kind: 'absolute', min: 0, max: 1, bound: 'point' } }],
    ['{metric: r2, min: 0, bound: lower-ci}', { condition: { kind: 'absolute', min: 0, bound: 'lower-ci' } }],
    ['{metric: own, better: lower, max: 1}', { metric: 'own', better: 'lower' }],
    ['{metric: r2, min: 0, severity: warn, if-missing: skip}', { severity: 'warn', ifMissing: 'skip' }],
    ['{metric: f1, class: 1.0, min: 0}', { class: '1.0' }],
    ['{metric: f1, class: yes, min: 0}', { class: 'yes' }],
    ['{metric: f1, class: True, min: 0}', { class: 'True' }],
  ])('%s', (text, rule) => {
    expect(ruleOf(text)).toMatchObject(rule)
  })

  test('that names no metric takes the directions of those that it stands for', () => {
    const { rules } = gateOf(
      '- {metric: own, better: lower, max: 1}\n- recall of a >= 0\n- not worse than baseline by 10%',
    )
    expect(rules.slice(2)).toMatchObject([
      { metric: 'own', better: 'lower' },
      { metric: 'recall', class: 'a' },
    ])
  })
  test('that names no metric stands for each once, and not for comparisons', () => {
    const { rules } = gateOf(
      '- r2 >= 0\n- R2 <= 1\n- rmse not more than 1 above champion\n- not worse than champion by 1',
    )
    expect(rules.slice(3).map(({ metric }) => metric)).toEqual(['r2'])
  })
  test('that names no metric only warns where every threshold does', () => {
    const { rules } = gateOf(
      '- {metric: r2, min: 0, severity: warn}\n- {metric: mae, max: 1, severity: warn}\n- mae <= 2\n- not worse than champion by 1',
    )
    expect(rules.slice(3).map(({ metric, severity }) => [metric, severity])).toEqual([
      ['r2', 'warn'],
      ['mae', 'error'],
    ])
    const swapped = gateOf('- mae <= 2\n- {metric: mae, max: 1, severity: warn}\n- not worse than champion by 1')
    expect(swapped.rules[2]).toMatchObject({ metric: 'mae', severity: 'error' })
  })
  test('that names no metric is not blamed for a threshold that is not understood', () => {
    expect(placesOf('- accuracy > 0.8\n- not worse than champion by 1')).toEqual(['1:3 E-GATE'])
  })
  test('that names no metric cannot stand for one whose direction nobody knows', () => {
    expect(placesOf('- own >= 0\n- not worse than champion by 1')).toEqual(['2:3 E-GATE'])
  })
})

describe('slices', () => {
  const slicesOf = (...texts: readonly string[]) =>
    ruleOf(`{metric: r2, min: 0, slices: ${JSON.stringify(texts)}}`)?.slices
  test('of a column, of conditions', () => {
    expect(
      slicesOf(' store format ', 'spend > 100', "a>=1 and 'b and c' != x and d = '17' and e <= -2.5 and f = 1e3"),
    ).toEqual([
      { kind: 'each', column: 'store format' },
      { kind: 'filter', text: 'spend > 100', conditions: [{ column: 'spend', op: '>', literal: 100 }] },
      {
        kind: 'filter',
        text: "a>=1 and 'b and c' != x and d = '17' and e <= -2.5 and f = 1e3",
        conditions: [
          { column: 'a', op: '>=', literal: 1 },
          { column: 'b and c', op: '!=', literal: 'x' },
          { column: 'd', op: '=', literal: '17' },
          { column: 'e', op: '<=', literal: -2.5 },
          { column: 'f', op: '=', literal: 1000 },
        ],
      },
    ])
  })
})

test('the positive class is the text that the labels are compared with', () => {
  const positive = (text: string) =>
    gateOf(`version: 1\nrules: [accuracy >= 0]\ndata: {positive: ${text}}`).data.positive
  expect(['1', '1.0', 'true', '"yes"', "'0'"].map(positive)).toEqual(['1', '1.0', 'true', 'yes', '0'])
})

describe('faults', () => {
  test('come all at once, in the order of the file', () => {
    const text = [
      'version: 1',
      'task: clustering',
      'data: {lable: y, score: s, scores: {a: b}}',
      'rules:',
      '  - accuracy > 0.8',
      '  - {metric: f1_marco, vs: champion, superior: true}',
      '  - {metric: accuracy, min: 0.9, max: 0.1, class: High}',
      'impact: {volume-per-day: 0, currency: EUR}',
      'rulez: []',
    ].join('\n')
    expect(placesOf(text)).toEqual([
      '2:7 E-GATE',
      '3:8 E-GATE',
      '3:28 E-GATE',
      '5:5 E-GATE',
      '6:5 E-GATE',
      '7:5 E-GATE',
      '7:5 E-GATE',
      '8:1 E-GATE',
      '8:9 E-GATE',
      '8:26 E-GATE',
      '9:1 E-GATE',
    ])
  })
  test.each([
    ['version: 1\nrules: [accuracy >= 0]\ndata: {lable: y}', 'data.lable is unknown', 'did you mean label?'],
    ['version: 1\nrules:\n  - {metrc: r2, metric: r2, min: 0}', 'rule 1: metrc is unknown', 'did you mean metric?'],
    [
      '- {metric: f1_marco, vs: champion, superior: true}',
      'rule 1 compares f1_marco',
      'did you mean f1_macro? Else add `better`',
    ],
    ['version: 1\nrules: [accuracy >= 0]\nstats: {correction: holm}', 'stats.correction is unknown', undefined],
    ['version: 1\nrules: [accuracy >= 0]\nstats: {min-rows: many}', 'stats.min-rows is "many"', undefined],
    ['version: 1\nrules:\n  - {metric: r2, min: 0, slices: ["a >"]}', 'rule 1: slices[0] is "a >"', undefined],
  ])('%#', (text, what, hint) => {
    const [fault] = faultsOf(text)
    expect(fault?.what).toBe(what)
    if (hint !== undefined) expect(fault?.hint).toBe(hint)
  })
  test.each(['weight', 'weights', 'fairness', 'correction', 'drift', 'constraints'])(
    '%s is said to be of no version 1',
    (key) => {
      const [fault] = faultsOf(`version: 1\nrules: [accuracy >= 0]\n${key}: 1`)
      expect(fault?.why).toContain('not in version 1')
    },
  )
})
