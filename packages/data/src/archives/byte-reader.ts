/** Takes exact numbers of bytes out of a stream of chunks. */
export interface ByteReader {
  /** The next bytes; undefined when the stream ends before. */
  readonly take: (length: number) => Promise<Uint8Array | undefined>
  /** Passes over bytes without keeping them; false when the stream ends before. */
  readonly skip: (length: number) => Promise<boolean>
}

export const byteReader = (chunks: AsyncIterable<Uint8Array>): ByteReader => {
  const iterator = chunks[Symbol.asyncIterator]()
  let left: Uint8Array = new Uint8Array()

  /** Hands out up to `length` bytes at a time until there were so many. */
  const each = async (length: number, use: (part: Uint8Array) => void) => {
    for (let missing = length; missing > 0;) {
      if (left.length === 0) {
        const { value, done } = await iterator.next()
        if (done === true) return false
        left = value
        continue
      }
      const part = left.subarray(0, missing)
      use(part)
      missing -= part.length
      left = left.subarray(part.length)
    }
    return true
  }
  return {
    skip: (length) => each(length, () => undefined),
    take: async (length) => {
      const parts: Uint8Array[] = []
      return (await each(length, (part) => void parts.push(part.slice()))) ? Buffer.concat(parts) : undefined
    },
  }
}
