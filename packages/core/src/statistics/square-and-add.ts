import type { Bounds } from './wilson.ts'

/** A figure with its own bounds. */
export interface Estimated extends Bounds {
  readonly value: number
}

/**
 * Interval of a difference of two correlated figures from the interval of each: what it reaches beyond the difference is
 * squared and added (Newcombe, Statistics in Medicine 17 (1998) 2635-2650, for proportions; Zou and Donner, Statistics in
 * Medicine 27 (2008) 1693-1702, for any figures). Where the figures' own intervals lean, so does this one.
 */
export const squareAndAdd = (one: Estimated, other: Estimated, correlation: number): Bounds => {
  const combined = (mine: number, theirs: number) =>
    Math.sqrt(Math.max(0, mine * mine - 2 * correlation * mine * theirs + theirs * theirs))
  const difference = one.value - other.value
  return {
    lower: difference - combined(one.value - one.lower, other.upper - other.value),
    upper: difference + combined(one.upper - one.value, other.value - other.lower),
  }
}
