import type { Slice, SliceCondition } from '@mlops/core'
import { createCodes, EMPTY } from './codes.ts'
import { codeColumn, numberColumn, RUN } from './column.ts'
import { fileError } from './faults.ts'
import type { Run, Wanted } from './table.ts'
import { numberOf } from '../text.ts'

/** A slice by each value of a column has at most so many. */
const MOST_VALUES = 1000
/** A column that a filter compares as text has at most so many different values. */
const MOST_TEXTS = 1_000_000

/** Rows of the run that belong to the part with this name. */
type Visit = (name: string, rows: Uint32Array, count: number) => void

/** Finds the rows of a slice in each run. */
export interface Selector {
  readonly slice: Slice
  readonly wanted: readonly Wanted[]
  readonly select: (run: Run, visit: Visit) => void
  /** Names of the parts in order; those without a row too. */
  readonly names: () => readonly string[]
}

const tooMany = (column: string, limit: number) =>
  fileError(
    'E-VALUE',
    `the column ${column} has more than ${limit} different values`,
    'each of them would be a slice of its own, or would have to be compared as a text',
    'slice by a column with fewer values, or by a condition like "spend > 100"',
  )

const named = (column: string, text: string) => (text === '' ? `${column} is empty` : `${column} = ${text}`)

/** Numbers in their order, other texts after them. */
const byValue = (one: string, other: string): number => {
  const [first, second] = [numberOf(one), numberOf(other)]
  if (first !== undefined && second !== undefined) return first - second
  if (first !== undefined || second !== undefined) return first === undefined ? 1 : -1
  return one < other ? -1 : Number(one > other)
}

const selectEach = (slice: Slice & { readonly kind: 'each' }): Selector => {
  const { column } = slice
  const codes = createCodes(MOST_VALUES, () => {
    throw tooMany(column, MOST_VALUES)
  })
  const cells = codeColumn(codes)
  const rows = new Uint32Array(RUN)
  let hasEmpty = false

  const select: Selector['select'] = (run, visit) => {
    // Sorts the rows by code, keeping their order within each.
    const ends = new Uint32Array(codes.texts.length + 1)
    for (let row = 0; row < run.rows; row += 1) {
      const code = cells.values[row] ?? EMPTY
      ends[code + 1] = (ends[code + 1] ?? 0) + 1
    }
    for (let at = 1; at < ends.length; at += 1) ends[at] = (ends[at] ?? 0) + (ends[at - 1] ?? 0)
    const next = ends.slice()
    for (let row = 0; row < run.rows; row += 1) {
      const code = cells.values[row] ?? EMPTY
      rows[next[code] ?? 0] = row
      next[code] = (next[code] ?? 0) + 1
    }
    hasEmpty ||= (ends[1] ?? 0) > 0
    for (const [code, text] of codes.texts.entries()) {
      const [from, to] = [ends[code] ?? 0, ends[code + 1] ?? 0]
      if (to > from) visit(named(column, text), rows.subarray(from, to), to - from)
    }
  }
  const names = () => {
    const texts = codes.texts.filter((_, code) => code !== EMPTY).toSorted(byValue)
    return [...texts, ...(hasEmpty ? [''] : [])].map((text) => named(column, text))
  }
  return { slice, wanted: [{ name: column, column: cells }], select, names }
}

type Compare = (one: number | string, other: number | string) => boolean

const COMPARE: Readonly<Record<SliceCondition['op'], Compare>> = {
  '=': (one, other) => one === other,
  '!=': (one, other) => one !== other,
  '<': (one, other) => one < other,
  '<=': (one, other) => one <= other,
  '>': (one, other) => one > other,
  '>=': (one, other) => one >= other,
}

interface Test {
  readonly wanted: Wanted
  readonly holds: (row: number) => boolean
}

/** An order against a number: the cells have to be numbers. An empty cell meets no condition. */
const testNumber = (column: string, compare: Compare, literal: number): Test => {
  const cells = numberColumn(true)
  const holds = (row: number) => {
    const value = cells.values[row] ?? Number.NaN
    return !Number.isNaN(value) && compare(value, literal)
  }
  return { wanted: { name: column, column: cells }, holds }
}

/** Texts are compared as labels are; a number is equal to every spelling of it. Each different text is looked at once. */
const testText = (column: string, compare: Compare, literal: number | string): Test => {
  const codes = createCodes(MOST_TEXTS, () => {
    throw tooMany(column, MOST_TEXTS)
  })
  const cells = codeColumn(codes)
  const answers: boolean[] = []
  const answer = (code: number) => {
    const text = codes.texts[code] ?? ''
    return code !== EMPTY && compare(typeof literal === 'number' ? (numberOf(text) ?? text) : text, literal)
  }
  return {
    wanted: { name: column, column: cells },
    holds: (row) => {
      const code = cells.values[row] ?? EMPTY
      return (answers[code] ??= answer(code))
    },
  }
}

const testOf = ({ column, op, literal }: SliceCondition): Test =>
  typeof literal === 'number' && op !== '=' && op !== '!='
    ? testNumber(column, COMPARE[op], literal)
    : testText(column, COMPARE[op], literal)

const selectFilter = (slice: Slice & { readonly kind: 'filter' }): Selector => {
  const tests = slice.conditions.map(testOf)
  const rows = new Uint32Array(RUN)
  return {
    slice,
    wanted: tests.map(({ wanted }) => wanted),
    names: () => [slice.text],
    select: (run, visit) => {
      let count = 0
      for (let row = 0; row < run.rows; row += 1) if (tests.every(({ holds }) => holds(row))) rows[count++] = row
      visit(slice.text, rows, count)
    },
  }
}

export const selectorOf = (slice: Slice): Selector => (slice.kind === 'each' ? selectEach(slice) : selectFilter(slice))
