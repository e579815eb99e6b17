import { type ByteWindow, openWindow } from './byte-window.ts'
import { type Column, RUN, storeBytes } from './column.ts'
import { byPosition, notANumber, type Run, type Table, type TableFaults } from './table.ts'
import { separatorFrom } from './words.ts'

const [LINE_FEED, RETURN, QUOTE, COMMA] = [10, 13, 34, 44]
const MARK = [0xef, 0xbb, 0xbf]

const decoder = new TextDecoder()

/** Whether a cell ends here: at a comma, a line feed, or a return before one. */
const isEnd = (bytes: Uint8Array, at: number): boolean =>
  bytes[at] === COMMA || bytes[at] === LINE_FEED || (bytes[at] === RETURN && bytes[at + 1] === LINE_FEED)

/** A row taken apart, without its quotes. */
interface Cells {
  readonly texts: readonly Uint8Array[]
  /** Where the next row begins. */
  readonly end: number
  /** Line breaks within it. */
  readonly breaks: number
  /** Text stands behind a closing quote. */
  readonly stray: boolean
}

/** The text from an opening quote on, and where its closing quote lies; undefined when the window ends before. */
const unquote = (bytes: Uint8Array, from: number, to: number) => {
  const text: number[] = []
  for (let at = from + 1; at < to; at += 1) {
    if (bytes[at] === QUOTE) {
      if (bytes[at + 1] !== QUOTE) return { text: Uint8Array.from(text), close: at }
      at += 1
    }
    text.push(bytes[at] ?? 0)
  }
  return undefined
}

/** Takes any row apart (RFC 4180); undefined when the window does not hold the whole of it. */
const splitRow = (bytes: Uint8Array, from: number, to: number): Cells | undefined => {
  const texts: Uint8Array[] = []
  let [breaks, stray] = [0, false]
  for (let at = from; ;) {
    const quoted = bytes[at] === QUOTE ? unquote(bytes, at, to) : undefined
    if (bytes[at] === QUOTE && quoted === undefined) return undefined
    const start = quoted === undefined ? at : quoted.close + 1
    let end = start
    while (!isEnd(bytes, end)) end += 1
    if (end >= to || (bytes[end] === RETURN && end + 1 >= to)) return undefined
    stray ||= quoted !== undefined && end > start
    texts.push(quoted?.text ?? bytes.subarray(start, end))
    breaks += quoted?.text.filter((byte) => byte === LINE_FEED).length ?? 0
    at = end + (bytes[end] === RETURN ? 2 : 1)
    if (bytes[end] !== COMMA) return { texts, end: at, breaks, stray }
  }
}

interface Scan {
  readonly window: ByteWindow
  /** Next byte of the window. */
  at: number
  /** Line of the file that it stands in, counted from 1. */
  line: number
}

/** The names in the first line. */
const readHeader = async (scan: Scan): Promise<readonly string[]> => {
  while (await scan.window.more(0)) {
    const bytes = scan.window.bytes()
    const start = MARK.every((byte, at) => bytes[at] === byte) ? MARK.length : 0
    const row = splitRow(bytes, start, scan.window.to())
    if (row === undefined) continue
    scan.at = row.end
    scan.line += 1 + row.breaks
    return row.texts.map((text) => decoder.decode(text))
  }
  return []
}

interface Target {
  readonly names: readonly string[]
  /** By position: the one column that takes the cell, most often none. */
  readonly single: readonly (Column | undefined)[]
  /** By position: all columns that take the cell. */
  readonly columns: readonly (readonly Column[])[]
  readonly isSingle: boolean
  /** Line of each row of the run. */
  readonly lines: Float64Array
  readonly faults: TableFaults
}

/**
 * Scans a row that holds a plain cell in each column: whose quotes, if any, enclose neither quotes nor line breaks. Returns where
 * the next row begins, or -1 when the row is not so plain, or not as it should be. This is the loop that sees every byte; it
 * allocates nothing.
 */
