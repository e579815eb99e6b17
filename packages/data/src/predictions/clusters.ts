import type { hashColumn } from './column.ts'
import { RUN } from './column.ts'
import { growingIntegers } from './growing.ts'
import type { Run } from './table.ts'

type Hashes = ReturnType<typeof hashColumn>

/** So many clusters are told apart; beyond, they are folded by hash into so many. Folded ones stay independent. */
export const MOST_CLUSTERS = 100_000

/** Finds 64-bit hashes again: each gets the number of its first occurrence. */
export interface HashIndex {
  /** The number of a hash, and whether it is new. */
  readonly enter: (high: number, low: number) => number
  readonly find: (high: number, low: number) => number | undefined
  readonly size: () => number
  readonly high: (number: number) => number
  readonly low: (number: number) => number
}

export const createHashIndex = (): HashIndex => {
  const [highs, lows] = [growingIntegers(), growingIntegers()]
  let slots = new Uint32Array(1 << 12)

  const slotOf = (high: number, low: number) => {
    const mask = slots.length - 1
    let slot = low & mask
    for (;;) {
      const number = slots[slot] ?? 0
      if (number === 0 || (highs.at(number - 1) === high && lows.at(number - 1) === low)) return slot
      slot = (slot + 1) & mask
    }
  }
  const widen = () => {
    slots = new Uint32Array(slots.length * 2)
    for (let number = 0; number < highs.length(); number += 1)
      slots[slotOf(highs.at(number), lows.at(number))] = number + 1
  }
  return {
    enter: (high, low) => {
      const slot = slotOf(high, low)
      const known = slots[slot] ?? 0
      if (known > 0) return known - 1
      slots[slot] = highs.length() + 1
      highs.push(high)
      lows.push(low)
      if (highs.length() * 2 > slots.length) widen()
      return highs.length() - 1
    },
    find: (high, low) => {
      const number = slots[slotOf(high, low)] ?? 0
      return number === 0 ? undefined : number - 1
    },
    size: highs.length,
    high: highs.at,
    low: lows.at,
  }
}

/** Which cluster each row of the run belongs to. */
export interface Clusters {
  readonly of: Uint32Array
  readonly update: (run: Run) => void
  /** Whether there were too many. */
  readonly isFolded: () => boolean
  /** Called once when they are: gets the new number of each one. */
  readonly onFold: (listener: (folded: Uint32Array) => void) => void
  /** Numbers in an order that the order of the rows does not change. */
  readonly order: () => Uint32Array
}

export const createClusters = (hashes: Hashes, most = MOST_CLUSTERS): Clusters => {
  const of = new Uint32Array(RUN)
  const listeners: ((folded: Uint32Array) => void)[] = []
  let index: HashIndex | undefined = createHashIndex()

  const fold = ({ size, high }: HashIndex) => {
    const folded = Uint32Array.from({ length: size() }, (_, number) => high(number) % most)
    for (const listener of listeners) listener(folded)
    index = undefined
  }
  const order = () => {
    const numbers = Uint32Array.from({ length: index?.size() ?? most }, (_, number) => number)
    if (index === undefined) return numbers
    const { high, low } = index
    return numbers.toSorted((one, other) => high(one) - high(other) || low(one) - low(other))
  }
  return {
    of,
    isFolded: () => index === undefined,
    onFold: (listener) => void listeners.push(listener),
    order,
    update: ({ rows }) => {
      for (let row = 0; row < rows; row += 1) {
        const [high, low] = [hashes.high[row] ?? 0, hashes.low[row] ?? 0]
        of[row] = index === undefined ? high % most : index.enter(high, low)
      }
      if (index === undefined || index.size() <= most) return
      fold(index)
      for (let row = 0; row < rows; row += 1) of[row] = (hashes.high[row] ?? 0) % most
    },
  }
}
