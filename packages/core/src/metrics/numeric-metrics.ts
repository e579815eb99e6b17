import type { NumericSums } from '../gate/evidence.ts'
import { allButOne, type BucketMetric, sums } from './bucket-metric.ts'
import type { Model } from './label-metrics.ts'

/** A number of values with their mean and the sum of squared deviations from it. */
interface Spread {
  readonly rows: number
  readonly mean: number
  readonly deviation: number
}

const NO_ROWS: Spread = { rows: 0, mean: 0, deviation: 0 }

/** Chan, Golub and LeVeque, The American Statistician 37 (1983) 242-247, eq. 2.1. */
const together = (one: Spread, other: Spread): Spread => {
  const rows = one.rows + other.rows
  if (rows === 0) return NO_ROWS
  const apart = other.mean - one.mean
  return {
    rows,
    mean: one.mean + (apart * other.rows) / rows,
    deviation: one.deviation + other.deviation + (apart * apart * one.rows * other.rows) / rows,
  }
}

/** scikit-learn's r2_score: NaN below two rows; for a constant truth 1 when every prediction is right, else 0. */
const r2 = (errors: number, { rows, deviation }: Spread): number => {
  if (rows < 2) return NaN
  if (deviation > 0) return 1 - errors / deviation
  return errors === 0 ? 1 : 0
}

/**
 * A metric of errors: scikit-learn's mean_squared_error, root_mean_squared_error, mean_absolute_error,
 * mean_absolute_percentage_error (a share, not per cent) and r2_score.
 *
 * @param metric canonical name
 * @returns undefined for a name that is not a metric of errors, or when the model's errors are not there
 */
export const numericMetric = (metric: string, numeric: NumericSums, model: Model): BucketMetric | undefined => {
  const errors = numeric[model]
  if (errors === undefined) return undefined
  const rows = sums(numeric.rows)
  const mean = (values: Float64Array): BucketMetric => {
    const of = sums(values)
    return (leftOut) => of(leftOut) / rows(leftOut)
  }
  if (metric === 'mae') return mean(errors.absolute)
  if (metric === 'mape') return mean(errors.percentage)
  const squared = mean(errors.squared)
  if (metric === 'mse') return squared
  if (metric === 'rmse') return (leftOut) => Math.sqrt(squared(leftOut))
  if (metric !== 'r2') return undefined
  const { truthMean, truthDeviation } = numeric
  const buckets = [...numeric.rows].map((count, bucket) => ({
    rows: count,
    mean: truthMean[bucket] ?? 0,
    deviation: truthDeviation[bucket] ?? 0,
  }))
  const [truth, ofErrors] = [allButOne(buckets, NO_ROWS, together), sums(errors.squared)]
  return (leftOut) => r2(ofErrors(leftOut), truth(leftOut))
}
