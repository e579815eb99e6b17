/**
 * The one spelling of a label, id or cluster: `1.0` is `1`, and `True` is `true`, because the same table has them so or so
 * depending on the format it was written in.
 */
export const canonicalText = (text: string): string => {
  const [, sign = '', digits = ''] = /^(-?)(\d+)\.0+$/.exec(text) ?? []
  if (digits !== '') return /^0+$/.test(digits) ? digits : `${sign}${digits}`
  return /^(true|false)$/i.test(text) ? text.toLowerCase() : text
}

const NUMBER = /^[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?$/i
const NAMED: ReadonlyMap<string, number> = new Map([
  ['nan', Number.NaN],
  ['inf', Infinity],
  ['+inf', Infinity],
  ['-inf', -Infinity],
  ['infinity', Infinity],
  ['+infinity', Infinity],
  ['-infinity', -Infinity],
])

/** A text that is a number as a whole, also Python's and JavaScript's names of what is none; undefined for any other. */
export const numberOf = (text: string): number | undefined =>
  NUMBER.test(text) ? Number(text) : NAMED.get(text.toLowerCase())
