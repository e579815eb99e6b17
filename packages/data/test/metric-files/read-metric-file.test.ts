import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from '@jest/globals'
import type { MetricFileHint } from '@mlops/core'
import { readMetricFile } from '../../src/index.ts'

const folder = join(import.meta.dirname, '../fixtures/metrics')
const readFixture = (name: string, hint?: MetricFileHint) =>
  readMetricFile(readFileSync(join(folder, name), 'utf8'), `s3://bucket/${name}`, hint)
const readJson = (document: unknown, hint?: MetricFileHint) =>
  readMetricFile(JSON.stringify(document), 's3://bucket/metrics.json', hint)
const values = (metrics: Readonly<Record<string, { readonly value: number }>>) =>
  Object.fromEntries(Object.entries(metrics).map(([name, { value }]) => [name, value]))
const errorOf = (run: () => unknown) => {
  try {
    run()
    return 'no error'
  } catch (error) {
    return String(error)
  }
}

test('Model Monitor, binary: values with their deviations, curves left out, truth outside in the matrix', () => {
  const file = readFixture('statistics-binary.json')
  expect(file).toMatchObject({ format: 'model-monitor', task: 'binary', rows: 300, perClass: {} })
  expect(file.metrics).toEqual({
    recall: { value: 0.8175675675675675, sd: 0.0147 },
    precision: { value: 0.8287671232876712, sd: 0.0123 },
    accuracy: { value: 0.8266666666666667, sd: 0.0081 },
    true_positive_rate: { value: 0.8175675675675675 },
    auc: { value: 0.9405672119487909, sd: 0.0098 },
    f0_5: { value: 0.8265027322404371 },
    f1: { value: 0.8231292517006803 },
  })
  expect(file.confusion).toEqual({
    labels: ['0', '1'],
    counts: [
      [127, 25],
      [27, 121],
    ],
  })
  const [, [missed = 0, found = 0] = []] = file.confusion?.counts ?? []
  expect(found / (found + missed)).toBeCloseTo(file.metrics['recall']?.value ?? 0, 12)
})

test('Model Monitor below model_quality, multiclass: weighted figures under the names of the vocabulary', () => {
  const file = readFixture('statistics-multiclass.json')
  expect(file).toMatchObject({ task: 'multiclass', rows: 150 })
  expect(values(file.metrics)).toEqual({
    accuracy: 0.8933333333333333,
    recall_weighted: 0.8933333333333333,
    precision_weighted: 0.9190476190476191,
    f1_weighted: 0.8969564181948082,
    accuracy_best_constant_classifier: 0.6,
  })
})

test('Model Monitor, regression', () => {
  const file = readFixture('statistics-regression.json')
  expect(file).toMatchObject({ task: 'regression', rows: 250 })
  expect(file.metrics).toMatchObject({
    rmse: { value: 2.8200958640926133, sd: 0.07 },
    r2: { value: 0.9791488819236255 },
  })
})

test('a value that is the text NaN is one; any other text is a fault, all of them named', () => {
  const metrics = (value: unknown) => ({ regression_metrics: { mse: { value }, mae: { value }, r2: { value: '0.5' } } })
  expect(values(readJson(metrics('NaN')).metrics)).toEqual({ mse: Number.NaN, mae: Number.NaN, r2: 0.5 })
  const message = errorOf(() => readJson(metrics('1.5 units')))
  expect(message).toContain('E-VALUE: s3://bucket/metrics.json holds 2 figures that are no numbers')
  expect(message).toContain('regression_metrics.mse.value is "1.5 units"; regression_metrics.mae.value is "1.5 units"')
})

test('constraints are no metrics, and the message says so', () => {
  expect(errorOf(() => readFixture('constraints.json'))).toMatch(/E-FORMAT.*constraints.*read are .*model-monitor/)
})

