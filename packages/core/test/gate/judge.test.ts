import { describe, expect, test } from '@jest/globals'
import { type Evidence, type Gate, judge, type Rule, type Slice } from '../../src/index.ts'
import {
  againstBaseline,
  alone,
  atLeast,
  atMost,
  balanced,
  codesOf,
  fileOf,
  files,
  gateOf,
  hits,
  judgementOf,
  notWorse,
  paired,
  regression,
  rule,
  scoredOf,
  superior,
} from './evidence.ts'

const accuracy = (condition: Rule['condition'], more: Partial<Rule> = {}) => rule('accuracy', condition, more)
const onlyRule = (one: Rule, evidence: Evidence, settings?: Parameters<typeof gateOf>[1]) =>
  judgementOf(gateOf([one], settings), evidence).rules[0]
const verdict = (gate: Gate, evidence: Evidence) => judgementOf(gate, evidence).verdict

const hintsOf = (rules: readonly Rule[], evidence: Evidence, settings?: Parameters<typeof gateOf>[1]) => {
  const judging = judge(gateOf(rules, settings), evidence)
  return judging.kind === 'faults' ? judging.faults.map(({ hint }) => hint) : []
}

const NO_CHAMPION: Evidence['championState'] = { kind: 'none' }
/** 1,000 rows, 80 % right. */
const EIGHTY = { championState: NO_CHAMPION, scored: scoredOf(alone(800, 200)) }

describe('the verdict of a run', () => {
  const [holds, fails] = [accuracy(atLeast(0.5)), accuracy(atLeast(0.9))]
  const open = accuracy(atLeast(0.79, 'lower-ci'))
  const skips = accuracy(superior)
  test.each([
    ['approves when every rule does', [holds, holds], 'approve'],
    ['rejects when any rule rejects', [holds, fails, holds], 'reject'],
    ['rejects although another rule is open', [open, fails], 'reject'],
    ['is open when any rule is open', [holds, open], 'inconclusive'],
    ['does not count what was skipped', [holds, skips], 'approve'],
    ['is open when nothing was judged', [skips], 'inconclusive'],
    ['does not count a warning that rejects', [holds, { ...fails, severity: 'warn' as const }], 'approve'],
    ['does not count a warning that is open', [holds, { ...open, severity: 'warn' as const }], 'approve'],
    [
      'does not take an approving warning for a judgement',
      [skips, { ...holds, severity: 'warn' as const }],
      'inconclusive',
    ],
  ])('%s', (_, rules, expected) => {
    expect(verdict(gateOf(rules), EIGHTY)).toBe(expected)
  })

  test('a warning keeps its own result', () => {
    expect(onlyRule({ ...fails, severity: 'warn' }, EIGHTY)).toMatchObject({ severity: 'warn', result: 'reject' })
  })

  test.each([
    [[holds], 'pending', 'Approved'],
    [[fails], 'pending', 'Rejected'],
    [[open], 'pending', 'PendingManualApproval'],
    [[open], 'reject', 'Rejected'],
    [[holds], 'reject', 'Approved'],
  ] as const)('on-inconclusive changes the status only: %#', (rules, onInconclusive, status) => {
    const before = judgementOf(gateOf(rules), EIGHTY)
    const judgement = judgementOf(gateOf(rules, { decision: { onInconclusive } }), EIGHTY)
    expect(judgement.approvalStatus).toBe(status)
    expect(judgement.verdict).toBe(before.verdict)
  })
})

describe('equality', () => {
  test.each([
    [atLeast(0.8), 'approve'],
    [atLeast(0.8000000001), 'reject'],
    [atMost(0.8), 'approve'],
    [atMost(0.7999999999), 'reject'],
    [{ kind: 'absolute', min: 0.7, max: 0.8, bound: 'point' }, 'approve'],
    [{ kind: 'absolute', min: 0.81, max: 0.9, bound: 'point' }, 'reject'],
    [{ kind: 'absolute', min: 0.7, max: 0.79, bound: 'point' }, 'reject'],
  ] as const)('%j on 0.8 %s', (condition, result) => {
    expect(onlyRule(accuracy(condition), EIGHTY)).toMatchObject({
      result,
      candidate: 0.8,
      evidence: 'rows',
      rows: 1000,
    })
  })

  test.each([
    [0.8, 0.81, 'approve'],
    [0.79999, 0.81, 'reject'],
  ])('points: %d against %d with 0.01', (candidate, champion, result) => {
    expect(onlyRule(accuracy(notWorse(0.01)), files({ accuracy: candidate }, { accuracy: champion }))).toMatchObject({
      result,
    })
  })
})

