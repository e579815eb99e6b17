import { canonicalText } from '../text.ts'
import { fileError, shown } from './faults.ts'
import { SLACK } from './words.ts'

/** The different texts of one or more columns, numbered as they come. Code 0 is the empty cell. */
export interface Codes {
  readonly texts: readonly string[]
  readonly of: (text: string) => number
  /** Whether an empty cell was ever among them. */
  readonly hasEmpty: () => boolean
  /** The code of UTF-8 bytes; equal bytes are decoded only once. */
  readonly ofBytes: (bytes: Uint8Array, start: number, end: number) => number
  /** The codes of the texts of rows `from` to `to`: faster than one by one. */
  readonly ofSpans: (spans: TextSpans, from: number, to: number, codes: Uint32Array) => void
}

export const EMPTY = 0

/** Texts that were taken for labels are numbers, and have to be read again as such. */
export class NotLabels extends Error {}

const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })

const decode = (bytes: Uint8Array): string => {
  try {
    return decoder.decode(bytes)
  } catch {
    // Replaced characters would make one class of two.
    throw fileError(
      'E-FORMAT',
      'a text of the predictions is not UTF-8',
      `it is ${shown(new TextDecoder().decode(bytes))}`,
      'write the file in UTF-8',
    )
  }
}

const grown = <T extends Uint8Array | Uint32Array>(array: T, length: number): T => {
  if (length <= array.length) return array
  const larger = new (array.constructor as new (length: number) => T)(Math.max(length, array.length * 2))
  larger.set(array)
  return larger
}

type OfBytes = (bytes: Uint8Array, start: number, end: number) => number

/** Texts of rows, by where they lie in bytes. */
export interface TextSpans {
  readonly bytes: Uint8Array
  readonly starts: Uint32Array
  readonly ends: Uint32Array
}

/** By length of a text, what of its first and second word belongs to it. A table, for lengths are what no processor foresees. */
const FIRST = Int32Array.of(0, 0xff, 0xffff, 0xffffff, -1, -1, -1, -1, -1)
const SECOND = Int32Array.of(0, 0, 0, 0, 0, 0xff, 0xffff, 0xffffff, -1)

/** The slot of a text, or the free one that it belongs into. */
const slotOf = (table: Int32Array, one: number, two: number, length: number) => {
  const mask = table.length - 1
  const hash = Math.imul(one, 0x9e3779b1) ^ Math.imul(two ^ length, 0x85ebca6b)
  for (let slot = ((hash ^ (hash >>> 15)) << 2) & mask; ; slot = (slot + 4) & mask)
    if (table[slot + 2] === 0 || (table[slot] === one && table[slot + 1] === two && table[slot + 2] === length))
      return slot
}

/**
 * An open hash table of texts of up to 8 bytes, which most labels are: a text is two words and a length, so that it is found
 * without a loop over its bytes.
 *
 * @param other finds or makes the code of any text
 */
const createShortTexts = (other: OfBytes) => {
  /** By slot: the two words, the length (0: free) and the code. */
  let table = new Int32Array(4 * 256)
  let entries = 0

  const widened = () => {
    const larger = new Int32Array(table.length * 2)
    for (let at = 0; at < table.length; at += 4)
      if (table[at + 2] !== 0)
        larger.set(table.subarray(at, at + 4), slotOf(larger, table[at] ?? 0, table[at + 1] ?? 0, table[at + 2] ?? 0))
    return larger
  }
  return ({ bytes, starts, ends }: TextSpans, from: number, to: number, codes: Uint32Array): void => {
    const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
    let known = table
    for (let row = from; row < to; row += 1) {
      const start = starts[row] ?? 0
      const end = ends[row] ?? 0
      const length = end - start
      if (length === 0 || length > SLACK || start + SLACK > bytes.length) {
        codes[row] = other(bytes, start, end)
        continue
      }
      const one = view.getInt32(start, true) & (FIRST[length] ?? 0)
      const two = view.getInt32(start + 4, true) & (SECOND[length] ?? 0)
      const slot = slotOf(known, one, two, length)
      if (known[slot + 2] === 0) {
        known.set([one, two, length, other(bytes, start, end)], slot)
        entries += 1
        if (entries * 8 > known.length) known = table = widened()
        codes[row] = other(bytes, start, end)
      } else codes[row] = known[slot + 3] ?? EMPTY
    }
  }
}

