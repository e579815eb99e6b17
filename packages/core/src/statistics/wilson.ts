/** The two ends of an interval before it is named. */
export interface Bounds {
  readonly lower: number
  readonly upper: number
}

/**
 * Wilson's score interval of a proportion (Wilson 1927; statsmodels proportion_confint, method 'wilson').
 *
 * @param z quantile of each one-sided bound
 * @param of number of rows, above 0
 */
export const wilson = (hits: number, of: number, z: number): Bounds => {
  const share = hits / of
  const weight = 1 + (z * z) / of
  const centre = (share + (z * z) / (2 * of)) / weight
  const half = (z / weight) * Math.sqrt((share * (1 - share)) / of + (z * z) / (4 * of * of))
  // At 0 and 1 the two terms are equal; rounding must not push the bound past them.
  return { lower: hits === 0 ? 0 : centre - half, upper: hits === of ? 1 : centre + half }
}