describe('NaN and infinity', () => {
  test.each([Number.NaN, Infinity, -Infinity])('%d of the candidate rejects', (value) => {
    for (const condition of [atLeast(0), atMost(1e9), superior, notWorse(10)])
      expect(onlyRule(rule('rmse', condition), files({ rmse: value }, { rmse: 1 }))).toMatchObject({
        result: 'reject',
        code: 'E-NAN',
      })
  })
  test.each([Number.NaN, Infinity, -Infinity])('%d of the champion leaves the comparison open', (value) => {
    expect(onlyRule(rule('rmse', notWorse(0.1)), files({ rmse: 1 }, { rmse: value }))).toMatchObject({
      result: 'inconclusive',
      candidate: 1,
    })
  })
  test('figures of the champion do not touch a threshold', () => {
    expect(onlyRule(rule('rmse', atMost(2)), files({ rmse: 1 }, { rmse: Number.NaN }))).toMatchObject({
      result: 'approve',
    })
  })
})

describe('a missing metric', () => {
  const evidence = files({ mae: 1 }, { rmse: 1, speed: 3 })
  test.each([
    ['of the vocabulary', rule('rmse', atMost(2)), 'reject'],
    ['of the vocabulary, to be skipped', rule('rmse', atMost(2), { ifMissing: 'skip' }), 'skipped'],
    ["of the champion's file", rule('speed', atLeast(1)), 'reject'],
    ["of the champion's file, to be skipped", rule('speed', atLeast(1), { ifMissing: 'skip' }), 'skipped'],
    ['of the champion leaves the comparison open', rule('mae', superior), 'inconclusive'],
  ])('%s', (_, one, result) => {
    expect(onlyRule(one, evidence)).toMatchObject({ result })
  })

  test('known nowhere is an error that names the nearest', () => {
    const judging = judge(gateOf([rule('f1_marco', atLeast(1), { at: { line: 7, column: 5 } })]), evidence)
    expect(judging).toMatchObject({
      kind: 'faults',
      faults: [{ code: 'E-METRIC', at: { line: 7, column: 5 }, hint: 'did you mean f1_macro?' }],
    })
  })

  test('a class that nothing is of counts as missing, and the nearest is named', () => {
    const result = onlyRule(rule('recall', atLeast(0.1), { class: 'yess' }), EIGHTY)
    expect(result).toMatchObject({ result: 'reject', class: 'yess' })
    expect(result?.sentence).toContain('the nearest class is yes')
  })

  test('a metric of one class that some class of the champion has is missing', () => {
    const figures = { precision: { value: 1 }, own: { value: 1 } }
    const champion = fileOf({}, { perClass: { no: { precision: { value: 1 } }, yes: figures } })
    const one = rule('own', atLeast(0.1), { class: 'yes' })
    expect(onlyRule(one, { ...EIGHTY, champion })).toMatchObject({ result: 'reject', evidence: 'none' })
    const other = fileOf({}, { perClass: { yes: { precision: { value: 1 } } } })
    expect(codesOf(gateOf([one]), { ...EIGHTY, champion: other })).toEqual(['E-METRIC'])
  })
  test('the nearest class is looked for in the file as well', () => {
    const candidate = fileOf({}, { perClass: { High: { recall: { value: 0.5 } } } })
    const result = onlyRule(rule('recall', atLeast(0.1), { class: 'Hihg' }), { championState: NO_CHAMPION, candidate })
    expect(result?.sentence).toContain('the nearest class is High')
  })
  test('a metric of one class that no file knows is an error', () => {
    expect(codesOf(gateOf([rule('recal', atLeast(0.1), { class: 'yes' })]), EIGHTY)).toEqual(['E-METRIC'])
  })
})

describe('names in files', () => {
  test('a bare name that fits two models is an error', () => {
    const evidence = files({ 'xgboost.accuracy': 0.9, 'forest.accuracy': 0.8 }, {})
    expect(hintsOf([accuracy(atLeast(0.5))], evidence)).toEqual([
      'name the model (`candidate: { model: … }`), or write the dotted path of the metric',
    ])
    const baseline = fileOf({ 'xgboost.accuracy': 0.9, 'forest.accuracy': 0.8 })
    expect(hintsOf([accuracy(againstBaseline(superior))], { ...files({ accuracy: 1 }, {}), baseline })).toEqual([
      'write the dotted path of the metric',
    ])
    expect(codesOf(gateOf([accuracy(atLeast(0.5))]), evidence)).toEqual(['E-AMBIGUOUS'])
  })
  test('so is one that fits two models of the champion, where it is compared', () => {
    const evidence = files({ accuracy: 0.9 }, { 'xgboost.accuracy': 0.9, 'forest.accuracy': 0.8 })
    expect(codesOf(gateOf([accuracy(superior)]), evidence)).toEqual(['E-AMBIGUOUS'])
    expect(codesOf(gateOf([accuracy(atLeast(0.5))]), evidence)).toEqual([])
    expect(
      codesOf(gateOf([accuracy(againstBaseline(superior))]), { ...evidence, baseline: fileOf({ accuracy: 1 }) }),
    ).toEqual([])
  })
  test('a dotted path is one of them', () => {
    const evidence = files({ 'xgboost.accuracy': 0.9, 'forest.accuracy': 0.8 }, {})
    expect(onlyRule(rule('forest.accuracy', atLeast(0.5)), evidence)).toMatchObject({ candidate: 0.8 })
  })
  test('a bare name that fits one model is that', () => {
    expect(onlyRule(accuracy(atLeast(0.5)), files({ 'xgboost.Accuracy': 0.9 }, {}))).toMatchObject({ candidate: 0.9 })
  })
  test('spelling does not count', () => {
    expect(onlyRule(rule('f1_macro', atLeast(0.5)), files({ 'Macro F1': 0.9 }, {}))).toMatchObject({ candidate: 0.9 })
  })
  test('a figure of a class', () => {
    const candidate = fileOf({}, { perClass: { High: { recall: { value: 0.5 } } } })
    expect(
      onlyRule(rule('recall', atLeast(0.4), { class: 'High' }), { championState: NO_CHAMPION, candidate }),
    ).toMatchObject({
      result: 'approve',
      candidate: 0.5,
      evidence: 'point',
    })
  })
})

