import { describe, expect, test } from '@jest/globals'
import fc from 'fast-check'
import { about, figures, signed } from '../../src/gate/figures.ts'
import type { Evidence, Rule } from '../../src/index.ts'
import {
  alone,
  atLeast,
  atMost,
  files,
  gateOf,
  hits,
  judgementOf,
  notWorse,
  paired,
  rule,
  scoredOf,
  superior,
} from './evidence.ts'

const first: Evidence = { championState: { kind: 'none' }, scored: scoredOf(alone(800, 200)) }
const said = (rules: readonly Rule[], evidence: Evidence) => judgementOf(gateOf(rules), evidence)
const accuracy = (condition: Rule['condition'], more: Partial<Rule> = {}) => rule('accuracy', condition, more)

describe('the sentence of a result holds its figures', () => {
  test.each([
    [accuracy(atLeast(0.7)), first, 'APPROVE accuracy: 0.8000, at least 0.7000 is asked for (n = 1,000 rows)'],
    [accuracy(atLeast(0.9)), first, 'REJECT accuracy: 0.8000, at least 0.9000 is asked for (n = 1,000 rows)'],
    [
      rule('recall', atMost(0.9), { class: 'yes' }),
      first,
      'REJECT recall of yes: 1.0000, at most 0.9000 is asked for (n = 1,000 rows)',
    ],
    [
      accuracy(notWorse(0.01)),
      paired(hits(700, 40, 70, 190)),
      "REJECT accuracy: 0.7400 against the champion's 0.7700, delta -0.0300 (worse) [-0.0473, -0.0127; each bound one-sided at 95 %], allowed -0.0100 (n = 1,000 paired rows)",
    ],
    [
      accuracy(notWorse(0.01)),
      paired(hits(700, 40, 45, 190)),
      "INCONCLUSIVE accuracy: 0.7590 against the champion's 0.7641, delta -0.0051 (worse) [-0.0208, +0.0106; each bound one-sided at 95 %], allowed -0.0100, about 5,400 rows would tell (n = 975 paired rows)",
    ],
    [
      rule('rmse', notWorse(0.1, 'rel')),
      files({ rmse: 3.6 }, { rmse: 3.2 }, 500),
      "REJECT rmse: 3.6000 against the champion's 3.2000, delta +0.4000 (worse), allowed +0.3200 (10 % of the champion's) (n = 500 rows, points only)",
    ],
    [
      accuracy(superior),
      files({ accuracy: [0.8, 0.01] }, { accuracy: [0.79, 0.01] }),
      "INCONCLUSIVE accuracy: 0.8000 against the champion's 0.7900, delta +0.0100 (better) [-0.0133, +0.0333; each bound one-sided at 95 %], a better one is asked for",
    ],
    [accuracy(atLeast(0.1)), files({}, { accuracy: 1 }), 'REJECT accuracy: the candidate has no accuracy'],
    [
      rule('auc', atLeast(0.5)),
      first,
      'REJECT auc: the candidate has no auc (it needs the columns of scores: data.score or data.scores)',
    ],
    [accuracy(superior), files({ accuracy: 1 }, {}), 'INCONCLUSIVE accuracy: 1.0000, but the champion has no accuracy'],
    [accuracy(superior), first, 'SKIPPED accuracy: there is no champion to compare with'],
    [
      rule('mae', atMost(1)),
      files({ mae: Number.NaN }, {}),
      'REJECT mae: NaN is no figure to judge by (E-NAN) (points only)',
    ],
  ])('%#', (one, evidence, sentence) => {
    expect(said([one], evidence).rules[0]?.sentence).toBe(sentence)
  })
})

describe('a rule as a sentence', () => {
  test.each([
    [accuracy(atLeast(0.8)), 'accuracy is at least 0.8'],
    [accuracy({ kind: 'absolute', min: 0.1, max: 0.9, bound: 'point' }), 'accuracy is at least 0.1 and at most 0.9'],
    [accuracy(atLeast(0.8, 'lower-ci')), 'accuracy is at least 0.8 (the lower end of its interval)'],
    [accuracy(superior), "accuracy is better than the champion's"],
    [accuracy(notWorse(0.01)), "accuracy is not worse than the champion's by more than 0.01"],
    [
      rule('rmse', { ...notWorse(0.1, 'rel'), test: 'max-increase', versus: 'baseline' }),
      "rmse is not above the baseline's by more than 10 %",
    ],
    [
      rule(
        'r2',
        { ...notWorse(0.05), test: 'max-decrease' },
        { slices: [{ kind: 'each', column: 'store' }], class: 'a' },
      ),
      "r2 of a is not below the champion's by more than 0.05 in each store",
    ],
  ])('%#', (one, sentence) => {
    const slices = [{ slice: { kind: 'each', column: 'store' } as const, name: 'store = 1', cells: alone(800, 200) }]
    const evidence: Evidence = {
      ...files({ rmse: 1, r2: 1 }, {}),
      championState: { kind: 'failed', reason: 'gone' },
      scored: scoredOf(alone(800, 200), slices),
    }
    expect(said([one], evidence).rules[0]?.rule).toBe(sentence)
  })
})

