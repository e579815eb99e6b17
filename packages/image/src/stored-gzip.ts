import { crc32 } from 'node:zlib'

/** Of RFC 1952: deflate, no flags, no time, no extra flags, and a system that is not told. */
const HEADER = Uint8Array.of(0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 255)
/** What a stored block holds at most (RFC 1951, 3.2.4). */
const BLOCK = 0xffff

const block = (content: Uint8Array, last: boolean): Uint8Array => {
  const framed = Buffer.allocUnsafe(content.length + 5)
  framed[0] = Number(last)
  framed.writeUInt16LE(content.length, 1)
  framed.writeUInt16LE(content.length ^ 0xffff, 3)
  framed.set(content, 5)
  return framed
}

/**
 * A gzip stream whose bytes depend on nothing but the content. Compressors promise no such thing: their
 * bytes change with the version of zlib that Node brings and with the processor (docs/adr/0013), so content is stored as it is.
 */
export async function* storedGzip(body: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array, void, undefined> {
  yield HEADER
  let pending = Buffer.alloc(0)
  let checksum = 0
  let size = 0
  for await (const chunk of body) {
    checksum = crc32(chunk, checksum)
    size += chunk.length
    pending = Buffer.concat([pending, chunk])
    let from = 0
    // The last block says that it is, so something is always held back.
    for (; pending.length - from > BLOCK; from += BLOCK) yield block(pending.subarray(from, from + BLOCK), false)
    pending = pending.subarray(from)
  }
  yield block(pending, true)
  const trailer = Buffer.alloc(8)
  trailer.writeUInt32LE(checksum, 0)
  trailer.writeUInt32LE(size % 2 ** 32, 4)
  yield trailer
}
