import { ActionError } from '@mlops/core'
import { SLACK } from './words.ts'

/** The part of a stream that is looked at. `bytes[to]` is always a line feed, so that a search ends without a bound. */
export interface ByteWindow {
  readonly bytes: () => Uint8Array
  readonly view: () => DataView
  readonly to: () => number
  /** Keeps what lies from `from` on, moved to the front, and adds the next bytes; false at the end of the stream. */
  readonly more: (from: number) => Promise<boolean>
  /** Lets go of the stream. */
  readonly close: () => Promise<void>
}

const FIRST = 1 << 18
/** A row that is longer is no row. */
const LONGEST = 64 << 20
const LINE_FEED = 10

const tooLong = (source: string) =>
  new ActionError({
    code: 'E-ROW',
    kind: 'user',
    what: `a row of ${source} is longer than 64 MiB`,
    why: 'a quote is not closed, or the file is no table of lines',
    hint: 'write the file again as CSV, Parquet or JSON lines',
  })

/**
 * A window over a stream of chunks; a chunk is not used after the next one was asked for. The stream's last line ends with a
 * line feed even if it does not.
 */
export const openWindow = (chunks: AsyncIterable<Uint8Array>, source: string): ByteWindow => {
  const iterator = chunks[Symbol.asyncIterator]()
  let bytes = new Uint8Array(FIRST + SLACK)
  let view = new DataView(bytes.buffer)
  let to = 0
  let last = LINE_FEED

  const append = (chunk: Uint8Array) => {
    if (to + chunk.length + SLACK > bytes.length) {
      if (to > LONGEST) throw tooLong(source)
      const larger = new Uint8Array(Math.max(bytes.length * 2, to + chunk.length + SLACK))
      larger.set(bytes.subarray(0, to))
      bytes = larger
      view = new DataView(bytes.buffer)
    }
    bytes.set(chunk, to)
    to += chunk.length
    last = chunk[chunk.length - 1] ?? last
    bytes[to] = LINE_FEED
  }

  return {
    bytes: () => bytes,
    view: () => view,
    to: () => to,
    more: async (from) => {
      bytes.copyWithin(0, from, to)
      to -= from
      for (;;) {
        const { value, done } = await iterator.next()
        if (done === true) break
        if (value.length === 0) continue
        append(value)
        return true
      }
      if (last === LINE_FEED) return false
      append(Uint8Array.of(LINE_FEED))
      return true
    },
    close: async () => {
      await iterator.return?.()
    },
  }
}
