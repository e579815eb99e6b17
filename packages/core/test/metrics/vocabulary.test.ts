import { expect, test } from '@jest/globals'
import fc from 'fast-check'
import { canonicalMetric, directionOf, kindOf, METRICS, nearest } from '../../src/index.ts'

test.each([
  ['F1 Macro', 'f1_macro'],
  ['macro-f1', 'f1_macro'],
  ['Weighted_F1', 'f1_weighted'],
  ['ROC-AUC', 'auc'],
  ['pr auc', 'average_precision'],
  [' R2 ', 'r2'],
  ['Validation:Loss-Rate', 'validation:loss_rate'],
  ['micro_f1', 'micro_f1'],
])('%s is spelled %s', (written, spelled) => {
  expect(canonicalMetric(written)).toBe(spelled)
})

test('a spelling is its own', () => {
  fc.assert(fc.property(fc.string(), (name) => canonicalMetric(canonicalMetric(name)) === canonicalMetric(name)))
  for (const name of METRICS) expect(canonicalMetric(name)).toBe(name)
})

test.each([
  ['accuracy', 'labels', 'higher'],
  ['recall_weighted', 'labels', 'higher'],
  ['Log-Loss', 'probability', 'lower'],
  ['RMSE', 'numeric', 'lower'],
  ['r2', 'numeric', 'higher'],
  ['roc_auc', 'rank', 'higher'],
  ['latency', undefined, 'lower'],
  ['loss', undefined, 'lower'],
  ['profit_and_loss', undefined, undefined],
  ['constructor', undefined, undefined],
])('%s is a metric of %s, and %s is better', (name, kind, better) => {
  expect([kindOf(name), directionOf(name)]).toEqual([kind, better])
})

test.each([
  ['f1_marco', 'f1_macro'],
  ['acuracy', 'accuracy'],
  ['recal', 'recall'],
  ['rsme', 'rmse'],
  ['Kapa', 'kappa'],
  ['profit', undefined],
  ['', undefined],
])('who writes %s means %s', (written, meant) => {
  expect(nearest(written, METRICS)).toBe(meant)
})