describe('direction', () => {
  test.each([
    ['rmse', 1.05, 'approve'],
    ['rmse', 1.11, 'reject'],
    ['rmse', 0.5, 'approve'],
    ['r2', 0.95, 'approve'],
    ['r2', 0.85, 'reject'],
    ['r2', 2, 'approve'],
  ])('of %s: %d against 1, 0.1 allowed', (metric, value, result) => {
    expect(onlyRule(rule(metric, notWorse(0.1)), files({ [metric]: value }, { [metric]: 1 }))).toMatchObject({ result })
  })
  test.each([
    ['lower', 1.05, 'approve'],
    ['lower', 1.2, 'reject'],
    ['higher', 1.2, 'approve'],
    ['higher', 0.8, 'reject'],
  ] as const)('of a name of its own: %s is better, %d against 1', (better, value, result) => {
    expect(onlyRule(rule('speed', notWorse(0.1), { better }), files({ speed: value }, { speed: 1 }))).toMatchObject({
      result,
    })
  })
})

describe('superior', () => {
  test.each([
    ['the interval lies above 0', hits(700, 100, 20, 180), 'approve'],
    ['the interval lies below 0', hits(700, 20, 100, 180), 'reject'],
    ['the interval holds 0', hits(700, 60, 50, 190), 'inconclusive'],
    ['both are the same', hits(700, 0, 0, 300), 'inconclusive'],
  ])('%s', (_, cells, result) => {
    expect(onlyRule(accuracy(superior), paired(cells))).toMatchObject({ result, evidence: 'paired', rows: 1000 })
  })
  test.each([
    [0.81, 0.8, 'approve'],
    [0.8, 0.81, 'reject'],
    [0.8, 0.8, 'inconclusive'],
  ])('points: %d against %d', (candidate, champion, result) => {
    expect(onlyRule(accuracy(superior), files({ accuracy: candidate }, { accuracy: champion }))).toMatchObject({
      result,
      evidence: 'point',
    })
  })
})

describe('non-inferior', () => {
  // Of these 1,000 rows the interval of the difference is about [-0.047, -0.013].
  const slightlyWorse = hits(700, 40, 70, 190)
  test('its interval is what it is said to be', () => {
    const result = onlyRule(accuracy(notWorse(0.1)), paired(slightlyWorse))
    expect(result?.delta).toBeCloseTo(-0.03, 12)
    expect(result?.interval?.lower).toBeCloseTo(-0.0475, 3)
    expect(result?.interval?.upper).toBeCloseTo(-0.0127, 3)
  })
  test.each([
    [0.05, 'approve'],
    [0.03, 'inconclusive'],
    [0.01, 'reject'],
  ])('margin %d', (margin, result) => {
    expect(onlyRule(accuracy(notWorse(margin)), paired(slightlyWorse))).toMatchObject({ result })
  })
  test.each([
    [0.065, 'approve'],
    [0.03, 'inconclusive'],
    [0.01, 'reject'],
  ])('relative margin %d of 0.77', (margin, result) => {
    expect(onlyRule(accuracy(notWorse(margin, 'rel')), paired(slightlyWorse))).toMatchObject({ result })
  })
  test('a relative margin is one of the absolute value', () => {
    expect(onlyRule(rule('r2', notWorse(0.1, 'rel')), files({ r2: -1.05 }, { r2: -1 }))).toMatchObject({
      result: 'approve',
    })
    expect(onlyRule(rule('r2', notWorse(0.1, 'rel')), files({ r2: -1.2 }, { r2: -1 }))).toMatchObject({
      result: 'reject',
    })
  })
  test('a share of a champion of 0 is nothing, and is said to be', () => {
    const worse = onlyRule(rule('r2', notWorse(0.1, 'rel')), files({ r2: -0.001 }, { r2: 0 }))
    expect(worse).toMatchObject({ result: 'reject' })
    expect(worse?.sentence).toContain("10 % of the champion's 0 is nothing")
    expect(onlyRule(rule('r2', notWorse(0.1, 'rel')), files({ r2: 0 }, { r2: 0 }))).toMatchObject({ result: 'approve' })
  })
})

