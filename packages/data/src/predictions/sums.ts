import type { ErrorSums, LossSums, NumericSums, ProbabilitySums } from '@mlops/core'
import { RUN } from './column.ts'
import type { hashColumn } from './column.ts'
import type { Run } from './table.ts'

interface NumberValues {
  readonly values: Float64Array
}

/** Jackknife bucket of each row of the run. */
export interface Buckets {
  readonly of: Uint32Array
  readonly count: number
  readonly update: (run: Run) => void
}

/** By cluster, so that rows of one share a bucket; else by turns. */
export const createBuckets = (count: number, clusters?: ReturnType<typeof hashColumn>): Buckets => {
  const of = new Uint32Array(RUN)
  return {
    of,
    count,
    update: ({ rows, first }) => {
      for (let row = 0; row < rows; row += 1)
        of[row] = (clusters === undefined ? first + row : (clusters.high[row] ?? 0)) % count
    },
  }
}

/** Machine epsilon: what scikit-learn puts in place of a truth of 0, and keeps probabilities away from 0 and 1 with. */
const EPSILON = Number.EPSILON

const plus = (sums: Float64Array, at: number, value: number) => {
  sums[at] = (sums[at] ?? 0) + value
}

const createErrors = (buckets: Buckets, truth: NumberValues, prediction: NumberValues) => {
  const column = () => new Float64Array(buckets.count)
  const sums: ErrorSums = { squared: column(), absolute: column(), percentage: column() }
  const add = (row: number) => {
    const actual = truth.values[row] ?? 0
    const error = Math.abs((prediction.values[row] ?? 0) - actual)
    const bucket = buckets.of[row] ?? 0
    plus(sums.squared, bucket, error * error)
    plus(sums.absolute, bucket, error)
    plus(sums.percentage, bucket, error / Math.max(Math.abs(actual), EPSILON))
  }
  return { sums, add }
}

export interface NumericColumns {
  readonly truth: NumberValues
  readonly candidate: NumberValues
  readonly champion?: NumberValues
}

export const createNumericSums = (columns: NumericColumns, buckets: Buckets) => {
  const { truth, candidate, champion } = columns
  const column = () => new Float64Array(buckets.count)
  const [rows, truthMean, truthDeviation] = [column(), column(), column()]
  const errors = createErrors(buckets, truth, candidate)
  const others = champion === undefined ? undefined : createErrors(buckets, truth, champion)

  /** Welford's update: no large sum of squares that a small difference is taken of. */
  const addTruth = (row: number) => {
    const bucket = buckets.of[row] ?? 0
    const actual = truth.values[row] ?? 0
    plus(rows, bucket, 1)
    const before = truthMean[bucket] ?? 0
    const after = before + (actual - before) / (rows[bucket] ?? 1)
    truthMean[bucket] = after
    plus(truthDeviation, bucket, (actual - before) * (actual - after))
  }
  return {
    add: (selected: Uint32Array, count: number) => {
      for (let index = 0; index < count; index += 1) {
        const row = selected[index] ?? 0
        addTruth(row)
        errors.add(row)
        others?.add(row)
      }
    },
    finish: (): NumericSums => ({
      rows,
      truthMean,
      truthDeviation,
      candidate: errors.sums,
      ...(others === undefined ? {} : { champion: others.sums }),
    }),
  }
}

/** A model's probabilities: of the positive class only, or of each class. */
export type Probabilities =
  | { readonly kind: 'positive'; readonly column: NumberValues; readonly isPositive: (code: number) => boolean }
  /** `classOf`: which of the columns a label's code belongs to. */
  | { readonly kind: 'classes'; readonly columns: readonly NumberValues[]; readonly classOf: (code: number) => number }

const clipped = (probability: number) => Math.min(Math.max(probability, EPSILON), 1 - EPSILON)

/** What a row's loss is made of: the probability of its true class, and the squared errors of all classes. */
const ofPositive = (row: number, column: NumberValues, isPositive: boolean) => {
  const probability = column.values[row] ?? 0
  const ofTruth = isPositive ? probability : 1 - probability
  return { ofTruth, squares: (1 - ofTruth) ** 2 }
}

const ofClasses = (row: number, columns: readonly NumberValues[], truthAt: number) => {
  let squares = 0
  for (const [at, { values }] of columns.entries()) squares += ((values[row] ?? 0) - (at === truthAt ? 1 : 0)) ** 2
  const ofTruth = columns[truthAt]?.values[row] ?? 0
  return { ofTruth, squares: columns.length === 2 ? squares / 2 : squares }
}

const createLosses = (buckets: Buckets, truth: { readonly values: Uint32Array }, model: Probabilities) => {
  const sums: LossSums = { logLoss: new Float64Array(buckets.count), brier: new Float64Array(buckets.count) }

  const add = (row: number) => {
    const code = truth.values[row] ?? 0
    const { ofTruth, squares } =
      model.kind === 'positive'
        ? ofPositive(row, model.column, model.isPositive(code))
        : ofClasses(row, model.columns, model.classOf(code))
    plus(sums.logLoss, buckets.of[row] ?? 0, -Math.log(clipped(ofTruth)))
    plus(sums.brier, buckets.of[row] ?? 0, squares)
  }
  return { sums, add }
}

export const createProbabilitySums = (
  truth: { readonly values: Uint32Array },
  models: { readonly candidate: Probabilities; readonly champion?: Probabilities },
  buckets: Buckets,
) => {
  const rows = new Float64Array(buckets.count)
  const losses = createLosses(buckets, truth, models.candidate)
  const others = models.champion === undefined ? undefined : createLosses(buckets, truth, models.champion)
  return {
    add: (selected: Uint32Array, count: number) => {
      for (let index = 0; index < count; index += 1) {
        const row = selected[index] ?? 0
        plus(rows, buckets.of[row] ?? 0, 1)
        losses.add(row)
        others?.add(row)
      }
    },
    finish: (): ProbabilitySums => ({
      rows,
      candidate: losses.sums,
      ...(others === undefined ? {} : { champion: others.sums }),
    }),
  }
}
