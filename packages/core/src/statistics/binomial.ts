import type { Random } from '../ports.ts'

/** From this mean on rejection is faster than summing up probabilities. */
const INVERSION_BELOW = 20

/** 1 / 1, 1 / 2, …: a division for each step would be most of an inversion's time. */
const INVERSES = Float64Array.from({ length: 100 }, (_, hits) => 1 / hits)

/** Inversion: walks the probabilities from 0 upwards. */
const byInversion = (trials: number, p: number, random: Random): number => {
  const odds = p / (1 - p)
  let hits = 0
  let rest = random.next()
  let probability = Math.exp(trials * Math.log1p(-p))
  while (rest > probability && hits < trials) {
    rest -= probability
    hits += 1
    probability *= (trials - hits + 1) * odds * (INVERSES[hits] ?? 1 / hits)
  }
  return hits
}

/** What Stirling's formula lacks of ln Γ(x). */
const stirling = (x: number): number => {
  if (x < 10) return stirling(x + 1) + (x + 0.5) * Math.log1p(1 / x) - 1
  const square = x * x
  return (1 / 12 - (1 / 360 - (1 / 1260 - (1 / 1680 - 1 / 1188 / square) / square) / square) / square) / x
}

/** ln of the probability of `hits` against that of the most likely number. */
export const logAgainstMode = (hits: number, mode: number, trials: number, p: number): number =>
  (mode + 0.5) * Math.log((mode + 1) / (hits + 1)) +
  (trials - mode + 0.5) * Math.log((trials - mode + 1) / (trials - hits + 1)) +
  (hits - mode) * Math.log(((trials - hits + 1) * p) / ((hits + 1) * (1 - p))) +
  stirling(mode + 1) +
  stirling(trials - mode + 1) -
  stirling(hits + 1) -
  stirling(trials - hits + 1)

/**
 * Transformed rejection with a squeeze that accepts most candidates at once (Hörmann, Journal of Statistical Computation and
 * Simulation 46 (1993) 101-110, algorithm BTRS), for p at most 1/2.
 */
const byRejection = (trials: number, p: number, random: Random): number => {
  const deviation = Math.sqrt(trials * p * (1 - p))
  const b = 1.15 + 2.53 * deviation
  const a = -0.0873 + 0.0248 * b + 0.01 * p
  const squeeze = 0.92 - 4.2 / b
  for (;;) {
    const u = random.next() - 0.5
    const v = random.next()
    const us = 0.5 - Math.abs(u)
    const hits = Math.floor(((2 * a) / us + b) * u + trials * p + 0.5)
    if (us >= 0.07 && v <= squeeze) return hits
    if (hits < 0 || hits > trials) continue
    const mode = Math.floor((trials + 1) * p)
    const logV = Math.log((v * (2.83 + 5.1 / b) * deviation) / (a / (us * us) + b))
    if (logV <= logAgainstMode(hits, mode, trials, p)) return hits
  }
}

/** Draws from the binomial distribution itself, not from an approximation. */
export const binomial = (trials: number, p: number, random: Random): number => {
  if (p > 0.5) return trials - binomial(trials, 1 - p, random)
  if (trials === 0 || p <= 0) return 0
  return trials * p < INVERSION_BELOW ? byInversion(trials, p, random) : byRejection(trials, p, random)
}
