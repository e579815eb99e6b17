import { normalQuantile } from './normal.ts'

const POWER = 0.8

/**
 * Paired rows that show with 80 % power that a candidate as good as the champion is not worse by `margin`: n = (z of
 * confidence + z of power)² × discordant share / margin² (Connor, Biometrics 43 (1987) 207-211, with no difference assumed).
 *
 * @param discordantShare share of rows on which exactly one model is right
 * @returns Infinity for a margin of 0
 */
export const rowsNeeded = (discordantShare: number, margin: number, confidence: number): number =>
  Math.ceil(((normalQuantile(confidence) + normalQuantile(POWER)) ** 2 * discordantShare) / (margin * margin))
