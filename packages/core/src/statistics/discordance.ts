import type { JointTable } from '../gate/evidence.ts'

/** Rows by whether each model is right. */
export interface Discordance {
  readonly both: number
  readonly candidateOnly: number
  readonly championOnly: number
  readonly neither: number
}

/** Counts a joint table with both models, all rows or those of one true class. */
export const discordance = ({ truth, candidate, champion, counts }: JointTable, label?: number): Discordance => {
  let [both, candidateOnly, championOnly, neither] = [0, 0, 0, 0]
  for (let cell = 0; cell < counts.length; cell += 1) {
    const count = counts[cell] ?? 0
    if (label !== undefined && truth[cell] !== label) continue
    const [hit, championHit] = [candidate[cell] === truth[cell], champion[cell] === truth[cell]]
    if (hit && championHit) both += count
    else if (hit) candidateOnly += count
    else if (championHit) championOnly += count
    else neither += count
  }
  return { both, candidateOnly, championOnly, neither }
}
