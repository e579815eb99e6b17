import type { Codes, TextSpans } from './codes.ts'
import { hashBytes, hashText } from './hash.ts'
import { numberOf } from '../text.ts'
import { SLACK } from './words.ts'

/** Rows of one run. Every run but a table's last is full, so that two tables can be read in step. */
export const RUN = 1 << 14

/** A column's cells for one run, in the form that its use needs. A reader fills it again for each run. */
export type Column =
  | { readonly kind: 'code'; readonly values: Uint32Array; readonly codes: Codes }
  /** `gaps`: an empty cell is NaN instead of a fault. */
  | { readonly kind: 'number'; readonly values: Float64Array; readonly gaps: boolean }
  /** A hash of the text; an empty cell's two halves are 0. */
  | { readonly kind: 'hash'; readonly high: Uint32Array; readonly low: Uint32Array }

export const codeColumn = (codes: Codes, rows = RUN) => ({
  kind: 'code' as const,
  values: new Uint32Array(rows),
  codes,
})
export const numberColumn = (gaps = false, rows = RUN) => ({
  kind: 'number' as const,
  values: new Float64Array(rows),
  gaps,
})
export const hashColumn = (rows = RUN) => ({
  kind: 'hash' as const,
  high: new Uint32Array(rows),
  low: new Uint32Array(rows),
})

/** An empty column of another length that takes the same cells. */
export const columnLike = (column: Column, rows: number): Column => {
  if (column.kind === 'code') return codeColumn(column.codes, rows)
  return column.kind === 'number' ? numberColumn(column.gaps, rows) : hashColumn(rows)
}

const decoder = new TextDecoder('latin1')

/** Powers of ten that a double holds exactly; a quotient of two exact doubles is rounded once (Clinger 1990). */
const TENS = Float64Array.from({ length: 23 }, (_, power) => 10 ** power)

/** A decimal of at most 2^53 without an exponent, or NaN when the slow way has to look at it. */
const plainDecimal = (bytes: Uint8Array, start: number, end: number): number => {
  const negative = bytes[start] === 0x2d
  let digits = 0
  let value = 0
  let fraction = -1
  for (let at = negative ? start + 1 : start; at < end; at += 1) {
    const byte = bytes[at] ?? 0
    if (byte >= 0x30 && byte <= 0x39) {
      value = value * 10 + byte - 0x30
      digits += 1
    } else if (byte === 0x2e && fraction < 0) fraction = digits
    else return Number.NaN
  }
  const places = fraction < 0 ? 0 : digits - fraction
  if (digits === 0 || value > Number.MAX_SAFE_INTEGER || places > 22) return Number.NaN
  const size = places === 0 ? value : value / (TENS[places] ?? 1)
  return negative ? -size : size
}

/** Puts UTF-8 bytes into a column's row; false when they are no number and have to be one. */
export const storeBytes = (column: Column, row: number, bytes: Uint8Array, start: number, end: number): boolean => {
  if (column.kind === 'code') {
    column.values[row] = column.codes.ofBytes(bytes, start, end)
    return true
  }
  if (column.kind === 'hash') {
    if (start < end) hashBytes(bytes, start, end, column, row)
    else column.high[row] = column.low[row] = 0
    return true
  }
  const plain = plainDecimal(bytes, start, end)
  if (!Number.isNaN(plain)) {
    column.values[row] = plain
    return true
  }
  return storeText(column, row, decoder.decode(bytes.subarray(start, end)))
}

/** Puts the texts of rows `from` to `to` into a column; `onText` gets each that is no number and has to be one. */
export const storeSpans = (
  column: Column,
  from: number,
  to: number,
  spans: TextSpans,
  onText: (row: number, text: string) => void,
): void => {
  if (column.kind === 'code') return column.codes.ofSpans(spans, from, to, column.values)
  const { bytes, starts, ends } = spans
  for (let row = from; row < to; row += 1) {
    const [start, end] = [starts[row] ?? 0, ends[row] ?? 0]
    if (!storeBytes(column, row, bytes, start, end)) onText(row, decoder.decode(bytes.subarray(start, end)))
  }
}

/** Puts a text into a column's row; false when it is no number and has to be one. */
export const storeText = (column: Column, row: number, text: string): boolean => {
  if (column.kind === 'code') {
    column.values[row] = column.codes.of(text)
    return true
  }
  if (column.kind === 'hash') {
    if (text !== '') hashText(text, column, row)
    else column.high[row] = column.low[row] = 0
    return true
  }
  const value = text === '' ? undefined : numberOf(text)
  column.values[row] = value ?? Number.NaN
  return value !== undefined || (text === '' && column.gaps)
}

const digits = new Uint8Array(32)

/** Puts a whole number below 2^53 into a column's row, as a text without making one. */
export const storeInteger = (column: Column, row: number, value: number): void => {
  if (column.kind === 'number') {
    column.values[row] = value
    return
  }
  let start = digits.length - SLACK
  let left = Math.abs(value)
  do {
    const next = Math.floor(left / 10)
    digits[--start] = 0x30 + left - next * 10
    left = next
  } while (left > 0)
  if (value < 0) digits[--start] = 0x2d
  storeBytes(column, row, digits, start, digits.length - SLACK)
}

/** A value as CSV would show it. */
export const cellText = (value: unknown): string => {
  if (value === undefined || value === null) return ''
  if (typeof value === 'string') return value
  return typeof value === 'object' ? JSON.stringify(value) : `${value as number | bigint | boolean}`
}

/** Puts a value of JavaScript into a column's row; false when it is no number and has to be one. */
export const storeValue = (column: Column, row: number, value: unknown): boolean => {
  if (column.kind !== 'number' || typeof value !== 'number') return storeText(column, row, cellText(value))
  column.values[row] = value
  return true
}
