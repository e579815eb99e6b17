import type { Random } from '../ports.ts'
import { sum } from '../metrics/bucket-metric.ts'
import { binomial } from './binomial.ts'

/** Weight of a cell up to which drawing its rows one by one is cheaper than one binomial draw for it. */
const SMALL = 2

/** Draws rows with replacement and writes how many fell into each cell. */
export type Resample = (random: Random, into: Float64Array) => void

/** Index of the first of rising sums that is above `value`; the last one when none is. */
const firstAbove = (sums: Float64Array, value: number): number => {
  let [low, high] = [0, sums.length - 1]
  while (low < high) {
    const middle = (low + high) >>> 1
    if ((sums[middle] ?? 0) > value) high = middle
    else low = middle + 1
  }
  return low
}

/** The running sums of weights. */
export const runningSums = (weights: readonly number[]): Float64Array => {
  let reached = 0
  return Float64Array.from(weights, (weight) => (reached += weight))
}

/** Draws an index with the probability that its step of the running sums has. */
export const pick = (sums: Float64Array, random: Random): number => firstAbove(sums, random.next() * (sums.at(-1) ?? 0))

/**
 * Prepares draws from the multinomial distribution: what a bootstrap of rows is, when rows are known only by how many there
 * are of each kind (Efron and Tibshirani, An Introduction to the Bootstrap (1993), section 6.2). Cells with large weights
 * are drawn one after the other as conditional binomials, the rows of all others one by one.
 *
 * @param weights probabilities up to a common factor
 * @param rows how many rows a draw has
 */
export const multinomial = (weights: Float64Array, rows: number): Resample => {
  const cells = [...weights.keys()].toSorted((one, other) => (weights[other] ?? 0) - (weights[one] ?? 0) || one - other)
  const large = Uint32Array.from(cells.filter((cell) => (weights[cell] ?? 0) > SMALL))
  const small = Uint32Array.from(cells.slice(large.length))
  const sums = runningSums([...small].map((cell) => weights[cell] ?? 0))
  const total = sum(weights)
  return (random, into) => {
    into.fill(0)
    let left = rows
    let rest = total
    for (let index = 0; index < large.length && left > 0; index += 1) {
      const cell = large[index] ?? 0
      const weight = weights[cell] ?? 0
      // The last cell of all takes what is left, also when the sums of weights are rounded.
      const drawn = small.length === 0 && index === large.length - 1 ? left : binomial(left, weight / rest, random)
      into[cell] = drawn
      left -= drawn
      rest -= weight
    }
    for (; left > 0; left -= 1) {
      const cell = small[pick(sums, random)] ?? 0
      into[cell] = (into[cell] ?? 0) + 1
    }
  }
}
