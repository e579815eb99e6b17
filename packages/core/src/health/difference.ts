import { isRecord } from '../registry/document.ts'

/** A value in few words. */
export const shown = (value: unknown): string => {
  const text = value === undefined ? 'nothing' : JSON.stringify(value)
  return text.length <= 80 ? text : `${text.slice(0, 79).toWellFormed()}…`
}

/**
 * Whether a number is as good as the expected one: they differ by the tolerance at most, times the expected one where that
 * is more than 1.
 */
export const isClose = (expected: number, found: number, tolerance: number): boolean =>
  Math.abs(found - expected) <= tolerance * Math.max(1, Math.abs(expected))

const differs = (where: string, expected: unknown, found: unknown) =>
  `${where} is ${shown(found)} instead of ${shown(expected)}`

/**
 * The first place where a document is not as expected, in words; undefined when it is. Objects may hold more than what is
 * expected of them, lists may not.
 */
export const difference = (expected: unknown, found: unknown, tolerance: number, where = '$'): string | undefined => {
  if (typeof expected === 'number' && typeof found === 'number')
    return isClose(expected, found, tolerance) ? undefined : differs(where, expected, found)
  if (Array.isArray(expected)) {
    if (!Array.isArray(found) || found.length !== expected.length) return differs(where, expected, found)
    return firstOf(expected.keys(), (index) =>
      difference(expected[index], found[index], tolerance, `${where}[${index}]`),
    )
  }
  if (isRecord(expected)) {
    if (!isRecord(found)) return differs(where, expected, found)
    return firstOf(Object.keys(expected), (key) =>
      difference(expected[key], Object.hasOwn(found, key) ? found[key] : undefined, tolerance, `${where}.${key}`),
    )
  }
  return expected === found ? undefined : differs(where, expected, found)
}

/** The first complaint that there is. */
export const firstOf = <T>(items: Iterable<T>, complaint: (item: T) => string | undefined): string | undefined => {
  for (const item of items) {
    const found = complaint(item)
    if (found !== undefined) return found
  }
  return undefined
}
