import type { Column } from './column.ts'
import { shown } from './faults.ts'

/** Up to RUN rows of a table; the columns hold their cells until the next run is asked for. */
export interface Run {
  readonly rows: number
  /** Number of the first row, counted from 0. */
  readonly first: number
  /** Where a row of the run stands: `row 17 (line 18)`. */
  readonly place: (row: number) => string
}

/** A table of any format. */
export interface Table {
  /** What the user calls it. */
  readonly source: string
  readonly columns: readonly string[]
  /** Fills the columns, by the names of the table, run by run. May be called again, then it reads again from the start. */
  readonly read: (wanted: readonly Wanted[], faults: TableFaults) => AsyncGenerator<Run, void, undefined>
}

export interface Wanted {
  readonly name: string
  readonly column: Column
}

/** What a reader reports; see `Faults`. */
export interface TableFaults {
  readonly add: (code: 'E-VALUE' | 'E-ROW', text: string) => void
  readonly count: () => number
  readonly backTo: (count: number) => void
}

/** Columns that a reader fills, by their position in the table. */
export const byPosition = (names: readonly string[], wanted: readonly Wanted[]): readonly (readonly Column[])[] =>
  names.map((name) => wanted.filter((one) => one.name === name).map(({ column }) => column))

/** The fault of a cell that has to be a number. */
export const notANumber = (place: string, name: string, text: string): string =>
  text === '' ? `${place}: ${name} is empty` : `${place}: ${name} is ${shown(text)}, not a number`
