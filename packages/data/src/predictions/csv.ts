import { type ByteWindow, openWindow } from './byte-window.ts'
import { type Column, RUN, storeBytes, storeSpans } from './column.ts'
import { byPosition, notANumber, type Run, type Table, type TableFaults } from './table.ts'
import { separatorFrom } from './words.ts'

const LINE_FEED = 10
const RETURN = 13
const QUOTE = 34
const COMMA = 44
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
  /** By position: the columns that take the cell, most often none. */
  readonly columns: readonly (readonly Column[])[]
  /** By position: where its part of `starts` and `ends` begins; -1 where no column takes the cell. */
  readonly parts: Int32Array
  /** Where the cells of a position lie in the window, row by row. */
  readonly starts: Uint32Array
  readonly ends: Uint32Array
  /** Line of each row of the run. */
  readonly lines: Float64Array
  readonly faults: TableFaults
}

/**
 * Finds rows that hold a plain cell in each column: whose quotes, if any, enclose neither quotes nor line breaks. Stops before a row
 * that is not so plain, or not as it should be, when the run is full, or when the window holds no further whole row; returns
 * the number of rows in the run. This is the loop that sees every byte; it calls nothing and allocates nothing.
 */
const findPlainRows = (scan: Scan, before: number, { parts, starts, ends, lines }: Target): number => {
  const [bytes, view, to, last] = [scan.window.bytes(), scan.window.view(), scan.window.to(), parts.length - 1]
  let row = before
  let next = scan.at
  let line = scan.line
  rows: while (row < RUN && next < to) {
    let at = next
    for (let position = 0; position <= last; position += 1) {
      const isQuoted = bytes[at] === QUOTE
      const start = isQuoted ? at + 1 : at
      let end = separatorFrom(view, start)
      let stop = end
      if (isQuoted) {
        while (bytes[end] !== QUOTE) {
          if (bytes[end] === LINE_FEED || bytes[end] === RETURN) break rows
          end = separatorFrom(view, end + 1)
        }
        stop = end + 1
      }
      let mark = bytes[stop]
      while (mark !== COMMA && mark !== LINE_FEED) {
        if (mark === RETURN && bytes[stop + 1] === LINE_FEED) break
        // Text behind a closing quote is not plain; in a cell without quotes the byte is one of the text.
        if (isQuoted) break rows
        stop = separatorFrom(view, stop + 1)
        mark = bytes[stop]
      }
      if (stop >= to || (mark === COMMA) === (position === last)) break rows
      const part = parts[position] ?? -1
      if (part >= 0) {
        starts[part + row] = start
        ends[part + row] = isQuoted ? end : stop
      }
      at = stop + (mark === RETURN ? 2 : 1)
    }
    if (at > to) break
    lines[row] = line
    line += 1
    row += 1
    next = at
  }
  scan.at = next
  scan.line = line
  return row
}

/** Stores what was found in rows `from` to `to` of the run. */
const storeFound = (bytes: Uint8Array, from: number, to: number, place: Run['place'], target: Target) => {
  for (const [position, columns] of target.columns.entries()) {
    const part = target.parts[position] ?? -1
    const spans = { bytes, starts: target.starts.subarray(part), ends: target.ends.subarray(part) }
    const onText = (row: number, text: string) =>
      target.faults.add('E-VALUE', notANumber(place(row), target.names[position] ?? '', text))
    for (const column of columns) storeSpans(column, from, to, spans, onText)
  }
}

/** Stores a row that is not plain, or notes what is wrong with it. Returns whether it is a row. */
const storeRow = ({ texts, stray }: Cells, line: number, row: number, place: Run['place'], target: Target): boolean => {
  const { names, columns, faults } = target
  if (stray || texts.length !== names.length) {
    // An empty line is no row.
    if (texts.length === 1 && texts[0]?.length === 0) return false
    const cells = `${texts.length} ${texts.length === 1 ? 'cell' : 'cells'} instead of ${names.length}`
    faults.add('E-ROW', `line ${line}: ${stray ? 'text stands behind a closing quote' : cells}`)
    return false
  }
  for (const [position, text] of texts.entries())
    for (const column of columns[position] ?? [])
      if (!storeBytes(column, row, text, 0, text.length))
        faults.add('E-VALUE', notANumber(place(row), names[position] ?? '', decoder.decode(text)))
  return true
}

/** Scans rows until the run is full or the window holds no further whole row. Returns the number of rows in the run. */
const scanRows = (scan: Scan, before: number, place: Run['place'], target: Target): number => {
  const [bytes, to] = [scan.window.bytes(), scan.window.to()]
  for (let row = before; ;) {
    const found = findPlainRows(scan, row, target)
    storeFound(bytes, row, found, place, target)
    row = found
    if (row === RUN || scan.at >= to) return row
    const cells = splitRow(bytes, scan.at, to)
    if (cells === undefined) return row
    target.lines[row] = scan.line
    if (storeRow(cells, scan.line, row, place, target)) row += 1
    scan.at = cells.end
    scan.line += 1 + cells.breaks
  }
}

async function* readRows(scan: Scan, target: Target): AsyncGenerator<Run, void, undefined> {
  let [first, rows] = [0, 0]
  const placeFrom = (start: number) => (row: number) => `row ${start + row + 1} (line ${target.lines[row] ?? 0})`
  for (;;) {
    const place = placeFrom(first)
    rows = scanRows(scan, rows, place, target)
    const isFull = rows === RUN
    const more = isFull || (await scan.window.more(scan.at))
    if (!isFull) scan.at = 0
    if (!more && scan.window.to() > 0) target.faults.add('E-ROW', `line ${scan.line}: a quote is not closed`)
    if (rows > 0 && (isFull || !more)) {
      yield { rows, first, place }
      first += rows
      rows = 0
    }
    if (!more) return
  }
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
      const taken = [...columns.keys()].filter((position) => columns[position]?.length !== 0)
      const target: Target = {
        names,
        columns,
        parts: Int32Array.from(columns, ({ length }, position) => (length === 0 ? -1 : taken.indexOf(position) * RUN)),
        starts: new Uint32Array(taken.length * RUN),
        ends: new Uint32Array(taken.length * RUN),
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
