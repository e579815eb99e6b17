import { normalQuantile } from './normal.ts'

/** P(|T| <= t) for whole degrees of freedom: the finite sums of Abramowitz and Stegun, 26.7.3 and 26.7.4. */
const withinStudent = (t: number, freedom: number): number => {
  const square = freedom / (freedom + t * t)
  const sine = t / Math.sqrt(freedom + t * t)
  const isOdd = freedom % 2 === 1
  let [term, sum] = [isOdd ? Math.sqrt(square) : 1, 0]
  for (let power = isOdd ? 1 : 0; power <= freedom - 2; power += 2) {
    sum += term
    term *= (square * (power + 1)) / (power + 2)
  }
  return isOdd ? (2 / Math.PI) * (Math.atan(t / Math.sqrt(freedom)) + sine * sum) : sine * sum
}

/** Γ((freedom + 1) / 2) / (√(freedom π) Γ(freedom / 2)): the density's height at 0. */
const height = (freedom: number): number => {
  let ratio = freedom % 2 === 1 ? 1 / Math.sqrt(Math.PI) : Math.sqrt(Math.PI) / 2
  for (let at = freedom % 2 === 1 ? 1 : 2; at < freedom; at += 2) ratio *= (at + 1) / at
  return ratio / Math.sqrt(freedom * Math.PI)
}

/**
 * t with P(T <= t) = probability for Student's distribution; scipy.stats.t.ppf.
 *
 * @param freedom whole, at least 1
 */
export const studentQuantile = (probability: number, freedom: number): number => {
  if (probability < 0.5) return -studentQuantile(1 - probability, freedom)
  // The distribution function is concave here, so that Newton's steps from the normal quantile rise to the root.
  let t = normalQuantile(probability)
  const top = height(freedom)
  for (let step = Infinity, steps = 0; Math.abs(step) > 1e-15 * t && steps < 100; steps += 1) {
    const density = top * (1 + (t * t) / freedom) ** (-(freedom + 1) / 2)
    step = (probability - 0.5 - withinStudent(t, freedom) / 2) / density
    t += step
  }
  return t
}