const scanPlainRow = (
  bytes: Uint8Array,
  view: DataView,
  from: number,
  to: number,
  row: number,
  single: readonly (Column | undefined)[],
): number => {
  let at = from
  for (let position = 0; position < single.length; position += 1) {
    const isQuoted = bytes[at] === QUOTE
    const start = isQuoted ? at + 1 : at
    let end = separatorFrom(view, start)
    let stop = end
    if (isQuoted) {
      while (bytes[end] !== QUOTE) {
        if (bytes[end] === LINE_FEED || bytes[end] === RETURN) return -1
        end = separatorFrom(view, end + 1)
      }
      stop = end + 1
      if (!isEnd(bytes, stop)) return -1
    } else {
      while (!isEnd(bytes, end)) end = separatorFrom(view, end + 1)
      stop = end
    }
    if (stop >= to) return -1
    const column = single[position]
    if (column !== undefined && !storeBytes(column, row, bytes, start, end)) return -1
    at = stop + 1
    if ((bytes[stop] === COMMA) !== position + 1 < single.length) return -1
    if (bytes[stop] === RETURN) {
      if (at >= to) return -1
      at += 1
    }
  }
  return at
}

/** Stores a row that is not plain, or notes what is wrong with it. Returns whether it is a row. */
const storeRow = ({ texts, stray }: Cells, place: string, line: number, row: number, target: Target): boolean => {
  const { names, columns, faults } = target
  if (stray || texts.length !== names.length) {
    // An empty line is no row.
    if (texts.length === 1 && texts[0]?.length === 0) return false
    const found = stray ? 'text stands behind a closing quote' : `${texts.length} cells instead of ${names.length}`
    faults.add('E-ROW', `line ${line}: ${found}`)
    return false
  }
  for (const [position, text] of texts.entries())
    for (const column of columns[position] ?? [])
      if (!storeBytes(column, row, text, 0, text.length))
        faults.add('E-VALUE', notANumber(place, names[position] ?? '', decoder.decode(text)))
  return true
}

/**
 * Scans rows into the columns, from row `row` of the run on, until the run is full or the window holds no further whole row.
 * Returns the number of rows in the run.
 */
const scanRows = (scan: Scan, row: number, first: number, target: Target): number => {
  const { single, isSingle, lines } = target
  const [bytes, view, to] = [scan.window.bytes(), scan.window.view(), scan.window.to()]
  let [at, line] = [scan.at, scan.line]
  while (row < RUN && at < to) {
    const end = isSingle ? scanPlainRow(bytes, view, at, to, row, single) : -1
    lines[row] = line
    if (end >= 0) {
      at = end
      line += 1
      row += 1
      continue
    }
    const cells = splitRow(bytes, at, to)
    if (cells === undefined) break
    if (storeRow(cells, `row ${first + row + 1} (line ${line})`, line, row, target)) row += 1
    at = cells.end
    line += 1 + cells.breaks
  }
  scan.at = at
  scan.line = line
  return row
}

async function* readRows(scan: Scan, target: Target): AsyncGenerator<Run, void, undefined> {
  const place = (first: number) => (row: number) => `row ${first + row + 1} (line ${target.lines[row] ?? 0})`
  let [first, rows] = [0, 0]
  for (;;) {
    rows = scanRows(scan, rows, first, target)
    if (rows === RUN) {
      yield { rows, first, place: place(first) }
      first += rows
      rows = 0
    } else {
      const more = await scan.window.more(scan.at)
      scan.at = 0
      if (more) continue
      if (scan.window.to() > 0) target.faults.add('E-ROW', `line ${scan.line}: a quote is not closed`)
      break
    }
  }
  if (rows > 0) yield { rows, first, place: place(first) }
}

/**
 * A table in CSV as RFC 4180 has it, with or without byte order mark and returns; empty lines are left out.
 *
 * @param open starts reading the bytes from the beginning
 */
export const openCsv = async (source: string, open: () => AsyncIterable<Uint8Array>): Promise<Table> => {
  const start = (): Scan => ({ window: openWindow(open(), source), at: 0, line: 1 })
  const header = start()
  const names = await readHeader(header)
  await header.window.close()
  return {
    source,
    columns: names,
    read: async function* (wanted, faults) {
      const scan = start()
      const columns = byPosition(names, wanted)
      const target: Target = {
        names,
        columns,
        single: columns.map(([column]) => column),
        isSingle: columns.every(({ length }) => length < 2),
        lines: new Float64Array(RUN),
        faults,
      }
      try {
        await readHeader(scan)
        yield* readRows(scan, target)
      } finally {
        await scan.window.close()
      }
    },
  }
}
