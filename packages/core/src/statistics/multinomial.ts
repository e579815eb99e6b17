import type { Random } from '../ports.ts'
import { sum } from '../metrics/bucket-metric.ts'
import { binomial } from './binomial.ts'

/** Weight of a cell up to which drawing its rows one by one is cheaper than one binomial draw for it. */
const SMALL = 4

/** Draws rows with replacement and writes how many fell into each cell. */
export type Resample = (random: Random, into: Float64Array) => void

/**
 * Prepares draws of an index with probabilities that go by weights, at one look-up each: Walker's alias method (Vose, IEEE
 * Transactions on Software Engineering 17 (1991) 972-975).
 */
export const picker = (weights: Float64Array): ((random: Random) => number) => {
  const size = weights.length
  const mean = sum(weights) / size
  // Each place keeps its share of one row; what it lacks is filled up from one that has too much.
  const shares = weights.map((weight) => weight / mean)
  const others = Uint32Array.from(weights.keys())
  const [lacking, rich] = [
    [...others.filter((at) => (shares[at] ?? 0) < 1)],
    [...others.filter((at) => (shares[at] ?? 0) >= 1)],
  ]
  for (;;) {
    const [poor, donor] = [lacking.pop(), rich.at(-1)]
    if (poor === undefined || donor === undefined) break
    others[poor] = donor
    const left = (shares[donor] ?? 0) - (1 - (shares[poor] ?? 0))
    shares[donor] = left
    if (left < 1) lacking.push(...rich.splice(-1))
  }
  return (random) => {
    const at = random.next() * size
    const place = Math.floor(at)
    return at - place < (shares[place] ?? 0) ? place : (others[place] ?? 0)
  }
}

/**
 * Prepares draws from the multinomial distribution: what a bootstrap of rows is, when rows are known only by how many there
 * are of each kind (Efron and Tibshirani, An Introduction to the Bootstrap (1993), section 6.2). Cells with large weights
 * are drawn one after the other as conditional binomials, the rows of all others one by one.
 *
 * @param weights probabilities up to a common factor
 * @param rows how many rows a draw has
 */
export const multinomial = (weights: Float64Array, rows: number): Resample => {
  const cells = [...weights.keys()]
    .filter((cell) => (weights[cell] ?? 0) > 0)
    .toSorted((one, other) => (weights[other] ?? 0) - (weights[one] ?? 0) || one - other)
  const large = Uint32Array.from(cells.filter((cell) => (weights[cell] ?? 0) > SMALL))
  const small = Uint32Array.from(cells.slice(large.length))
  const pick = picker(Float64Array.from(small, (cell) => weights[cell] ?? 0))
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
      const cell = small[pick(random)] ?? 0
      into[cell] = (into[cell] ?? 0) + 1
    }
  }
}
