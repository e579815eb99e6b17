type Numbers = Uint32Array | Float64Array

/** A column of numbers that grows in blocks, so that nothing is copied until its length is known. */
export interface Growing<T extends Numbers> {
  readonly push: (value: number) => void
  readonly at: (index: number) => number
  readonly length: () => number
  /** All of them in one array; the blocks are let go. */
  readonly take: () => T
}

const BITS = 16
const BLOCK = 1 << BITS

const growing = <T extends Numbers>(make: (length: number) => T): Growing<T> => {
  let blocks: T[] = []
  let block = make(0)
  let length = 0
  return {
    push: (value) => {
      const at = length & (BLOCK - 1)
      if (at === 0) {
        block = make(BLOCK)
        blocks.push(block)
      }
      block[at] = value
      length += 1
    },
    at: (index) => blocks[index >>> BITS]?.[index & (BLOCK - 1)] ?? 0,
    length: () => length,
    take: () => {
      const all = make(length)
      for (const [index, part] of blocks.entries())
        all.set(part.subarray(0, Math.min(BLOCK, length - index * BLOCK)), index * BLOCK)
      blocks = []
      return all
    },
  }
}

export const growingIntegers = (): Growing<Uint32Array> => growing((length) => new Uint32Array(length))
export const growingNumbers = (): Growing<Float64Array> => growing((length) => new Float64Array(length))
