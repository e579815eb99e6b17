import { canonicalText } from './text.ts'

/** The different texts of one or more columns, numbered as they come. Code 0 is the empty cell. */
export interface Codes {
  readonly texts: readonly string[]
  readonly of: (text: string) => number
  /** The code of UTF-8 bytes; equal bytes are decoded only once. */
  readonly ofBytes: (bytes: Uint8Array, start: number, end: number) => number
}

export const EMPTY = 0

const decoder = new TextDecoder()

const grown = <T extends Uint8Array | Uint32Array>(array: T, length: number): T => {
  if (length <= array.length) return array
  const larger = new (array.constructor as new (length: number) => T)(Math.max(length, array.length * 2))
  larger.set(array)
  return larger
}

/**
 * @param limit how many different texts are kept
 * @param overflow called for each text beyond
 */
export const createCodes = (limit: number, overflow: () => never): Codes => {
  const texts = ['']
  const byText = new Map([['', EMPTY]])

  const of = (text: string): number => {
    const spelled = canonicalText(text)
    const known = byText.get(spelled)
    if (known !== undefined) return known
    if (texts.length > limit) overflow()
    byText.set(spelled, texts.length)
    return texts.push(spelled) - 1
  }

  // An open hash table over the bytes as they stand: entry n - 1 lies at `ends[n - 2]` to `ends[n - 1]` of the arena.
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

  const insert = (bytes: Uint8Array, start: number, end: number, hash: number): number => {
    const code = of(decoder.decode(bytes.subarray(start, end)))
    const from = entries === 0 ? 0 : (ends[entries - 1] ?? 0)
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
    const from = entry === 0 ? 0 : (ends[entry - 1] ?? 0)
    if ((ends[entry] ?? 0) - from !== end - start) return false
    for (let at = start; at < end; at += 1) if (bytes[at] !== arena[from + at - start]) return false
    return true
  }

  const ofBytes = (bytes: Uint8Array, start: number, end: number): number => {
    if (start === end) return EMPTY
    // FNV-1a: short texts, and a collision costs only the comparison below.
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

  return { texts, of, ofBytes }
}
