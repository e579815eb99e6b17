import type { BucketMetric } from '../metrics/bucket-metric.ts'
import { studentQuantile } from './student.ts'
import type { Bounds } from './wilson.ts'

/**
 * Interval of any metric of buckets by the grouped jackknife: se² = (G - 1) / G × Σ (θ without bucket g - their mean)²
 * (Efron and Tibshirani, An Introduction to the Bootstrap (1993), eq. 11.5, on groups of rows as in Shao and Wu, Annals of
 * Statistics 17 (1989) 1176-1197), bounds at t with G - 1 degrees of freedom. Rows of one cluster share a bucket, so
 * that the buckets are independent even when the rows are not.
 *
 * @param buckets those that hold rows
 * @returns undefined for fewer than two buckets, or when the metric is not a number without one of them
 */
export const jackknife = (metric: BucketMetric, buckets: readonly number[], confidence: number): Bounds | undefined => {
  const values = buckets.map((bucket) => metric(bucket))
  const mean = values.reduce((sum, value) => sum + value, 0) / values.length
  const squares = values.reduce((sum, value) => sum + (value - mean) ** 2, 0)
  const error = Math.sqrt(((values.length - 1) / values.length) * squares)
  if (values.length < 2 || !Number.isFinite(error)) return undefined
  const [value, reach] = [metric(), studentQuantile(confidence, values.length - 1) * error]
  return { lower: value - reach, upper: value + reach }
}
