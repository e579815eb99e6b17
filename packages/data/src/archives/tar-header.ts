export const BLOCK = 512

export interface TarHeader {
  readonly name: string
  readonly size: number
  /** The type flag; an old archive's NUL is '0'. */
  readonly type: string
}

const decoder = new TextDecoder()

const textAt = (block: Uint8Array, from: number, length: number): string => {
  const field = block.subarray(from, from + length)
  const end = field.indexOf(0)
  return decoder.decode(end < 0 ? field : field.subarray(0, end))
}

/** Octal digits, or GNU's binary form for large files. NaN when it is neither. */
const numberAt = (block: Uint8Array, from: number, length: number): number => {
  const field = block.subarray(from, from + length)
  if (((field[0] ?? 0) & 0x80) !== 0) {
    // 0xff begins a negative number, which no size is.
    if (field[0] !== 0x80) return Number.NaN
    return field.subarray(1).reduce((value, byte) => value * 256 + byte, 0)
  }
  const text = decoder.decode(field).replaceAll('\0', ' ').trim()
  return /^[0-7]*$/.test(text) ? Number.parseInt(text === '' ? '0' : text, 8) : Number.NaN
}

const isSound = (block: Uint8Array): boolean => {
  // The checksum is taken with its own field as blanks.
  const sum = block.reduce((total, byte, at) => total + (at >= 148 && at < 156 ? 32 : byte), 0)
  return numberAt(block, 148, 8) === sum
}

/** Reads a header block; undefined when it is none. */
export const readHeader = (block: Uint8Array): TarHeader | undefined => {
  const size = numberAt(block, 124, 12)
  if (!isSound(block) || !Number.isSafeInteger(size)) return undefined
  const [name, prefix] = [textAt(block, 0, 100), textAt(block, 345, 155)]
  const isPosix = decoder.decode(block.subarray(257, 263)) === 'ustar\0'
  const type = block[156] === 0 ? '0' : String.fromCodePoint(block[156] ?? 0)
  return { name: isPosix && prefix !== '' ? `${prefix}/${name}` : name, size, type }
}

/** The records of a pax header: `length key=value\n`. Undefined when they are malformed. */
export const readPax = (bytes: Uint8Array): ReadonlyMap<string, string> | undefined => {
  const records = new Map<string, string>()
  for (let at = 0; at < bytes.length;) {
    const blank = bytes.indexOf(0x20, at)
    const digits = decoder.decode(bytes.subarray(at, Math.max(at, blank)))
    const end = at + (/^\d{1,7}$/.test(digits) ? Number(digits) : Number.NaN)
    const text = end <= bytes.length ? decoder.decode(bytes.subarray(blank + 1, end)) : ''
    const [, key, value] = /^([^=]+)=(.*)\n$/s.exec(text) ?? []
    if (key === undefined || value === undefined) return undefined
    records.set(key, value)
    at = end
  }
  return records
}
