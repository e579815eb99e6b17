import { afterAll, expect, test } from '@jest/globals'
import type { DataColumns, LossSums, ReadPlan } from '@mlops/core'
import { type Cells, csvOf, errorOf, openFolder, read } from './tables.ts'

const folder = openFolder()
afterAll(folder.close)

const PLAN: Partial<ReadPlan> = { probabilities: true, scores: true, buckets: 3 }
const sum = (values: Float64Array | undefined) => (values ?? new Float64Array()).reduce((one, other) => one + other, 0)
const means = (losses: LossSums | undefined, rows: number) => [sum(losses?.logLoss) / rows, sum(losses?.brier) / rows]
const close = (found: readonly number[], expected: readonly number[]) => {
  for (const [at, value] of expected.entries()) expect(Math.abs((found[at] ?? Number.NaN) - value)).toBeLessThan(1e-12)
}

const BINARY = ['y_true', 'y_pred', 'score', 'y_champion', 'champion_score']
const BINARY_ROWS: Cells = [
  ['1', '1', '0.9', '1', '0.6'],
  ['0', '0', '0.2', '1', '0.7'],
  ['1', '0', '0.4', '0', '0.1'],
  ['0', '0', '0', '0', '0.3'],
  ['1', '1', '1', '1', '1e-3'],
]
const SCORES: Partial<DataColumns> = { score: 'score', championScore: 'champion_score' }

test("a positive class's scores are kept, and give scikit-learn's log_loss and brier_score_loss", async () => {
  const { whole, labels } = await read(folder.put(csvOf(BINARY, BINARY_ROWS)), SCORES, PLAN)
  // log_loss and brier_score_loss of scikit-learn 1.9.1.
  close(means(whole.probabilities?.candidate, 5), [0.24895895976923826, 0.08199999999999999])
  close(means(whole.probabilities?.champion, 5), [2.2563627488013682, 0.5096002000000001])
  expect(whole.probabilities?.rows).toEqual(Float64Array.of(2, 2, 1))
  expect(labels).toEqual(['0', '1'])
  expect(whole.scores).toEqual({
    truth: Uint32Array.of(1, 0, 1, 0, 1),
    candidate: [Float64Array.of(0.9, 0.2, 0.4, 0, 1)],
    champion: [Float64Array.of(0.6, 0.7, 0.1, 0.3, 0.001)],
    classes: [1],
    bucket: Uint32Array.of(0, 1, 2, 0, 1),
  })
})

const CLASSES = ['y_true', 'y_pred', 'p_low', 'p_mid', 'p_high']
const CLASS_ROWS: Cells = [
  ['Low', 'Low', '0.7', '0.2', '0.1'],
  ['Mid', 'Low', '0.5', '0.3', '0.2'],
  ['High', 'Mid', '0', '1', '0'],
]
const BY_CLASS: Partial<DataColumns> = { scores: { Low: 'p_low', Mid: 'p_mid', High: 'p_high' } }

test('scores by class are kept in their order, with the losses of three classes', async () => {
  const { whole, labels } = await read(folder.put(csvOf(CLASSES, CLASS_ROWS)), BY_CLASS, PLAN)
  close(means(whole.probabilities?.candidate, 3), [12.534767045793942, 0.9733333333333333])
  expect(labels).toEqual(['High', 'Low', 'Mid'])
  expect(whole.scores).toMatchObject({
    truth: Uint32Array.of(1, 2, 0),
    candidate: [Float64Array.of(0.7, 0.5, 0), Float64Array.of(0.2, 0.3, 1), Float64Array.of(0.1, 0.2, 0)],
    classes: [1, 2, 0],
  })
})

test("two classes with a column each rank by the positive one's, and have half the Brier score", async () => {
  const rows = CLASS_ROWS.slice(0, 2).map(([, , low = '', mid = '']) => ['Low', 'Mid', low, mid])
  const columns = { scores: { Low: 'p_low', Mid: 'p_mid' }, positive: 'Mid' }
  const { whole } = await read(folder.put(csvOf(['y_true', 'y_pred', 'p_low', 'p_mid'], rows)), columns, PLAN)
  expect(whole.scores).toMatchObject({ candidate: [Float64Array.of(0.2, 0.3)], classes: [1] })
  close(means(whole.probabilities?.candidate, 2), [0.5249110622493389, (0.13 / 2 + 0.34 / 2) / 2])
})

test('each slice has its own rows of everything', async () => {
  const rows = BINARY_ROWS.map((row, at) => [...row, at < 2 ? 'x' : 'y'])
  const plan = { ...PLAN, slices: [{ kind: 'each' as const, column: 'part' }] }
  const { slices } = await read(folder.put(csvOf([...BINARY, 'part'], rows)), SCORES, plan)
  expect(slices.map(({ name, rows: count, scores }) => [name, count, scores?.candidate[0]])).toEqual([
    ['part = x', 2, Float64Array.of(0.9, 0.2)],
    ['part = y', 3, Float64Array.of(0.4, 0, 1)],
  ])
  expect(sum(slices[1]?.probabilities?.rows)).toBe(3)
})

test('scores that no rule asks for are not read', async () => {
  const { whole } = await read(folder.put(csvOf(BINARY, BINARY_ROWS)), SCORES)
  expect([whole.scores, whole.probabilities]).toEqual([undefined, undefined])
})

test('a score that is no probability is named, but may rank', async () => {
  const file = folder.put('y_true,y_pred,score\n1,1,2.5\n0,0,-1\n0,0,NaN\n')
  const message = await errorOf(read(file, { score: 'score' }, PLAN))
  expect(message).toMatch(/^E-VALUE: .* holds 3 /)
  expect(message).toContain('row 1 (line 2): score is no probability')
  const ranks = await errorOf(read(file, { score: 'score' }, { scores: true }))
  expect(ranks).toMatch(/^E-VALUE: .* holds 1 .*row 3 \(line 4\): score is not finite/)
})

test('classes without a column, and scores of nobody knows which class, are faults', async () => {
  const message = await errorOf(
    read(folder.put(csvOf(CLASSES, CLASS_ROWS)), { scores: { Low: 'p_low', Mid: 'p_mid' } }, PLAN),
  )
  expect(message).toMatch(/^E-LABELS: no score column is named for "High"/)
  const unknown = folder.put('y_true,y_pred,score\nyes,yes,0.5\nno,no,0.1\n')
  expect(await errorOf(read(unknown, { score: 'score' }, PLAN))).toMatch(/^E-POSITIVE: the positive class is not known/)
})

test('one score column for three classes is said to be of no use', async () => {
  const { whole, notes } = await read(folder.put(csvOf(CLASSES, CLASS_ROWS)), { score: 'p_low' }, PLAN)
  expect(whole.scores).toBeUndefined()
  expect(notes).toEqual(['data.score is the score of one of two classes; here are more, and it was not used.'])
})
