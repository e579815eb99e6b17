/**
 * A metric of one model as a function of the buckets that its rows are in: of all of them, or of all but one. NaN where
 * nothing is left to compute it from.
 */
export type BucketMetric = (leftOut?: number) => number

export const sum = (values: Float64Array): number => {
  let total = 0
  for (const value of values) total += value
  return total
}

/**
 * Prepares what is left of the buckets without one of them, as what is before it put together with what is behind it: in one
 * step, and without the digits that taking it away from the whole would cost.
 */
export const allButOne = <T>(
  buckets: readonly T[],
  none: T,
  together: (one: T, other: T) => T,
): ((leftOut?: number) => T) => {
  const before = [none]
  for (const bucket of buckets) before.push(together(before.at(-1) ?? none, bucket))
  const behind = [none]
  for (const bucket of buckets.toReversed()) behind.push(together(bucket, behind.at(-1) ?? none))
  const all = before.at(-1) ?? none
  return (leftOut) =>
    leftOut === undefined ? all : together(before[leftOut] ?? none, behind[buckets.length - 1 - leftOut] ?? none)
}

/** Sums of values by bucket, over all buckets or all but one. */
export const sums = (values: Float64Array): BucketMetric => allButOne([...values], 0, (one, other) => one + other)