describe('paired figures that come from intervals of other methods', () => {
  test.each([
    ['rmse', superior, 1, 1.2, 'approve'],
    ['rmse', superior, 1.2, 1, 'reject'],
    ['rmse', notWorse(0.2), 1.2, 1, 'approve'],
    ['rmse', notWorse(0.05), 1.2, 1, 'reject'],
    ['rmse', notWorse(0.0955), 1.2, 1, 'inconclusive'],
    ['rmse', notWorse(0.2, 'rel'), 1.2, 1, 'approve'],
    ['r2', superior, 1, 1.2, 'approve'],
    ['r2', superior, 1.2, 1, 'reject'],
  ] as const)('%s %j: mean squared errors of %d and %d: %s', (metric, condition, candidate, champion, result) => {
    const judged = onlyRule(rule(metric, condition), regression(candidate, champion))
    expect(judged).toMatchObject({ result, evidence: 'paired' })
    expect(judged?.interval?.method).toBe('Grouped jackknife')
  })
  test.each([
    [superior, 'approve'],
    [notWorse(0.01), 'approve'],
  ])('f1_macro %j', (condition, result) => {
    const judged = onlyRule(rule('f1_macro', condition), paired(balanced(800, 100, 10, 90)), {
      statistics: { replicates: 200 },
    })
    expect(judged).toMatchObject({ result, evidence: 'paired' })
  })
  test('f1_macro that is worse, or open', () => {
    const settings = { statistics: { replicates: 200 } }
    const worse = onlyRule(rule('f1_macro', notWorse(0.01)), paired(balanced(800, 10, 100, 90)), settings)
    expect(worse).toMatchObject({ result: 'reject' })
    const open = onlyRule(rule('f1_macro', notWorse(0.01)), paired(balanced(800, 50, 50, 100)), settings)
    expect(open).toMatchObject({ result: 'inconclusive' })
    // The margin's need, (1.645 + 0.842)² × spread / 0.01², with a spread of about 0.1 × 2,000 / 2,000.
    expect(open?.rowsNeeded).toBeGreaterThan(4000)
    expect(open?.rowsNeeded).toBeLessThan(10_000)
  })
})

describe('at the margin itself', () => {
  // Standard errors of 0 make an interval of one point.
  test.each([
    [0.5, 'inconclusive'],
    [0.4999, 'reject'],
    [0.5001, 'approve'],
  ])('an interval of %d against 0.75 with 0.25 allowed', (value, result) => {
    const evidence = files({ accuracy: [value, 0] }, { accuracy: [0.75, 0] })
    expect(onlyRule(accuracy(notWorse(0.25)), evidence)).toMatchObject({ result, evidence: 'independent' })
  })
})

describe('what a rule allows', () => {
  test.each([
    [accuracy(notWorse(0.01)), { from: -0.01 }],
    [accuracy(superior), { from: 0 }],
    [accuracy(atLeast(0.7)), { from: 0.7 }],
    [accuracy(atMost(0.9)), { to: 0.9 }],
    [accuracy({ kind: 'absolute', min: 0.1, max: 0.9, bound: 'point' }), { from: 0.1, to: 0.9 }],
    [rule('rmse', notWorse(0.1, 'rel')), { to: 0.2 }],
  ])('%#', (one, allowed) => {
    expect(onlyRule(one, files({ accuracy: 0.8, rmse: 2 }, { accuracy: 0.8, rmse: 2 }))?.allowed).toEqual(allowed)
  })
})

describe('rows that would decide', () => {
  const needed = (one: Rule, evidence: Evidence) => onlyRule(one, evidence)?.rowsNeeded
  test('by the margin, from the share of rows on which one model is right', () => {
    // (1.6449 + 0.8416)² × 0.1 / 0.01², with 100 of 1,000 rows on which one is right.
    expect(needed(accuracy(notWorse(0.01)), paired(hits(750, 50, 50, 150)))).toBe(6183)
  })
  test('by the distance to the margin, when there are enough for the margin', () => {
    // A margin of 0.04 would need 425; the gain of -0.03 is 0.01 away from it.
    expect(needed(accuracy(notWorse(0.04)), paired(hits(700, 40, 70, 190)))).toBe(6801)
  })
  test('of one class, whose rows are few', () => {
    const cells = [...balanced(180, 20, 20, 0), ['no', 'no', 'no', 4000] as const]
    const rows = onlyRule(rule('recall', notWorse(0.01), { class: 'yes' }), paired(cells), {
      statistics: { replicates: 500 },
    })?.rowsNeeded
    // About a tenth of 220 rows, of 4,440: 6.18 × 0.18 × 20 / 0.01².
    expect(rows).toBeGreaterThan(150_000)
    expect(rows).toBeLessThan(350_000)
  })
  test('are not told where the answer is known, or nothing tells them', () => {
    expect(needed(accuracy(notWorse(0.1)), paired(hits(750, 50, 50, 150)))).toBeUndefined()
    expect(needed(accuracy(superior), paired(hits(750, 50, 50, 150)))).toBeUndefined()
    expect(needed(accuracy(superior), files({ accuracy: [0.8, 0.1] }, { accuracy: [0.8, 0.1] }))).toBeUndefined()
  })
})

