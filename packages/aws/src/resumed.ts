import { toActionError } from './to-action-error.ts'

export type Bytes = AsyncIterable<Uint8Array>

/** In a row without a byte in between; a connection that still brings some is worth another. */
const FRUITLESS = 3

/**
 * `size` bytes of one version of an object: where a connection breaks or ends early, `from` opens another behind the last
 * byte that came. Throws the ActionError of the last break when connections bring nothing any more.
 */
export async function* resumed(first: Bytes, size: number, from: (offset: number) => Promise<Bytes>): Bytes {
  let offset = 0
  let fruitless = 0
  for (let body = first; offset < size; body = await from(offset)) {
    const before = offset
    let broken: unknown = new Error(`the connection ended after ${offset} of ${size} bytes`)
    try {
      for await (const chunk of body) {
        offset += chunk.length
        yield chunk
      }
    } catch (error) {
      broken = error
    }
    if (offset >= size) return
    fruitless = offset > before ? 0 : fruitless + 1
    if (fruitless === FRUITLESS) throw toActionError(broken, 'reading an object')
  }
}