/** An open hash table of texts of any length, kept as bytes: equal ones are decoded only once. */
const createLongTexts = (decoded: OfBytes): OfBytes => {
  // Entry n lies at `ends[n - 1]` to `ends[n]` of the arena.
  let slots = new Uint32Array(256)
  let arena = new Uint8Array(4096)
  let hashes = new Uint32Array(128)
  let ends = new Uint32Array(128)
  let codes = new Uint32Array(128)
  let entries = 0

  const enter = (entry: number) => {
    const mask = slots.length - 1
    const hash = hashes[entry] ?? 0
    let slot = (hash ^ (hash >>> 15)) & mask
    while (slots[slot] !== 0) slot = (slot + 1) & mask
    slots[slot] = entry + 1
  }
  const startOf = (entry: number) => (entry === 0 ? 0 : (ends[entry - 1] ?? 0))
  const insert = (bytes: Uint8Array, start: number, end: number, hash: number): number => {
    const code = decoded(bytes, start, end)
    const from = startOf(entries)
    arena = grown(arena, from + end - start)
    hashes = grown(hashes, entries + 1)
    ends = grown(ends, entries + 1)
    codes = grown(codes, entries + 1)
    arena.set(bytes.subarray(start, end), from)
    hashes[entries] = hash
    ends[entries] = from + end - start
    codes[entries] = code
    entries += 1
    if (entries * 2 > slots.length) {
      slots = new Uint32Array(slots.length * 2)
      for (let entry = 0; entry < entries; entry += 1) enter(entry)
    } else enter(entries - 1)
    return code
  }
  const isEntry = (entry: number, bytes: Uint8Array, start: number, end: number) => {
    const from = startOf(entry)
    if ((ends[entry] ?? 0) - from !== end - start) return false
    for (let at = start; at < end; at += 1) if (bytes[at] !== arena[from + at - start]) return false
    return true
  }
  return (bytes, start, end) => {
    // FNV-1a: a collision costs only the comparison below.
    let hash = 0x811c9dc5
    for (let at = start; at < end; at += 1) hash = Math.imul(hash ^ (bytes[at] ?? 0), 0x01000193)
    hash >>>= 0
    const mask = slots.length - 1
    for (let slot = (hash ^ (hash >>> 15)) & mask; ; slot = (slot + 1) & mask) {
      const entry = (slots[slot] ?? 0) - 1
      if (entry < 0) return insert(bytes, start, end, hash)
      if (hashes[entry] === hash && isEntry(entry, bytes, start, end)) return codes[entry] ?? EMPTY
    }
  }
}

/**
 * @param limit how many different texts are kept
 * @param overflow called for each text beyond
 */
export const createCodes = (limit: number, overflow: () => never): Codes => {
  const texts = ['']
  const byText = new Map<string, number>()
  let isEmptySeen = false

  const of = (text: string): number => {
    if (text === '') {
      isEmptySeen = true
      return EMPTY
    }
    const spelled = canonicalText(text)
    const known = byText.get(spelled)
    if (known !== undefined) return known
    if (texts.length > limit) overflow()
    byText.set(spelled, texts.length)
    return texts.push(spelled) - 1
  }

  const long = createLongTexts((bytes, start, end) => of(decode(bytes.subarray(start, end))))
  const ofBytes: OfBytes = (bytes, start, end) => (start === end ? of('') : long(bytes, start, end))
  return { texts, of, hasEmpty: () => isEmptySeen, ofBytes, ofSpans: createShortTexts(ofBytes) }
}