describe('rows that allow no interval', () => {
  const { scored, ...evidence } = regression(1, 1.5, 1)
  const one = judgementOf(gateOf([rule('rmse', superior)]), {
    ...evidence,
    ...(scored === undefined ? {} : { scored }),
  })
  test('leave a comparison open', () => {
    expect(one.rules[0]).toMatchObject({ result: 'inconclusive', evidence: 'paired' })
    expect(one.rules[0]).not.toHaveProperty('interval')
    expect(one.rules[0]?.sentence).toContain('without an interval')
    expect(one.sentence).toContain('the rows do not allow to tell')
  })
})

describe('max-increase and max-decrease', () => {
  const increase = { ...notWorse(0.1, 'rel'), test: 'max-increase' as const }
  const decrease = { ...notWorse(0.1, 'rel'), test: 'max-decrease' as const }
  test.each([
    ['rmse', increase, 11, 10, 'approve'],
    ['rmse', increase, 11.01, 10, 'reject'],
    ['r2', decrease, 0.9, 1, 'approve'],
    ['r2', decrease, 0.89, 1, 'reject'],
  ] as const)('%s %j: %d against the baseline of %d', (metric, condition, value, baseline, result) => {
    const evidence: Evidence = {
      championState: NO_CHAMPION,
      candidate: fileOf({ [metric]: value }),
      baseline: fileOf({ [metric]: baseline }),
    }
    expect(onlyRule(rule(metric, againstBaseline(condition)), evidence)).toMatchObject({ result, opponent: baseline })
  })
})

describe('a bound on a threshold', () => {
  // Wilson's interval of 800 of 1,000, one-sided at 95 % each: about [0.778, 0.820].
  test.each([
    [atLeast(0.77, 'lower-ci'), 'approve'],
    [atLeast(0.79, 'lower-ci'), 'inconclusive'],
    [atLeast(0.81, 'lower-ci'), 'reject'],
    [atMost(0.83, 'upper-ci'), 'approve'],
    [atMost(0.81, 'upper-ci'), 'inconclusive'],
    [atMost(0.79, 'upper-ci'), 'reject'],
  ])('%j', (condition, result) => {
    expect(onlyRule(accuracy(condition), EIGHTY)).toMatchObject({ result })
  })
  test.each([
    [atLeast(0.79, 'lower-ci'), 0.005, 'approve'],
    [atLeast(0.79, 'lower-ci'), 0.02, 'inconclusive'],
  ] as const)('%j with a standard error of %d', (condition, sd, result) => {
    expect(onlyRule(accuracy(condition), files({ accuracy: [0.8, sd] }, {}))).toMatchObject({
      result,
      evidence: 'independent',
    })
  })
  test('without an interval it is open', () => {
    expect(onlyRule(accuracy(atLeast(0.1, 'lower-ci')), files({ accuracy: 0.8 }, {}))).toMatchObject({
      result: 'inconclusive',
    })
  })
  test('shows the interval that it was held against, a plain threshold none', () => {
    expect(onlyRule(accuracy(atLeast(0.79, 'lower-ci')), EIGHTY)?.interval?.method).toBe('Wilson score')
    expect(onlyRule(accuracy(atLeast(0.79)), EIGHTY)).not.toHaveProperty('interval')
  })
  test('says how many rows would do', () => {
    const result = onlyRule(accuracy(atLeast(0.79, 'lower-ci')), EIGHTY)
    // (1.645 + 0.842)² × 0.8 × 0.2 / 0.01²
    expect(result?.rowsNeeded).toBeGreaterThan(9_800)
    expect(result?.rowsNeeded).toBeLessThan(10_000)
  })
})

