import type { Discordance } from './discordance.ts'
import { squareAndAdd } from './square-and-add.ts'
import { type Bounds, wilson } from './wilson.ts'

/** Correlation of the two models' hits, with the continuity correction of method 10. */
const phi = ({ both, candidateOnly, championOnly, neither }: Discordance): number => {
  const margins = (both + candidateOnly) * (championOnly + neither) * (both + championOnly) * (candidateOnly + neither)
  if (margins === 0) return 0
  const [product, rows] = [both * neither - candidateOnly * championOnly, both + candidateOnly + championOnly + neither]
  const corrected = product > 0 ? Math.max(product - rows / 2, 0) : product
  return corrected / Math.sqrt(margins)
}

/**
 * Interval of the difference of two paired proportions (Newcombe, Statistics in Medicine 17 (1998) 2635-2650, method 10:
 * square-and-add of Wilson's intervals with the corrected phi).
 *
 * @param z quantile of each one-sided bound
 */
export const newcombe = (table: Discordance, z: number): Bounds => {
  const rows = table.both + table.candidateOnly + table.championOnly + table.neither
  const estimated = (hits: number) => ({ value: hits / rows, ...wilson(hits, rows, z) })
  return squareAndAdd(
    estimated(table.both + table.candidateOnly),
    estimated(table.both + table.championOnly),
    phi(table),
  )
}
