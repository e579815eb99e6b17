export interface Masks {
  /** Hides a value, each of its lines, and its usual encodings, in everything from now on. */
  readonly add: (value: string) => void
  readonly apply: (text: string) => string
  readonly touches: (text: string) => boolean
}

const withoutQuotes = (json: string) => json.slice(1, -1)

// A secret inside a longer base64 text starts at one of three bit offsets; actions/runner hides all of them
// (src/Sdk/DTLogging/Logging/ValueEncoders.cs).
const base64Shifted = (value: string, shift: number): string => {
  const bytes = Buffer.from(value)
  if (bytes.length <= shift) return ''
  return bytes.subarray(shift).toString('base64').replace(/=+$/, '').slice(0, -1)
}

const encodingsOf = (value: string): readonly string[] => [
  value,
  withoutQuotes(JSON.stringify(value)),
  encodeURIComponent(value),
  Buffer.from(value).toString('base64'),
  ...[0, 1, 2].map((shift) => base64Shifted(value, shift)).filter((text) => text.length >= 8),
]

/** Keeps secrets out of everything that is printed or handed on. */
export const createMasks = (secrets: readonly string[] = []): Masks => {
  const hidden = new Set<string>()
  let ordered: readonly string[] | undefined
  const add = (value: string) => {
    ordered = undefined
    const lines = value.split(/\r?\n/).filter((line) => line.trim() !== '')
    for (const part of [...lines, ...(value.trim() === '' ? [] : [value])])
      for (const text of encodingsOf(part)) hidden.add(text)
  }
  for (const secret of secrets) add(secret)
  // The longest first: a secret may contain another.
  const longestFirst = () => {
    ordered ??= [...hidden].toSorted((a, b) => b.length - a.length)
    return ordered
  }
  return {
    add,
    apply: (text) => longestFirst().reduce((masked, value) => masked.replaceAll(value, '***'), text),
    touches: (text) => [...hidden].some((value) => text.includes(value)),
  }
}