describe('files of metrics only', () => {
  test('points are compared', () => {
    const judgement = judgementOf(gateOf([accuracy(notWorse(0.01))]), files({ accuracy: 0.8 }, { accuracy: 0.85 }))
    expect(judgement.rules[0]).toMatchObject({ result: 'reject', evidence: 'point' })
    expect(judgement.rules[0]).not.toHaveProperty('interval')
    expect(judgement.notes.join(' ')).toContain('Compared by points alone')
  })
  test.each([
    [0.03, 'inconclusive'],
    [0.005, 'approve'],
  ])('standard errors of %d make an interval', (sd, result) => {
    const evidence = files({ accuracy: [0.85, sd] }, { accuracy: [0.83, sd] })
    const judged = onlyRule(accuracy(superior), evidence)
    expect(judged).toMatchObject({ result, evidence: 'independent' })
    expect(judged?.interval?.lower).toBeCloseTo(0.02 - 1.6448536 * Math.SQRT2 * sd, 6)
    expect(judged?.interval?.upper).toBeCloseTo(0.02 + 1.6448536 * Math.SQRT2 * sd, 6)
  })
  test.each([
    [1.3, 'reject'],
    [1.12, 'inconclusive'],
    [0.9, 'approve'],
  ])('the interval is turned where less is better: %d against 1', (value, result) => {
    const evidence = files({ rmse: [value, 0.05] }, { rmse: [1, 0.05] })
    expect(onlyRule(rule('rmse', notWorse(0.1)), evidence)).toMatchObject({ result, evidence: 'independent' })
  })
  test('one standard error is none', () => {
    expect(onlyRule(accuracy(superior), files({ accuracy: [0.85, 0.1] }, { accuracy: 0.83 }))).toMatchObject({
      result: 'approve',
      evidence: 'point',
    })
  })
})

describe('min-rows', () => {
  test.each([
    ['would approve', alone(199, 0), atLeast(0.5)],
    ['would reject', alone(0, 199), atLeast(0.5)],
  ])('below it nothing is decided: %s', (_, cells, condition) => {
    const evidence: Evidence = { championState: NO_CHAMPION, scored: scoredOf(cells) }
    expect(onlyRule(accuracy(condition), evidence)).toMatchObject({
      result: 'inconclusive',
      rowsNeeded: 200,
      rows: 199,
    })
    expect(verdict(gateOf([accuracy(condition)]), evidence)).toBe('inconclusive')
  })
  test('at it everything is', () => {
    const evidence: Evidence = { championState: NO_CHAMPION, scored: scoredOf(alone(200, 0)) }
    expect(verdict(gateOf([accuracy(atLeast(0.5))]), evidence)).toBe('approve')
  })
  test.each([
    [{ minRowsGiven: true }, undefined, 'inconclusive'],
    [{ minRowsGiven: false }, undefined, 'approve'],
    [{ minRowsGiven: true }, 250, 'approve'],
    [{ minRowsGiven: false }, 150, 'inconclusive'],
  ])('files: %j with %d rows', (statistics, rows, result) => {
    expect(onlyRule(accuracy(atLeast(0.5)), files({ accuracy: 0.8 }, {}, rows), { statistics })).toMatchObject({
      result,
    })
  })
  test.each([
    { championState: NO_CHAMPION, scored: { ...scoredOf(alone(1, 1)), whole: { rows: 0 } } },
    { championState: NO_CHAMPION, candidate: fileOf({ accuracy: 1 }, { rows: 0 }) },
  ])('no row at all is an error: %#', (evidence) => {
    expect(codesOf(gateOf([accuracy(atLeast(0.5))], { statistics: { minRows: 0 } }), evidence)).toEqual(['E-EMPTY'])
  })
})

describe('without a champion', () => {
  const rules = [accuracy(atLeast(0.5)), accuracy(notWorse(0.01))]
  test.each([
    ['absolute-only', 'skipped', 'approve'],
    ['pending', 'inconclusive', 'inconclusive'],
    ['fail', 'reject', 'reject'],
  ] as const)('%s', (noChampion, result, expected) => {
    const judgement = judgementOf(gateOf(rules, { decision: { noChampion } }), EIGHTY)
    expect(judgement.rules[1]).toMatchObject({ result, evidence: 'none' })
    expect(judgement.verdict).toBe(expected)
    expect(judgement.notes).toContain('There is no champion yet.')
  })
  test.each(['absolute-only', 'pending', 'fail'] as const)(
    'one that would not load leaves it open, %s or not',
    (noChampion) => {
      const evidence: Evidence = { ...EIGHTY, championState: { kind: 'failed', reason: 'no module named xgboost' } }
      const judgement = judgementOf(gateOf(rules, { decision: { noChampion } }), evidence)
      expect(judgement.rules[1]).toMatchObject({ result: 'inconclusive' })
      expect(judgement.sentence).toContain('no module named xgboost')
      expect(judgement.verdict).toBe('inconclusive')
    },
  )
  test.each([
    ['absolute-only', 'skipped'],
    ['fail', 'reject'],
  ] as const)('a missing baseline is treated alike: %s', (noChampion, result) => {
    const evidence: Evidence = { ...EIGHTY, championState: { kind: 'present' } }
    expect(onlyRule(accuracy(againstBaseline(superior)), evidence, { decision: { noChampion } })).toMatchObject({
      result,
    })
  })
  test('a champion that predicted other rows is compared by its file', () => {
    const evidence: Evidence = { ...EIGHTY, championState: { kind: 'present' }, champion: fileOf({ accuracy: 0.7 }) }
    const judgement = judgementOf(gateOf([accuracy(superior)]), evidence)
    expect(judgement.rules[0]).toMatchObject({ result: 'approve', evidence: 'point', opponent: 0.7 })
    expect(judgement.paired).toBe(false)
    expect(judgement.notes.join(' ')).toContain('did not predict these rows')
  })
})

