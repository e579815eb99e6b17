/** A value of a JSON document; NaN and infinities are texts there. */
export type Json = string | number | boolean | null | readonly Json[] | { readonly [key: string]: Json }
export type JsonObject = { readonly [key: string]: Json }

export const isObject = (value: Json | undefined): value is JsonObject =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

export const objectAt = (value: Json | undefined, key: string): JsonObject | undefined => {
  const inner = isObject(value) ? value[key] : undefined
  return isObject(inner) ? inner : undefined
}

export const isList = (value: Json | undefined): value is readonly Json[] => Array.isArray(value)

/** Strings, which stay, or the names that Python writes for what is no number. */
const STRING_OR_NAME = /"(?:[^"\\]|\\.)*"|-?\b(?:NaN|Infinity)\b/gs

/** Parses JSON, also with the bare NaN and Infinity that Python's json module writes. Undefined when it is none. */
export const parseJson = (text: string): Json | undefined => {
  const quoted = text.replace(STRING_OR_NAME, (found) => (found.startsWith('"') ? found : `"${found}"`))
  try {
    return JSON.parse(quoted) as Json
  } catch {
    return undefined
  }
}
