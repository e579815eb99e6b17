/** Finds 64-bit hashes again: each gets the number of its first occurrence. */
export interface HashIndex {
  readonly enter: (high: number, low: number) => number
  readonly find: (high: number, low: number) => number | undefined
  readonly size: () => number
  readonly high: (number: number) => number
  readonly low: (number: number) => number
}

const FIRST = 1 << 10

const doubled = (numbers: Uint32Array) => {
  const larger = new Uint32Array(numbers.length * 2)
  larger.set(numbers)
  return larger
}

export const createHashIndex = (): HashIndex => {
  // An open hash table at most half full: number + 1 of the hash that stands in a slot, 0 for none.
  let slots = new Uint32Array(2 * FIRST)
  let highs = new Uint32Array(FIRST)
  let lows = new Uint32Array(FIRST)
  let size = 0

  const slotOf = (high: number, low: number) => {
    const mask = slots.length - 1
    for (let slot = low & mask; ; slot = (slot + 1) & mask) {
      const number = slots[slot] ?? 0
      if (number === 0 || (lows[number - 1] === low && highs[number - 1] === high)) return slot
    }
  }
  const widen = () => {
    slots = new Uint32Array(slots.length * 2)
    for (let number = 0; number < size; number += 1) slots[slotOf(highs[number] ?? 0, lows[number] ?? 0)] = number + 1
    highs = doubled(highs)
    lows = doubled(lows)
  }
  return {
    enter: (high, low) => {
      const slot = slotOf(high, low)
      const known = slots[slot] ?? 0
      if (known > 0) return known - 1
      highs[size] = high
      lows[size] = low
      size += 1
      slots[slot] = size
      if (size === highs.length) widen()
      return size - 1
    },
    find: (high, low) => {
      const number = slots[slotOf(high, low)] ?? 0
      return number === 0 ? undefined : number - 1
    },
    size: () => size,
    high: (number) => highs[number] ?? 0,
    low: (number) => lows[number] ?? 0,
  }
}