describe('the same model on both sides', () => {
  const evidence: Evidence = {
    ...paired(hits(900, 50, 0, 50)),
    candidateDigest: 'sha256:ab12',
    championDigest: 'sha256:ab12',
  }
  test('is rejected by its digest, and every rule is judged all the same', () => {
    const judgement = judgementOf(gateOf([accuracy(superior)]), evidence)
    expect(judgement.verdict).toBe('reject')
    expect(judgement.rules.map(({ code, result }) => [code, result])).toEqual([
      ['E-SAME', 'reject'],
      [undefined, 'approve'],
    ])
    expect(judgement.sentence).toContain('sha256:ab12')
  })
  test.each([
    ['it is allowed', { decision: { sameModel: 'allow' } }, evidence],
    ['the digests differ', {}, { ...evidence, championDigest: 'sha256:cd34' }],
    ['no digest is known', {}, paired(hits(900, 50, 0, 50))],
  ] as const)('is not, when %s', (_, settings, other) => {
    expect(verdict(gateOf([accuracy(superior)], settings), other)).toBe('approve')
  })
})

describe('slices', () => {
  const store: Slice = { kind: 'each', column: 'store' }
  const rich: Slice = { kind: 'filter', text: 'spend > 100', conditions: [{ column: 'spend', op: '>', literal: 100 }] }
  const scored = scoredOf(alone(800, 200), [
    { slice: store, name: 'store = 1', cells: alone(500, 50) },
    { slice: store, name: 'store = 2', cells: alone(250, 100) },
    { slice: store, name: 'store = 3', cells: alone(50, 50) },
    { slice: rich, name: 'spend > 100', cells: alone(190, 10) },
  ])
  const evidence: Evidence = { championState: NO_CHAMPION, scored }
  const results = (one: Rule, settings?: Parameters<typeof gateOf>[1]) =>
    judgementOf(gateOf([one], settings), evidence).rules.map(({ slice, result, rows }) => [slice, result, rows])

  test('each is judged, the whole is not; small ones are only listed', () => {
    expect(results(accuracy(atLeast(0.8), { slices: [store] }))).toEqual([
      ['store = 1', 'approve', 550],
      ['store = 2', 'reject', 350],
      ['store = 3', 'skipped', 100],
    ])
  })
  test('a required one that is small leaves the verdict open', () => {
    expect(results(accuracy(atLeast(0.1), { slices: [store], required: true }))).toEqual([
      ['store = 1', 'approve', 550],
      ['store = 2', 'approve', 350],
      ['store = 3', 'inconclusive', 100],
    ])
  })
  test('min-rows-slice is what small means', () => {
    const settings = { statistics: { minRowsSlice: 100 } }
    expect(results(accuracy(atLeast(0.8), { slices: [store] }), settings)[2]).toEqual(['store = 3', 'reject', 100])
  })
  test('a filter is one slice, and min-rows-slice rows are enough', () => {
    expect(results(accuracy(atLeast(0.8), { slices: [rich] }))).toEqual([['spend > 100', 'approve', 200]])
  })
  test('too few rows in all leave every slice open', () => {
    const settings = { statistics: { minRows: 2000 } }
    expect(results(accuracy(atLeast(0.8), { slices: [store] }), settings).map(([, result]) => result)).toEqual([
      'inconclusive',
      'inconclusive',
      'inconclusive',
    ])
  })
  test('that the predictions do not have are an error', () => {
    const other: Slice = { kind: 'each', column: 'region' }
    expect(codesOf(gateOf([accuracy(atLeast(0.8), { slices: [other] })]), evidence)).toEqual(['E-COLUMN'])
    expect(hintsOf([accuracy(atLeast(0.8), { slices: [other] })], evidence)).toEqual(['correct the column'])
  })
  test('without predictions are an error', () => {
    const one = accuracy(atLeast(0.8), { slices: [store] })
    expect(codesOf(gateOf([one]), files({ accuracy: 0.9 }, {}))).toEqual(['E-COLUMN'])
    expect(hintsOf([one], files({ accuracy: 0.9 }, {}))).toEqual(['give predictions'])
  })
  test('are not judged by figures of the whole', () => {
    const candidate = fileOf({ latency: 1 })
    const one = rule('latency', atMost(2), { slices: [rich] })
    expect(judgementOf(gateOf([one]), { ...evidence, candidate }).rules[0]).toMatchObject({
      result: 'reject',
      evidence: 'none',
    })
  })
})

