/** Takes numbers of up to 32 bits out of Parquet's hybrid of runs and packed bits (parquet-format, "Encodings", RLE = 3). */
export interface RunReader {
  /** Puts the next `count` numbers into `into` from `at` on. */
  readonly read: (into: Uint32Array | Uint8Array, at: number, count: number) => void
}

const short = () => new Error('a page of it ends too early')

/** Plain bits, one a number, as Parquet writes booleans. */
export const readBits = (bytes: Uint8Array, start: number): RunReader => {
  let bit = start * 8
  return {
    read: (into, at, count) => {
      for (let index = 0; index < count; index += 1, bit += 1)
        into[at + index] = ((bytes[bit >>> 3] ?? 0) >>> (bit & 7)) & 1
    },
  }
}

/**
 * Numbers of `width` bits from `bytes`, as they are asked for: a run of millions takes no memory.
 */
export const readRuns = (bytes: Uint8Array, start: number, end: number, width: number): RunReader => {
  if (width > 32) throw new Error(`numbers of it have ${width} bits`)
  const mask = width === 32 ? 0xffffffff : 2 ** width - 1
  let next = start
  let left = 0
  let value = 0
  /** Position in bits of the next packed number; below 0 in a run. */
  let bit = -1

  const varint = () => {
    let [result, factor] = [0, 1]
    for (;;) {
      const byte = bytes[next]
      if (byte === undefined || next >= end) throw short()
      next += 1
      result += (byte & 0x7f) * factor
      if (byte < 0x80) return result
      factor *= 128
    }
  }
  const open = () => {
    const header = varint()
    const count = Math.floor(header / 2)
    if (header % 2 === 1) {
      left = count * 8
      bit = next * 8
      next += count * width
    } else {
      left = count
      bit = -1
      value = 0
      for (let byte = 0; byte * 8 < width; byte += 1) value += (bytes[next + byte] ?? 0) * 2 ** (8 * byte)
      next += Math.ceil(width / 8)
    }
    // The last packed group may be cut where its numbers end.
    if (next > end + width) throw short()
  }
  /** The slow way: near the end of the bytes, and for numbers that do not lie within 4 of them. */
  const slowAt = (position: number) => {
    let result = 0
    for (let index = 0; index < width; index += 1)
      result += (((bytes[(position + index) >>> 3] ?? 0) >>> ((position + index) & 7)) & 1) * 2 ** index
    return result
  }
  const unpack = (into: Uint32Array | Uint8Array, at: number, count: number) => {
    const safe = width <= 25 ? (bytes.length - 4) * 8 : -1
    for (let index = 0; index < count; index += 1, bit += width) {
      if (bit > safe) {
        into[at + index] = slowAt(bit)
        continue
      }
      const byte = bit >>> 3
      const four =
        (bytes[byte] ?? 0) |
        ((bytes[byte + 1] ?? 0) << 8) |
        ((bytes[byte + 2] ?? 0) << 16) |
        ((bytes[byte + 3] ?? 0) << 24)
      into[at + index] = (four >>> (bit & 7)) & mask
    }
  }

  return {
    read: (into, at, count) => {
      for (let done = 0; done < count;) {
        if (left === 0) open()
        const part = Math.min(left, count - done)
        if (bit < 0) into.fill(value, at + done, at + done + part)
        else unpack(into, at + done, part)
        left -= part
        done += part
      }
    },
  }
}
