import type { hashColumn } from './column.ts'
import { RUN } from './column.ts'
import { createHashIndex, type HashIndex } from './hash-index.ts'
import type { Run } from './table.ts'

type Hashes = ReturnType<typeof hashColumn>

/** So many clusters are told apart; beyond, they are folded by hash into so many. Folded ones stay independent. */
export const MOST_CLUSTERS = 100_000

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
