import { canonicalText } from '../text.ts'

/** Receives a 64-bit hash in two halves. */
export interface HashHalves {
  readonly high: Uint32Array
  readonly low: Uint32Array
}

const encoder = new TextEncoder()
const decoder = new TextDecoder()

const mixed = (value: number) => {
  // The finalizer of MurmurHash3.
  let hash = value
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b)
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35)
  return (hash ^ (hash >>> 16)) >>> 0
}

const hashPlain = (bytes: Uint8Array, start: number, end: number, into: HashHalves, at: number): void => {
  let high = 0x9e3779b9
  let low = 0x85ebca77
  for (let index = start; index < end; index += 1) {
    high = Math.imul(high ^ (bytes[index] ?? 0), 0xcc9e2d51)
    high = (high << 15) | (high >>> 17)
    // The second half takes in the first, so that the two do not collide together.
    low = Math.imul(low ^ high, 0x1b873593)
    low = (low << 13) | (low >>> 19)
  }
  const length = end - start
  into.high[at] = mixed(high ^ low ^ length)
  into.low[at] = mixed(low + Math.imul(high, 5) + length)
}

/** Whether bytes could be a text that has another spelling: it ends in `0` after a point, or is `true` or `false`. */
const mayBeSpelledOtherwise = (bytes: Uint8Array, start: number, end: number): boolean => {
  const last = bytes[end - 1]
  if (last === 0x30) {
    let at = end - 2
    while (at > start && bytes[at] === 0x30) at -= 1
    return bytes[at] === 0x2e
  }
  return (last === 0x65 || last === 0x45) && (end - start === 4 || end - start === 5)
}

/** Hashes a text's UTF-8 bytes so that every format of a table gives the same halves for the same cell. */
export const hashBytes = (bytes: Uint8Array, start: number, end: number, into: HashHalves, at: number): void => {
  if (!mayBeSpelledOtherwise(bytes, start, end)) return hashPlain(bytes, start, end, into, at)
  const spelled = encoder.encode(canonicalText(decoder.decode(bytes.subarray(start, end))))
  hashPlain(spelled, 0, spelled.length, into, at)
}

let scratch = new Uint8Array(256)

export const hashText = (text: string, into: HashHalves, at: number): void => {
  // A unit of UTF-16 takes at most three bytes.
  if (text.length * 3 > scratch.length) scratch = new Uint8Array(text.length * 3)
  hashBytes(scratch, 0, encoder.encodeInto(text, scratch).written, into, at)
}
