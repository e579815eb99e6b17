import type { BucketMetric } from '../metrics/bucket-metric.ts'
import { type Estimated, squareAndAdd } from './square-and-add.ts'
import { studentQuantile } from './student.ts'
import type { Bounds } from './wilson.ts'

/** A scale that has no ends, for a figure that has one. */
export interface Scale {
  readonly to: (value: number) => number
  readonly from: (value: number) => number
}

const OWN: Scale = { to: (value) => value, from: (value) => value }
/** Of a figure that ends at 0. */
export const LOG: Scale = { to: Math.log, from: Math.exp }
/** Of a share, which ends at both. */
export const LOGIT: Scale = {
  to: (value) => Math.log(value / (1 - value)),
  from: (value) => 1 / (1 + Math.exp(-value)),
}
/** Of a figure that ends at 1. */
export const LOG_OF_REST: Scale = { to: (value) => -Math.log(1 - value), from: (value) => 1 - Math.exp(-value) }

/** A figure, and what is left of it without each of the groups in turn. */
export interface LeftOut {
  readonly value: number
  readonly without: readonly number[]
}

export const leaveOut = (metric: BucketMetric, buckets: readonly number[]): LeftOut => ({
  value: metric(),
  without: buckets.map((bucket) => metric(bucket)),
})

/** Group by group. */
export const difference = (one: LeftOut, other: LeftOut): LeftOut => ({
  value: one.value - other.value,
  without: one.without.map((value, group) => value - (other.without[group] ?? NaN)),
})

const total = (values: readonly number[]): number => values.reduce((sum, value) => sum + value, 0)

/** How far each group draws the figure away from the mean: what the figure loses without it. */
const influences = (without: readonly number[]): readonly number[] => {
  const mean = total(without) / without.length
  return without.map((value) => mean - value)
}

/**
 * Covariance of two figures that the same groups were left out of; of a figure with itself its variance, (G - 1) / G × Σ (θ
 * without group g - their mean)² (Efron and Tibshirani, An Introduction to the Bootstrap (1993), eq. 11.5, on groups of
 * rows as in Shao and Wu, Annals of Statistics 17 (1989) 1176-1197).
 */
const covariance = (one: LeftOut, other: LeftOut): number => {
  const theirs = influences(other.without)
  const products = influences(one.without).map((mine, group) => mine * (theirs[group] ?? 0))
  return ((products.length - 1) / products.length) * total(products)
}

/**
 * Bounds at Student's t with G - 1 degrees of freedom around the figure less its bias (Efron and Tibshirani, eq. 11.4), and
 * on the side that the groups' influences lean to as far as Johnson's t reaches (Journal of the American Statistical
 * Association 73 (1978) 536-544). The other side is not drawn in, since how much they lean is known worst when it matters.
 */
const boundsOf = ({ value, without }: LeftOut, confidence: number): Bounds => {
  const groups = without.length
  const away = influences(without)
  const squares = total(away.map((one) => one * one))
  const lean = squares === 0 ? 0 : total(away.map((one) => one * one * one)) / (squares * Math.sqrt(squares))
  const centre = value - (groups - 1) * (total(without) / groups - value)
  const t = studentQuantile(confidence, groups - 1)
  const error = Math.sqrt(((groups - 1) / groups) * squares)
  const reach = (towards: number) => error * (t + (Math.max(0, towards) * (1 + 2 * t * t)) / 6)
  return { lower: centre - reach(-lean), upper: centre + reach(lean) }
}

/**
 * The interval of a figure by the grouped jackknife: of those on the figure's own scale and on the others each bound that is
 * the farthest. Rows of one cluster share a group, so that groups are independent even when rows are not.
 *
 * @returns undefined for fewer than two groups, or when the figure is not a number without one of them
 */
export const jackknife = (
  { value, without }: LeftOut,
  confidence: number,
  scales: readonly Scale[] = [],
): Bounds | undefined => {
  if (without.length < 2 || !Number.isFinite(total(without))) return undefined
  const all = [OWN, ...scales]
    .map(({ to, from }) => {
      const { lower, upper } = boundsOf({ value: to(value), without: without.map(to) }, confidence)
      return { lower: from(lower), upper: from(upper) }
    })
    // A figure that is at its end, with a group or without, has no place on a scale that has none.
    .filter(({ lower, upper }) => Number.isFinite(lower) && Number.isFinite(upper))
  return {
    lower: Math.min(value, ...all.map(({ lower }) => lower)),
    upper: Math.max(value, ...all.map(({ upper }) => upper)),
  }
}

/** The interval of a difference of two figures that end at 1: both intervals, squared and added. */
export const jackknifeDifference = (
  one: LeftOut,
  other: LeftOut,
  confidence: number,
  scale: Scale,
): Bounds | undefined => {
  const [mine, theirs] = [jackknife(one, confidence, [scale]), jackknife(other, confidence, [scale])]
  if (mine === undefined || theirs === undefined) return undefined
  const correlation = covariance(one, other) / Math.sqrt(covariance(one, one) * covariance(other, other))
  const estimated = ({ value }: LeftOut, bounds: Bounds): Estimated => ({ value, ...bounds })
  return squareAndAdd(estimated(one, mine), estimated(other, theirs), Number.isNaN(correlation) ? 0 : correlation)
}
