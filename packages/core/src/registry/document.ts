/** What a text of ours turned out to be, that any version of the suite may have written. */
export type Document<T> =
  | { readonly kind: 'document'; readonly value: T }
  /** Written by a later version than this one. */
  | { readonly kind: 'newer'; readonly version: number }
  | { readonly kind: 'foreign'; readonly why: string }

export type Fields = Readonly<Record<string, unknown>>

export const isRecord = (value: unknown): value is Fields =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

const VERSION = 1

const parsed = (text: string): unknown => {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

/**
 * Reads a JSON document of version 1.
 *
 * @param complaint why an object is not such a document; undefined when it is one
 */
export const readDocument = <T>(text: string, complaint: (fields: Fields) => string | undefined): Document<T> => {
  const value = parsed(text)
  if (!isRecord(value)) return { kind: 'foreign', why: 'it is not a JSON object' }
  const { version } = value
  if (typeof version === 'number' && version > VERSION) return { kind: 'newer', version }
  const why = version === VERSION ? complaint(value) : 'its version is missing'
  // The complaint has checked what is relied on; a document of this version was written by the suite.
  return why === undefined ? { kind: 'document', value: value as T } : { kind: 'foreign', why }
}
