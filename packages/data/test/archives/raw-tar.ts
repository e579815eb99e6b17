/** A tar header and body by hand: what no library would write. */
export interface RawEntry {
  readonly name: string
  readonly type?: string
  readonly body?: string | Uint8Array
  /** What the header claims; the body's length when absent. */
  readonly size?: number | string
  readonly prefix?: string
  /** Instead of the right one. */
  readonly checksum?: number
}

const BLOCK = 512
const encoder = new TextEncoder()

const padded = (bytes: Uint8Array) => {
  const whole = new Uint8Array(Math.ceil(bytes.length / BLOCK) * BLOCK)
  whole.set(bytes)
  return whole
}

export const rawEntry = ({ name, type = '0', body = '', size, prefix = '', checksum }: RawEntry): Uint8Array => {
  const bytes = typeof body === 'string' ? encoder.encode(body) : body
  const header = new Uint8Array(BLOCK)
  const put = (at: number, text: string) => header.set(Buffer.from(text, 'latin1'), at)
  put(0, name)
  put(100, '0000644\0')
  const claimed = size ?? bytes.length
  put(124, typeof claimed === 'string' ? claimed : `${claimed.toString(8).padStart(11, '0')}\0`)
  put(148, '        ')
  put(156, type)
  put(257, 'ustar\x0000')
  put(345, prefix)
  const sum = header.reduce((total, byte) => total + byte, 0)
  put(148, `${(checksum ?? sum).toString(8).padStart(6, '0')}\0 `)
  return Buffer.concat([header, padded(bytes)])
}

export const rawTar = (entries: readonly RawEntry[]): Uint8Array =>
  Buffer.concat([...entries.map(rawEntry), new Uint8Array(2 * BLOCK)])

/** The body of a pax header. */
export const paxRecord = (key: string, value: string): string => {
  const rest = ` ${key}=${value}\n`
  let length = rest.length
  while (String(length).length + rest.length !== length) length = String(length).length + rest.length
  return `${length}${rest}`
}