test("scikit-learn's report: averages by their names, and each class", () => {
  const file = readFixture('report.json')
  expect(file).toMatchObject({ format: 'sklearn', rows: 200 })
  expect(values(file.metrics)).toMatchObject({
    accuracy: 0.865,
    f1_macro: 0.8519166845231227,
    recall_weighted: 0.865,
    precision_macro: 0.8396776018887858,
  })
  expect(Object.keys(file.perClass)).toEqual(['High', 'Low', 'Medium'])
  expect(values(file.perClass['Low'] ?? {})).toEqual({
    precision: 0.7906976744186046,
    recall: 0.8947368421052632,
    f1: 0.8395061728395061,
    support: 38,
  })
})

test('a report of a part of the labels has no accuracy: the micro average is not taken for it', () => {
  const { metrics } = readFixture('report-part.json')
  expect(metrics['accuracy']).toBeUndefined()
  expect(metrics['f1_micro']?.value).toBe(0.8279569892473119)
})

test("Python's bare NaN is read", () => {
  expect(readFixture('report-nan.json').perClass['a']?.['precision']?.value).toBeNaN()
  const text = '{"accuracy": NaN, "loss": -Infinity, "note": "NaN and \\" Infinity", "f1": 0.5}'
  expect(values(readMetricFile(text, 'x').metrics)).toEqual({ accuracy: Number.NaN, loss: -Infinity, f1: 0.5 })
})

test("MLflow's file store: the largest step is the last value, and the path is the name", () => {
  expect(readFixture('mlflow/metrics/val/loss').metrics).toEqual({ 'val/loss': { value: 0.61 } })
  expect(readFixture('mlflow/metrics/macro_f1').metrics).toEqual({ f1_macro: { value: 0.8125 } })
  expect(readFixture('mlflow/metrics/nothing').metrics['nothing']?.value).toBeNaN()
  const lines = '10 0.5 3\n12 0.7 1\n11 0.6 3\n'
  expect(readMetricFile(lines, 'loss', {}).metrics).toEqual({ loss: { value: 0.6 } })
})

test("MLflow's lists and its map say the same", () => {
  const expected = { accuracy: 0.875, f1_macro: 0.8125, nothing: Number.NaN, 'val/loss': 0.61 }
  expect(values(readFixture('mlflow/run.json').metrics)).toEqual(expected)
  expect(readFixture('mlflow/run.json').format).toBe('mlflow')
  expect(values(readFixture('mlflow/metrics.json').metrics)).toEqual(expected)
  expect(values(readFixture('mlflow/metrics.json', { format: 'mlflow' }).metrics)).toEqual(expected)
  expect(values(readFixture('mlflow/history.json').metrics)).toEqual({ 'val/loss': 0.61 })
})

test('FinalMetricDataList, by itself and in the description of a job', () => {
  const list = [
    { MetricName: 'validation:accuracy', Value: 0.9, Timestamp: 1767225600 },
    { MetricName: 'F1-Macro', Value: 0.8 },
  ]
  const expected = { 'validation:accuracy': 0.9, f1_macro: 0.8 }
  for (const document of [list, { TrainingJobName: 'a', FinalMetricDataList: list }]) {
    const file = readJson(document)
    expect([file.format, values(file.metrics)]).toEqual(['sagemaker-final-metrics', expected])
  }
})

/** As the example's training job writes it. */
const EVALUATION = {
  version: 1,
  targets: { accuracy: 0.8 },
  majority: { class: 'Medium', accuracy: 0.74, f1_macro: 0.28 },
  rows: { train: 100, test: 30 },
  models: {
    tree: { accuracy: 0.7, f1_macro: 0.6, mcc: 0.3 },
    xgboost: {
      accuracy: 0.85,
      f1_macro: 0.73,
      per_class: { Low: { precision: 0.7, recall: 0.6, f1: 0.65, support: 6 } },
      confusion_matrix: {
        labels: ['Low', 'High'],
        rows_are: 'truth',
        counts: [
          [4, 2],
          [1, 23],
        ],
      },
      cross_validation: { folds: 3, accuracy: { mean: 0.82, sd: 0.004 } },
      seconds: 9.1,
    },
  },
  best_model: 'xgboost',
}

