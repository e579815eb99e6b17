import { normalQuantile } from '../statistics/normal.ts'
import { rowsNeeded } from '../statistics/sample-size.ts'
import type { Interval } from './judgement.ts'

/** How much one row's part in an estimate varies, by the interval that so many rows gave. */
export const spreadOfInterval = ({ lower, upper, confidence }: Interval, rows: number): number =>
  rows * ((upper - lower) / 2 / normalQuantile(confidence)) ** 2

/**
 * How many rows would decide.
 *
 * @param distances from what is asked for, in the order in which they are tried; the first that asks for more rows counts
 */
export const moreRows = (
  spread: number,
  distances: readonly number[],
  confidence: number,
  rows: number,
): number | undefined =>
  distances
    .map((distance) => rowsNeeded(spread, distance, confidence))
    .find((needed) => Number.isFinite(needed) && needed > rows)
