import { createHashIndex } from './hash-index.ts'
import { createCodes, EMPTY } from './codes.ts'
import { codeColumn, type Column, columnLike, hashColumn, RUN } from './column.ts'
import { fileError, shown } from './faults.ts'
import { type Run, type Table, type TableFaults, type Wanted } from './table.ts'

/** A table with the columns that are read of it. */
export interface Source {
  readonly table: Table
  readonly wanted: readonly Wanted[]
  readonly faults: TableFaults
}

/** The champion's own file: its columns are filled for the candidate's rows. */
export interface ChampionSource extends Source {
  /** Its own labels, when it has them, and the candidate's. They must be equal. */
  readonly truth?: { readonly name: string; readonly column: Column; readonly candidates: Column }
}

const unaligned = (candidate: Source, champion: Source, why: string) =>
  fileError(
    'E-UNALIGNED',
    `${candidate.table.source} and ${champion.table.source} are not about the same rows`,
    why,
    'score both models on the same data, and let both files keep an id',
  )

const differs = (one: Column, at: number, other: Column, otherAt: number): boolean =>
  (one.kind === 'code' && other.kind === 'code' && one.values[at] !== other.values[otherAt]) ||
  (one.kind === 'number' && other.kind === 'number' && one.values[at] !== other.values[otherAt])

const readSource = ({ table, wanted, faults }: Source) => table.read(wanted, faults)

const withTruth = ({ wanted, truth }: ChampionSource): readonly Wanted[] =>
  truth === undefined ? wanted : [...wanted, { name: truth.name, column: truth.column }]

/**
 * Both files row by row: they must have equally many rows, and the same labels in the same order. Files with faults are not
 * compared; their caller knows of them.
 */
export async function* readInStep(candidate: Source, champion: ChampionSource): AsyncGenerator<Run, void, undefined> {
  const others = readSource({ ...champion, wanted: withTruth(champion) })
  let [rows, otherRows, different, first] = [0, 0, 0, '']
  try {
    for await (const run of readSource(candidate)) {
      const { value: other } = await others.next()
      rows += run.rows
      otherRows += other?.rows ?? 0
      // Of unequal runs only the rows are counted: nothing can be compared any more.
      if (run.rows !== other?.rows) continue
      for (let row = 0; row < run.rows; row += 1) {
        if (champion.truth === undefined || !differs(champion.truth.column, row, champion.truth.candidates, row))
          continue
        if (different === 0) first = run.place(row)
        different += 1
      }
      yield run
    }
    for await (const run of others) otherRows += run.rows
  } finally {
    await others.return()
  }
  if (candidate.faults.count() + champion.faults.count() > 0) return
  const counts = rows === otherRows ? '' : `they have ${rows} and ${otherRows} rows`
  const labels = different === 0 ? '' : `the label differs in ${different} rows, first in ${first}`
  const why = [counts, labels].filter((part) => part !== '').join('; ')
  if (why !== '') throw unaligned(candidate, champion, `without an id column, they must agree row by row: ${why}`)
}

/** Text of a cell, found by reading the table again: only for a message. */
const textAt = async (table: Table, name: string, row: number): Promise<string> => {
  const never = { add: () => undefined, count: () => 0, backTo: () => undefined }
  const codes = createCodes(Infinity, () => {
    throw new Error('no limit was set')
  })
  const column = codeColumn(codes)
  for await (const run of table.read([{ name, column }], never))
    if (row < run.first + run.rows) return codes.texts[column.values[row - run.first] ?? EMPTY] ?? ''
  return ''
}

const duplicate = async ({ table }: Source, name: string, row: number, count: number) => {
  const id = shown(await textAt(table, name, row))
  const first = `${count} ${count === 1 ? 'row repeats' : 'rows repeat'} an id, first row ${row + 1} with ${id}`
  return fileError(
    'E-DUPLICATE-ID',
    `an id of ${table.source} occurs twice`,
    `two files are joined by ${name}; ${first}`,
    'let each row have an id of its own, or write both predictions into one file',
  )
}

/** Keeps a column's cells of all rows. */
const keep = (column: Column) => {
  const blocks: Column[] = []
  return {
    column,
    push: (rows: number) => {
      const block = columnLike(column, rows)
      copy(column, 0, block, 0, rows)
      blocks.push(block)
    },
    /** Puts a kept row into the column. Every block but the last is a full run. */
    restore: (kept: number, row: number) => {
      const block = blocks[Math.floor(kept / RUN)]
      if (block !== undefined) copy(block, kept % RUN, column, row, 1)
    },
  }
}