describe('the headline is one sentence', () => {
  const better = paired(hits(7000, 400, 100, 1900))
  test.each([
    [
      [accuracy(atLeast(0.7)), accuracy(superior)],
      better,
      "Approved on 9,400 rows: 2 checks passed; accuracy is 0.7872 against the champion's 0.7553.",
    ],
    [
      [accuracy(atLeast(0.7))],
      first,
      'Approved on 1,000 rows: 1 check passed; accuracy is 0.8000, at least 0.7000 is asked for.',
    ],
    [
      [accuracy(atLeast(0.7)), accuracy(superior)],
      first,
      'Approved on 1,000 rows: 1 check passed; accuracy is 0.8000, at least 0.7000 is asked for; 1 left out (there is no champion to compare with).',
    ],
    [
      [accuracy(atLeast(0.9)), accuracy(atLeast(0.95))],
      first,
      'Rejected on 1,000 rows: accuracy is 0.8000, but at least 0.9000 is asked for (and 1 more check).',
    ],
    [
      [accuracy(atLeast(0.7)), accuracy(notWorse(0.01))],
      paired(hits(700, 40, 70, 190)),
      "Rejected on 1,000 rows: accuracy is 0.7400, 0.0300 worse than the champion's 0.7700; at most 0.0100 is allowed.",
    ],
    [
      [accuracy(notWorse(0.01))],
      paired(hits(700, 40, 45, 190)),
      "Not certain on 975 rows: 975 rows are too few to tell whether accuracy is worse than the champion's by more than 0.0100; about 5,400 would do.",
    ],
    [
      [accuracy(superior)],
      first,
      'Not certain on 1,000 rows: nothing was judged, because there is no champion to compare with.',
    ],
    [
      [accuracy(atLeast(0.5))],
      files({ accuracy: 0.8 }, {}),
      'Approved: 1 check passed; accuracy is 0.8000, at least 0.5000 is asked for.',
    ],
    [
      [accuracy(atLeast(0.5))],
      files({ accuracy: 0.8 }, {}, 100),
      'Not certain on 100 rows: accuracy was not judged: 200 rows are needed, there are 100.',
    ],
    [
      [accuracy(atLeast(0.9), { severity: 'warn' }), accuracy(atLeast(0.5))],
      first,
      'Approved on 1,000 rows: 1 check passed; accuracy is 0.8000, at least 0.5000 is asked for.',
    ],
  ])('%#', (rules, evidence, sentence) => {
    expect(said(rules, evidence).sentence).toBe(sentence)
  })
})

describe('notes', () => {
  test('tell of rows that may belong together', () => {
    const evidence = { ...first, scored: { ...scoredOf(alone(800, 200)), repeatedIds: 12 } }
    expect(said([accuracy(atLeast(0.5))], evidence).notes).toContain(
      '12 rows repeat an id: if rows belong together, name the column that says so as data.cluster.',
    )
  })
  test('tell how many comparisons there were', () => {
    const judgement = said(
      [accuracy(superior), accuracy(notWorse(0.1)), accuracy(atLeast(0.1))],
      paired(hits(700, 40, 45, 190)),
    )
    expect(judgement.comparisons).toBe(2)
    expect(judgement.notes).toEqual(['2 comparisons were made; none is corrected for their number.'])
    expect(said([accuracy(superior)], paired(hits(700, 40, 45, 190))).notes).toEqual([])
  })
})

describe('figures', () => {
  test.each([
    [
      [0.8, 0.7],
      ['0.8000', '0.7000'],
    ],
    [
      [0.79999, 0.8],
      ['0.79999', '0.80000'],
    ],
    [
      [0.00012345, 0],
      ['0.000123', '0.0000'],
    ],
    [
      [12_345.678, 1],
      ['12,345.68', '1.0000'],
    ],
    [
      [Number.NaN, -Infinity],
      ['NaN', '-Infinity'],
    ],
    [
      [-0.5, -0.5],
      ['-0.5000', '-0.5000'],
    ],
  ])('%j', (values, texts) => {
    expect(figures(...values)).toEqual(texts)
  })
  test('different numbers never look the same', () => {
    fc.assert(
      fc.property(fc.double({ noNaN: true }), fc.double({ noNaN: true }), (one, other) => {
        const [text = '', otherText = ''] = figures(one, other)
        expect(text === otherText).toBe(one === other)
      }),
    )
  })
  test.each([
    ['0.1', '+0.1'],
    ['-0.1', '-0.1'],
    ['NaN', 'NaN'],
  ])('a sign before %s', (text, expected) => {
    expect(signed(text)).toBe(expected)
  })
  test.each([
    [5390, 'about 5,400'],
    [5400, 'about 5,400'],
    [5401, 'about 5,500'],
    [99, 'about 99'],
    [7, 'about 7'],
    [1_000_001, 'about 1,100,000'],
  ])('%d is %s', (count, text) => {
    expect(about(count)).toBe(text)
  })
})