test('evaluation_results.json: the figures of the best model, and of no other', () => {
  const file = readJson(EVALUATION)
  expect(file).toMatchObject({ format: 'json', rows: 30 })
  expect(values(file.metrics)).toEqual({
    accuracy: 0.85,
    f1_macro: 0.73,
    'cross_validation.folds': 3,
    'cross_validation.accuracy.mean': 0.82,
    'cross_validation.accuracy.sd': 0.004,
    seconds: 9.1,
  })
  expect(values(file.perClass['Low'] ?? {})).toEqual({ precision: 0.7, recall: 0.6, f1: 0.65, support: 6 })
  expect(file.confusion).toEqual({
    labels: ['Low', 'High'],
    counts: [
      [4, 2],
      [1, 23],
    ],
  })
})

test('the gate file may name another model; one that is not there is a fault with the nearest name', () => {
  expect(values(readJson(EVALUATION, { model: 'tree' }).metrics)).toEqual({ accuracy: 0.7, f1_macro: 0.6, mcc: 0.3 })
  expect(errorOf(() => readJson(EVALUATION, { model: 'xgbost' }))).toMatch(
    /E-GATE.*no model "xgbost".*did you mean xgboost/,
  )
  expect(readJson({ tree: { accuracy: 0.7 }, other: { accuracy: 0.6 } }, { model: 'tree' }).metrics).toEqual({
    accuracy: { value: 0.7 },
  })
})

test('several models without a best one keep their paths, so that a bare name fits two', () => {
  const { best_model: _, ...without } = EVALUATION
  const { metrics } = readJson(without)
  expect(metrics['models.tree.accuracy']?.value).toBe(0.7)
  expect(metrics['models.xgboost.accuracy']?.value).toBe(0.85)
  expect(metrics['accuracy']).toBeUndefined()
})

test('any other JSON: numbers by their path, also with a deviation; texts under a metric are faults, others remarks', () => {
  const file = readJson({
    task: 'regression',
    rmse: { value: 2.5, sd: 0.1 },
    'ROC-AUC': '0.9',
    test: { mae: 1.5 },
    name: 'a model',
    history: [1, 2],
    done: true,
    rows: 12,
  })
  expect(file.metrics).toEqual({
    rmse: { value: 2.5, sd: 0.1 },
    auc: { value: 0.9 },
    'test.mae': { value: 1.5 },
    rows: { value: 12 },
  })
  expect(file).toMatchObject({ task: 'regression', rows: 12 })
  const message = errorOf(() => readJson({ accuracy: 'high', test: { f1: null }, name: 'x', n: 1 }))
  expect(message).toContain('accuracy is "high"; test.f1 is null')
})

test('a format that the gate file names overrides the shape, or does not fit, or is not known', () => {
  const report = { accuracy: 0.9, 'macro avg': { precision: 0.8 }, 'weighted avg': { precision: 0.7 } }
  expect(readJson(report).metrics['precision_macro']?.value).toBe(0.8)
  expect(readJson(report, { format: 'json' }).metrics['macro avg.precision']?.value).toBe(0.8)
  expect(errorOf(() => readJson(report, { format: 'model-monitor' }))).toMatch(
    /E-FORMAT.*not the shape of model-monitor/,
  )
  expect(errorOf(() => readJson(report, { format: 'excel' }))).toMatch(/E-FORMAT.*sklearn/)
})

test('what holds no figure is E-FORMAT and lists what is read', () => {
  for (const text of ['', 'accuracy: 0.9', '{}', '[]', '"x"', '{"name": "x"}', '[{"a": 1}]', '{"a": '])
    expect(errorOf(() => readMetricFile(text, 'x.json'))).toMatch(
      /E-FORMAT: x.json is no file of metrics.*FinalMetricDataList/,
    )
})

test('a document that is nested without end is read to its sixteenth level', () => {
  let text = '{"accuracy": 0.5}'
  for (let level = 0; level < 5000; level += 1) text = `{"deeper": ${text}, "n": ${level}}`
  expect(Object.keys(readMetricFile(text, 'x').metrics)).toHaveLength(17)
})
