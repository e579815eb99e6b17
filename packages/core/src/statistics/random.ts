import type { Random } from '../ports.ts'

const BLOCK = 512
const UNIT = 2 ** -53

/**
 * xoshiro256** 1.0 (Blackman and Vigna, ACM TOMS 47 (2021) 36): the upper 53 bits of each output as a number in [0, 1). The
 * 64-bit words are kept as halves, and numbers are made a block at a time, so that the state stays in registers.
 *
 * @param state four 64-bit words, not all zero
 */
export const xoshiro = (state: readonly bigint[]): Random => {
  const words = new Int32Array(8)
  for (const [index, word] of state.slice(0, 4).entries()) {
    words[2 * index] = Number(BigInt.asIntN(32, word >> 32n))
    words[2 * index + 1] = Number(BigInt.asIntN(32, word))
  }
  const block = new Float64Array(BLOCK)
  let taken = BLOCK
  const fill = () => {
    let high0 = words[0] ?? 0
    let low0 = words[1] ?? 0
    let high1 = words[2] ?? 0
    let low1 = words[3] ?? 0
    let high2 = words[4] ?? 0
    let low2 = words[5] ?? 0
    let high3 = words[6] ?? 0
    let low3 = words[7] ?? 0
    for (let index = 0; index < BLOCK; index += 1) {
      // rotl(s1 * 5, 7) * 9, by shifts and sums; a sum that is below its addend has carried.
      const lowFive = ((low1 << 2) + low1) | 0
      const highFive = (((high1 << 2) | (low1 >>> 30)) + high1 + (lowFive >>> 0 < low1 >>> 0 ? 1 : 0)) | 0
      const lowTurned = (lowFive << 7) | (highFive >>> 25)
      const highTurned = (highFive << 7) | (lowFive >>> 25)
      const low = ((lowTurned << 3) + lowTurned) | 0
      const high = (((highTurned << 3) | (lowTurned >>> 29)) + highTurned + (low >>> 0 < lowTurned >>> 0 ? 1 : 0)) | 0
      block[index] = ((high >>> 0) * 2_097_152 + (low >>> 11)) * UNIT
      const highShifted = (high1 << 17) | (low1 >>> 15)
      const lowShifted = low1 << 17
      high2 ^= high0
      low2 ^= low0
      high3 ^= high1
      low3 ^= low1
      high1 ^= high2
      low1 ^= low2
      high0 ^= high3
      low0 ^= low3
      high2 ^= highShifted
      low2 ^= lowShifted
      // rotl by 45 is a swap of the halves and a rotation by 13.
      const swapped = high3
      high3 = (low3 << 13) | (high3 >>> 19)
      low3 = (swapped << 13) | (low3 >>> 19)
    }
    words.set([high0, low0, high1, low1, high2, low2, high3, low3])
    taken = 0
  }
  return {
    next: () => {
      if (taken === BLOCK) fill()
      const value = block[taken] ?? 0
      taken += 1
      return value
    },
  }
}

/** Numbers from a seed, the same ones on every machine: the state is filled by SplitMix64, as its authors advise. */
export const randomFrom = (seed: number): Random => {
  let at = BigInt(seed)
  const mixed = () => {
    at = BigInt.asUintN(64, at + 0x9e3779b97f4a7c15n)
    const once = BigInt.asUintN(64, (at ^ (at >> 30n)) * 0xbf58476d1ce4e5b9n)
    const twice = BigInt.asUintN(64, (once ^ (once >> 27n)) * 0x94d049bb133111ebn)
    return twice ^ (twice >> 31n)
  }
  return xoshiro([mixed(), mixed(), mixed(), mixed()])
}
