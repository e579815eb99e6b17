import { createHashIndex } from './hash-index.ts'
import type { hashColumn } from './column.ts'
import type { Run } from './table.ts'

/** So many different ids are remembered at most. */
const MOST = 1 << 18

export interface Repeats {
  readonly update: (run: Run) => void
  /** Rows whose id occurred before. */
  readonly count: () => number
  /** Only ids whose hash is divisible by this one were looked at, and the count is scaled up. */
  readonly share: () => number
}

/**
 * Counts rows whose id occurred before. Exact up to 2^18 different ids; beyond, it looks at half of the ids by their hash, then
 * at a quarter and so on, so that the memory stays the same (distinct sampling, Gibbons 2001).
 */
export const createRepeats = (ids: ReturnType<typeof hashColumn>, most = MOST): Repeats => {
  let index = createHashIndex()
  let repeats = new Map<number, number>()
  let share = 1

  const halve = () => {
    share *= 2
    const [before, counts] = [index, repeats]
    index = createHashIndex()
    repeats = new Map()
    for (let number = 0; number < before.size(); number += 1) {
      if ((before.high(number) & (share - 1)) !== 0) continue
      const kept = index.enter(before.high(number), before.low(number))
      const count = counts.get(number)
      if (count !== undefined) repeats.set(kept, count)
    }
  }
  return {
    update: ({ rows }) => {
      for (let row = 0; row < rows; row += 1) {
        const [high, low] = [ids.high[row] ?? 0, ids.low[row] ?? 0]
        if ((high & (share - 1)) !== 0 || (high === 0 && low === 0)) continue
        const size = index.size()
        const number = index.enter(high, low)
        if (index.size() === size) repeats.set(number, (repeats.get(number) ?? 0) + 1)
        if (index.size() > most) halve()
      }
    },
    count: () => [...repeats.values()].reduce((sum, count) => sum + count, 0) * share,
    share: () => share,
  }
}
