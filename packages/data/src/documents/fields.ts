export type Fields = Readonly<Record<string, unknown>>

/** The fields of a mapping; none when the value is something else. */
export const fieldsOf = (value: unknown): Fields =>
  typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Fields) : {}
