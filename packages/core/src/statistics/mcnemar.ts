import type { RowGroup } from '../gate/evidence.ts'
import { tableOf } from '../metrics/metric-of.ts'
import { discordance } from './discordance.ts'
import { normalTail } from './normal.ts'

export interface McNemar {
  /** Two-sided. */
  readonly p: number
  /** Rows on which exactly one model is right. */
  readonly discordant: number
}

/** Up to here the binomial sums are exact; beyond it the chi² differs by less than anybody prints. */
const EXACT_BELOW = 100_000

/** P(X <= hits) - P(X = hits) / 2 for X ~ Binomial(of, 1/2), hits at most half, from the mode's logarithm downwards. */
const midTail = (hits: number, of: number): number => {
  let logTerm = -of * Math.LN2
  for (let taken = 0; taken < hits; taken += 1) logTerm += Math.log((of - taken) / (taken + 1))
  let [term, total] = [1, 0.5]
  for (let below = hits; below > 0 && term > Number.EPSILON / 16; below -= 1) {
    term *= below / (of - below + 1)
    total += term
  }
  return Math.exp(logTerm) * total
}

/**
 * McNemar's test of equal accuracy on paired rows: mid-p for fewer than 100,000 discordant rows (Fagerland, Lydersen and
 * Laake, BMC Medical Research Methodology 13 (2013) 91), else chi² with continuity correction (Edwards 1948; statsmodels
 * mcnemar).
 *
 * @returns undefined when the group does not hold both models' predictions
 */
export const mcNemar = (group: RowGroup): McNemar | undefined => {
  const table = tableOf(group, 'champion')
  if (table === undefined) return undefined
  const { candidateOnly, championOnly } = discordance(table)
  const discordant = candidateOnly + championOnly
  if (discordant === 0) return { p: 1, discordant }
  if (discordant < EXACT_BELOW)
    return { p: Math.min(1, 2 * midTail(Math.min(candidateOnly, championOnly), discordant)), discordant }
  const root = Math.max(0, Math.abs(candidateOnly - championOnly) - 1) / Math.sqrt(discordant)
  return { p: 2 * normalTail(root), discordant }
}
