import { type ByteWindow, openWindow } from './byte-window.ts'
import { cellText, RUN, storeValue } from './column.ts'
import { notANumber, type Run, type Table, type TableFaults, type Wanted } from './table.ts'

const LINE_FEED = 10

const decoder = new TextDecoder('utf-8', { fatal: true })

/** Undefined when it is not UTF-8. */
const decode = (bytes: Uint8Array): string | undefined => {
  try {
    return decoder.decode(bytes).trim()
  } catch {
    return undefined
  }
}

interface Line {
  readonly number: number
  readonly text: string | undefined
}

/** The lines that hold something. */
async function* linesOf(window: ByteWindow): AsyncGenerator<readonly Line[], void, undefined> {
  let number = 1
  let at = 0
  while (await window.more(at)) {
    const [bytes, to] = [window.bytes(), window.to()]
    const lines: Line[] = []
    at = 0
    for (let end = bytes.indexOf(LINE_FEED); end >= 0 && end < to; end = bytes.indexOf(LINE_FEED, at)) {
      const text = decode(bytes.subarray(at, end))
      if (text !== '') lines.push({ number, text })
      number += 1
      at = end + 1
    }
    yield lines
  }
}

type Row = Readonly<Record<string, unknown>>

const parseRow = (text: string | undefined): Row | undefined => {
  try {
    const value: unknown = text === undefined ? undefined : JSON.parse(text)
    return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Row) : undefined
  } catch {
    return undefined
  }
}

const storeRow = (row: number, place: string, cells: Row, wanted: readonly Wanted[], faults: TableFaults): void => {
  for (const { name, column } of wanted) {
    const value = cells[name]
    if (!storeValue(column, row, value)) faults.add('E-VALUE', notANumber(place, name, cellText(value)))
  }
}

async function* readRows(
  window: ByteWindow,
  wanted: readonly Wanted[],
  faults: TableFaults,
): AsyncGenerator<Run, void, undefined> {
  const lines = new Float64Array(RUN)
  let [first, rows] = [0, 0]
  const run = (from: number): Run => ({
    rows,
    first: from,
    place: (row) => `row ${from + row + 1} (line ${lines[row] ?? 0})`,
  })
  for await (const found of linesOf(window))
    for (const { number, text } of found) {
      const cells = parseRow(text)
      if (cells === undefined) {
        faults.add('E-ROW', `line ${number}: no JSON object in UTF-8`)
        continue
      }
      storeRow(rows, `row ${first + rows + 1} (line ${number})`, cells, wanted, faults)
      lines[rows] = number
      rows += 1
      if (rows < RUN) continue
      yield run(first)
      first += rows
      rows = 0
    }
  if (rows > 0) yield run(first)
}

/** The keys of the first line that is an object. */
const readKeys = async (window: ByteWindow): Promise<readonly string[]> => {
  for await (const lines of linesOf(window))
    for (const { text } of lines) {
      const row = parseRow(text)
      if (row !== undefined) return Object.keys(row)
    }
  return []
}

/** A table with one JSON object a line; its columns are the keys of the first one. */
export const openJsonLines = async (source: string, open: () => AsyncIterable<Uint8Array>): Promise<Table> => {
  const within = async function* <T>(use: (window: ByteWindow) => AsyncGenerator<T, void, undefined>) {
    const window = openWindow(open(), source)
    try {
      yield* use(window)
    } finally {
      await window.close()
    }
  }
  const header = openWindow(open(), source)
  const columns = await readKeys(header)
  await header.close()
  return { source, columns, read: (wanted, faults) => within((window) => readRows(window, wanted, faults)) }
}