describe('predictions and a file of metrics', () => {
  test.each([
    [100, 'inconclusive', 100],
    [5000, 'approve', 5000],
    [undefined, 'approve', 1000],
  ])('the rows of a figure from a file are those of the file: %d', (rows, result, judged) => {
    const candidate = fileOf({ latency: 1 }, rows === undefined ? {} : { rows })
    expect(onlyRule(rule('latency', atMost(2)), { ...EIGHTY, candidate })).toMatchObject({ result, rows: judged })
    expect(onlyRule(accuracy(atLeast(0.5)), { ...EIGHTY, candidate })).toMatchObject({ result: 'approve', rows: 1000 })
  })
  test('where both know a figure, the predictions are judged and the difference is noted', () => {
    const evidence: Evidence = {
      ...EIGHTY,
      candidate: fileOf({ accuracy: 0.9, latency: 12 }, { source: 'report.json' }),
    }
    const judgement = judgementOf(gateOf([accuracy(atLeast(0.85)), rule('latency', atMost(20))]), evidence)
    expect(judgement.rules.map(({ candidate, result, evidence: basis }) => [candidate, result, basis])).toEqual([
      [0.8, 'reject', 'rows'],
      [12, 'approve', 'point'],
    ])
    expect(judgement.notes.join(' ')).toContain('report.json: accuracy 0.8000 instead of 0.9000')
  })
  test.each([
    [0.8000009, 0],
    [0.8000011, 1],
  ])('a file that says %d differs: %d', (value, count) => {
    const notes = judgementOf(gateOf([accuracy(atLeast(0.5))]), {
      ...EIGHTY,
      candidate: fileOf({ accuracy: value }),
    }).notes
    expect(notes.filter((note) => note.includes('instead of'))).toHaveLength(count)
  })
})

describe('the positive class', () => {
  const unnamed: Evidence = {
    championState: NO_CHAMPION,
    scored: scoredOf([
      ['a', 'a', undefined, 300],
      ['b', 'b', undefined, 300],
    ]),
  }
  test('must be known for metrics of one class', () => {
    expect(codesOf(gateOf([rule('f1', atLeast(0.5)), accuracy(atLeast(0.5))]), unnamed)).toEqual(['E-POSITIVE'])
    expect(codesOf(gateOf([rule('auc', atLeast(0.5))]), unnamed)).toEqual(['E-POSITIVE'])
    expect(hintsOf([rule('f1', atLeast(0.5))], unnamed)).toEqual(['write `data: { positive: … }` in the gate file'])
  })
  test('need not be for others', () => {
    expect(
      codesOf(gateOf([rule('f1_macro', atLeast(0.5)), rule('f1', atLeast(0.5), { class: 'a' })]), unnamed),
    ).toEqual([])
  })
  test('of more than two classes does not exist', () => {
    const three: Evidence = {
      championState: NO_CHAMPION,
      scored: scoredOf([
        ['a', 'a', undefined, 300],
        ['b', 'b', undefined, 300],
        ['c', 'a', undefined, 300],
      ]),
    }
    expect(codesOf(gateOf([rule('precision', atLeast(0.5))]), three)).toEqual(['E-POSITIVE'])
    expect(codesOf(gateOf([rule('auc', atLeast(0.5))]), three)).toEqual([])
    expect(hintsOf([rule('precision', atLeast(0.5))], three)).toEqual([
      'name the class, such as `precision of a >= …`, or take precision_macro',
    ])
  })
  test('is what bare names are about', () => {
    expect(onlyRule(rule('recall', atLeast(0.5)), EIGHTY)).toMatchObject({ result: 'approve', candidate: 1 })
  })
})

test('all faults come at once', () => {
  const rules = [rule('f1_marco', atLeast(1)), accuracy(atLeast(0.8), { slices: [{ kind: 'each', column: 'x' }] })]
  const impact: Gate['impact'] = {
    volumePerDay: 1,
    currency: 'EUR',
    value: { kind: 'matrix', classes: ['yes'], values: [[1]], costOfManualWork: 0 },
  }
  expect(codesOf(gateOf(rules, { impact }), EIGHTY)).toEqual(['E-METRIC', 'E-COLUMN', 'E-LABELS'])
})

describe('a matrix of values', () => {
  const impactOf = (...classes: readonly string[]): Gate['impact'] => ({
    volumePerDay: 1,
    currency: 'EUR',
    value: { kind: 'matrix', classes, values: classes.map(() => classes.map(() => 1)), costOfManualWork: 0 },
  })
  test.each([
    [['yes', 'no'], []],
    [['yes'], ['add no']],
    [['yes', 'no', 'maybe'], ['remove maybe']],
    [['yes', 'maybe'], ['add no and remove maybe']],
  ])('of %j', (classes, hints) => {
    expect(hintsOf([accuracy(atLeast(0.5))], EIGHTY, { impact: impactOf(...classes) })).toEqual(hints)
  })
})