const copy = (from: Column, at: number, to: Column, toAt: number, rows: number): void => {
  if (from.kind === 'hash' || to.kind === 'hash') return
  to.values.set(from.values.subarray(at, at + rows), toAt)
}

const idOf = (ids: ReturnType<typeof hashColumn>, row: number) => [ids.high[row] ?? 0, ids.low[row] ?? 0] as const

interface Kept {
  readonly index: ReturnType<typeof createHashIndex>
  readonly columns: readonly ReturnType<typeof keep>[]
}

/** Reads the champion's file as a whole. */
const keepAll = async (champion: ChampionSource, id: string): Promise<Kept> => {
  const ids = hashColumn()
  const wanted = withTruth(champion)
  const columns = wanted.map(({ column }) => keep(column))
  const index = createHashIndex()
  let [repeated, firstRepeated] = [0, 0]
  for await (const run of readSource({ ...champion, wanted: [...wanted, { name: id, column: ids }] })) {
    for (const { push } of columns) push(run.rows)
    for (let row = 0; row < run.rows; row += 1) {
      const [high, low] = idOf(ids, row)
      if (high === 0 && low === 0) champion.faults.add('E-VALUE', `${run.place(row)}: ${id} is empty`)
      // A repeated one does not grow the index, so that its numbers are those of the rows only while none is.
      else if (index.enter(high, low) < run.first + row - repeated) {
        if (repeated === 0) firstRepeated = run.first + row
        repeated += 1
      }
    }
  }
  if (repeated > 0 && champion.faults.count() === 0) throw await duplicate(champion, id, firstRepeated, repeated)
  return { index, columns }
}

/** Counts rows, and keeps the first. */
const countFrom = () => {
  const state = { count: 0, first: 0 }
  return {
    state,
    note: (row: number) => {
      if (state.count === 0) state.first = row
      state.count += 1
    },
  }
}

/**
 * Both files joined by id: the two sets of ids must be equal. Reads the champion's into memory. Files with faults are not
 * compared; their caller knows of them.
 */
export async function* readJoined(
  candidate: Source,
  champion: ChampionSource,
  id: string,
): AsyncGenerator<Run, void, undefined> {
  const { index, columns } = await keepAll(champion, id)
  if (champion.faults.count() > 0) return
  const ids = hashColumn()
  const seen = new Uint8Array(index.size())
  const [missing, repeated, different] = [countFrom(), countFrom(), countFrom()]
  const { truth } = champion
  for await (const run of readSource({ ...candidate, wanted: [...candidate.wanted, { name: id, column: ids }] })) {
    for (let row = 0; row < run.rows; row += 1) {
      const [high, low] = idOf(ids, row)
      const kept = index.find(high, low)
      if (high === 0 && low === 0) candidate.faults.add('E-VALUE', `${run.place(row)}: ${id} is empty`)
      else if (kept === undefined) {
        missing.note(run.first + row)
        // Nothing is counted in the end; an empty cell in its place would be taken for the fault itself.
        for (const { restore } of columns) restore(0, row)
      } else {
        if (seen[kept] === 1) repeated.note(run.first + row)
        seen[kept] = 1
        for (const { restore } of columns) restore(kept, row)
        if (truth !== undefined && differs(truth.column, row, truth.candidates, row)) different.note(run.first + row)
      }
    }
    yield run
  }
  if (candidate.faults.count() > 0) return
  if (repeated.state.count > 0) throw await duplicate(candidate, id, repeated.state.first, repeated.state.count)
  const parts: string[] = []
  const tell = async (count: number, text: string, { table }: Source, row: number) => {
    if (count > 0) parts.push(`${count} ${text}, first ${shown(await textAt(table, id, row))}`)
  }
  await tell(missing.state.count, 'ids only the candidate has', candidate, missing.state.first)
  const unseen = seen.indexOf(0)
  await tell(seen.filter((one) => one === 0).length, 'ids only the champion has', champion, unseen)
  await tell(different.state.count, 'ids have another label', candidate, different.state.first)
  if (parts.length > 0) throw unaligned(candidate, champion, `joined by ${id}: ${parts.join('; ')}`)
}
