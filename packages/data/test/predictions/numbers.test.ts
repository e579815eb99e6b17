import { join } from 'node:path'
import { afterAll, expect, test } from '@jest/globals'
import type { ErrorSums, NumericSums } from '@mlops/core'
import fc from 'fast-check'
import { csvOf, errorOf, jsonLinesOf, openFolder, read } from './tables.ts'

const folder = openFolder()
afterAll(folder.close)

const HEADER = ['y_true', 'y_candidate', 'y_champion']
const sum = (values: Float64Array) => values.reduce((total, value) => total + value, 0)

/** What the whole is made of, by Chan's rule for merging means and deviations. */
const metricsOf = ({ rows, truthMean, truthDeviation }: NumericSums, errors: ErrorSums) => {
  let [count, mean, deviation] = [0, 0, 0]
  for (const [bucket, size] of rows.entries()) {
    if (size === 0) continue
    const delta = (truthMean[bucket] ?? 0) - mean
    deviation += (truthDeviation[bucket] ?? 0) + (delta * delta * count * size) / (count + size)
    mean += (delta * size) / (count + size)
    count += size
  }
  return {
    mse: sum(errors.squared) / count,
    mae: sum(errors.absolute) / count,
    mape: sum(errors.percentage) / count,
    r2: 1 - sum(errors.squared) / deviation,
  }
}

test("the sums give scikit-learn's metrics to 1e-12", async () => {
  const path = join(import.meta.dirname, '../fixtures/predictions/amounts.csv')
  const { whole } = await read({ path, source: 'amounts' })
  expect(whole.numeric?.rows.length).toBe(7)
  // mean_squared_error, mean_absolute_error, mean_absolute_percentage_error and r2_score of scikit-learn 1.9.1.
  const expected = {
    candidate: { mse: 9.408945639363504, mae: 2.4214448839142393, mape: 0.07312333986079306, r2: 0.9778289360968637 },
    champion: { mse: 14.589635908904663, mae: 3.0424582933795046, mape: 0.09045792442188524, r2: 0.9656212542342099 },
  }
  for (const model of ['candidate', 'champion'] as const) {
    const errors = whole.numeric?.[model]
    if (whole.numeric === undefined || errors === undefined) throw new Error('no sums')
    const metrics = metricsOf(whole.numeric, errors)
    for (const [name, value] of Object.entries(expected[model]))
      expect(Math.abs(metrics[name as keyof typeof metrics] / value - 1)).toBeLessThan(1e-12)
  }
})

test('r2 stands although the truth is far from 0', async () => {
  const truth = Array.from({ length: 5000 }, (_, row) => 1e9 + Math.sin(row))
  const rows = truth.map((value, row) => [String(value), String(value + Math.cos(row) / 10)])
  const { whole } = await read(folder.put(csvOf(['y_true', 'y_pred'], rows)), {}, {}, { task: 'regression' })
  if (whole.numeric === undefined) throw new Error('no sums')
  const read1 = rows.map(([one, other]) => [Number(one) - 1e9, Number(other) - 1e9] as const)
  const mean = read1.reduce((total, [one]) => total + one, 0) / rows.length
  const [left, whole1] = read1.reduce(
    ([errors, deviation], [one, other]) => [errors + (one - other) ** 2, deviation + (one - mean) ** 2],
    [0, 0],
  )
  expect(metricsOf(whole.numeric, whole.numeric.candidate).r2).toBeCloseTo(1 - left / whole1, 10)
})

test('rows go to buckets by turns, and rows of a cluster to one', async () => {
  const rows = Array.from({ length: 70 }, (_, row) => [String(row), String(row + 0.5), `c${row % 10}`])
  const file = folder.put(csvOf(['y_true', 'y_pred', 'cluster'], rows))
  const turns = await read(file)
  expect([...(turns.whole.numeric?.rows ?? [])]).toEqual([10, 10, 10, 10, 10, 10, 10])
  const clustered = await read(file, { cluster: 'cluster' })
  for (const count of clustered.whole.numeric?.rows ?? []) expect(count % 7).toBe(0)
})

test('any number is read as JavaScript reads it, from CSV and JSON lines', async () => {
  const numeric = fc.oneof(
    fc.double({ noNaN: true, noDefaultInfinity: true }).map(String),
    fc.integer().map(String),
    fc.tuple(fc.integer(), fc.stringMatching(/^\d{1,20}$/)).map(([whole, digits]) => `${whole}.${digits}`),
    fc.constantFrom('-0', '0.1', '1e5', '1E-7', '.5', '5.', '+1', '9007199254740993', '0.30000000000000004', '1e400'),
  )
  await fc.assert(
    fc.asyncProperty(fc.array(fc.tuple(numeric, numeric), { minLength: 1, maxLength: 20 }), async (cells) => {
      const rows = cells.filter(([truth]) => Number.isFinite(Number(truth)))
      if (rows.length === 0) return
      const options = { task: 'regression' as const }
      const read1 = (content: string) => read(folder.put(content), {}, { buckets: rows.length }, options)
      const csv = await read1(csvOf(['y_true', 'y_pred'], rows))
      expect(csv.whole.numeric?.truthMean).toEqual(Float64Array.from(rows, ([truth]) => Number(truth) + 0))
      const errors = Float64Array.from(rows, ([truth, prediction]) => Math.abs(Number(prediction) - Number(truth)))
      expect(csv.whole.numeric?.candidate.absolute).toEqual(errors)
      expect(await read1(jsonLinesOf(['y_true', 'y_pred'], rows))).toEqual(csv)
    }),
    { numRuns: 80 },
  )
}, 60_000)

test('a prediction that is NaN stays NaN; a truth that is none, and what is no number, is named', async () => {
  const rows = [
    ['1.5', 'NaN', '1'],
    ['2', '-inf', '1'],
  ]
  const scored = await read(folder.put(csvOf(HEADER, rows)), {}, {}, { task: 'regression' })
  expect(sum(scored.whole.numeric?.candidate.squared ?? new Float64Array())).toBeNaN()
  const csv = 'y_true,y_pred\n1.5,2\nabc,2\n,3\n0x10,3\ninf,3\n1,\n'
  const message = await errorOf(read(folder.put(csv), {}, {}, { task: 'regression' }))
  expect(message).toMatch(/^E-VALUE: .* holds 5 /)
  expect(message).toContain('row 2 (line 3): y_true is "abc", not a number')
  expect(message).toContain('row 3 (line 4): y_true is empty')
  expect(message).toContain('row 4 (line 5): y_true is "0x10", not a number')
  expect(message).toContain('row 5 (line 6): y_true is not finite')
  expect(message).toContain('row 6 (line 7): y_pred is empty')
})
