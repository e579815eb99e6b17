import { type ByteWindow, openWindow } from './byte-window.ts'
import { type Column, RUN, storeBytes } from './column.ts'
import { byPosition, notANumber, type Run, type Table, type TableFaults } from './table.ts'

const [LINE_FEED, RETURN, QUOTE, COMMA] = [10, 13, 34, 44]
const MARK = [0xef, 0xbb, 0xbf]

const decoder = new TextDecoder()

/** The cell that was read last: its text lies in `bytes`. */
interface Cell {
  bytes: Uint8Array
  start: number
  end: number
  /** Text stands behind its closing quote. */
  stray: boolean
}

/** Whether a cell ends here: at a comma, a line feed, or a return before one. */
const isEnd = (bytes: Uint8Array, at: number): boolean =>
  bytes[at] === COMMA || bytes[at] === LINE_FEED || (bytes[at] === RETURN && bytes[at + 1] === LINE_FEED)

const withoutDoubles = (quoted: Uint8Array): Uint8Array => {
  const out: number[] = []
  for (let at = 0; at < quoted.length; at += 1) {
    out.push(quoted[at] ?? 0)
    if (quoted[at] === QUOTE) at += 1
  }
  return Uint8Array.from(out)
}

/** Reads a cell in quotes (RFC 4180). Returns where it ends, or -1 when the window ends before. */
const readQuoted = (bytes: Uint8Array, from: number, to: number, cell: Cell): number => {
  let doubled = false
  let close = from + 1
  for (;;) {
    while (bytes[close] !== QUOTE && close < to) close += 1
    if (close + 1 >= to) return -1
    if (bytes[close + 1] !== QUOTE) break
    doubled = true
    close += 2
  }
  let end = close + 1
  while (!isEnd(bytes, end)) end += 1
  cell.stray = end > close + 1
  cell.bytes = doubled ? withoutDoubles(bytes.subarray(from + 1, close)) : bytes
  cell.start = doubled ? 0 : from + 1
  cell.end = doubled ? cell.bytes.length : close
  return end
}

/** Reads the cell at `from`. Returns where it ends (see `isEnd`), or at least `to` - 1 or -1 when the window ends before. */
const readCell = (bytes: Uint8Array, from: number, to: number, cell: Cell): number => {
  if (bytes[from] === QUOTE) return readQuoted(bytes, from, to, cell)
  let at = from
  for (;;) {
    const byte = bytes[at] ?? LINE_FEED
    // Letters and digits, the most frequent, take one comparison.
    if (byte <= COMMA && (byte === COMMA || byte === LINE_FEED || (byte === RETURN && bytes[at + 1] === LINE_FEED)))
      break
    at += 1
  }
  cell.bytes = bytes
  cell.start = from
  cell.end = at
  return at
}

/** Whether a cell that ends there was read as a whole: neither it nor its separator goes beyond the window. */
const isWhole = (bytes: Uint8Array, end: number, to: number): boolean =>
  end >= 0 && end < to && !(bytes[end] === RETURN && end + 1 >= to)

const linesIn = (bytes: Uint8Array, from: number, to: number): number => {
  let lines = 0
  for (let at = from; at < to; at += 1) if (bytes[at] === LINE_FEED) lines += 1
  return lines
}

interface Scan {
  readonly window: ByteWindow
  /** Next byte of the window. */
  at: number
  /** Line of the file that it stands in, counted from 1. */
  line: number
}

const afterSeparator = (bytes: Uint8Array, end: number) => end + (bytes[end] === RETURN ? 2 : 1)

/** The names in the first line. */
const readHeader = async (scan: Scan): Promise<readonly string[]> => {
  const cell: Cell = { bytes: new Uint8Array(), start: 0, end: 0, stray: false }
  while (await scan.window.more(scan.at)) {
    const [bytes, to] = [scan.window.bytes(), scan.window.to()]
    scan.at = MARK.every((byte, at) => bytes[at] === byte) ? MARK.length : 0
    const names: string[] = []
    for (let at = scan.at; ;) {
      const end = readCell(bytes, at, to, cell)
      if (!isWhole(bytes, end, to)) break
      names.push(decoder.decode(cell.bytes.subarray(cell.start, cell.end)))
      at = afterSeparator(bytes, end)
      if (bytes[end] === COMMA) continue
      scan.line += linesIn(bytes, scan.at, at)
      scan.at = at
      return names
    }
    scan.at = 0
  }
  return []
}

interface Target {
  readonly names: readonly string[]
  readonly columns: readonly (readonly Column[])[]
  /** Line of each row of the run. */
  readonly lines: Float64Array
  readonly faults: TableFaults
}

/**
 * Scans rows into the columns, from row `row` of the run on, until the run is full or the window holds no further whole row.
 * Returns the number of rows in the run. The one loop that sees every byte: it allocates nothing.
 */
const scanRows = (scan: Scan, row: number, first: number, target: Target): number => {
  const { names, columns, lines, faults } = target
  const [bytes, to, width] = [scan.window.bytes(), scan.window.to(), names.length]
  const cell: Cell = { bytes, start: 0, end: 0, stray: false }
  const place = () => `row ${first + row + 1} (line ${scan.line})`
  while (row < RUN && scan.at < to) {
    const known = faults.count()
    let at = scan.at
    let position = 0
    let inner = 0
    let stray = false
    for (;;) {
      const isQuoted = bytes[at] === QUOTE
      const end = readCell(bytes, at, to, cell)
      if (!isWhole(bytes, end, to)) {
        faults.backTo(known)
        return row
      }
      if (isQuoted) {
        inner += linesIn(bytes, at, end)
        stray ||= cell.stray
      }
      for (const column of columns[position] ?? [])
        if (!storeBytes(column, row, cell.bytes, cell.start, cell.end)) {
          const text = decoder.decode(cell.bytes.subarray(cell.start, cell.end))
          faults.add('E-VALUE', notANumber(place(), names[position] ?? '', text))
        }
      position += 1
      at = afterSeparator(bytes, end)
      if (bytes[end] !== COMMA) break
    }
    // An empty line is no row.
    const isBlank = position === 1 && cell.start === cell.end && width > 1
    if (position === width && !stray) {
      lines[row] = scan.line
      row += 1
    } else if (!isBlank) {
      faults.backTo(known)
      const found = stray ? 'text stands behind a closing quote' : `${position} cells instead of ${width}`
      faults.add('E-ROW', `line ${scan.line}: ${found}`)
    }
    scan.line += 1 + inner
    scan.at = at
  }
  return row
}

async function* readRows(scan: Scan, target: Target): AsyncGenerator<Run, void, undefined> {
  const place = (first: number) => (row: number) => `row ${first + row + 1} (line ${target.lines[row] ?? 0})`
  let first = 0
  let rows = 0
  for (;;) {
    rows = scanRows(scan, rows, first, target)
    if (rows === RUN) {
      yield { rows, first, place: place(first) }
      first += rows
      rows = 0
    } else {
      const more = await scan.window.more(scan.at)
      const isDone = !more && scan.window.to() === 0
      if (!more && !isDone) target.faults.add('E-ROW', `line ${scan.line}: a quote is not closed`)
      scan.at = 0
      if (!more) break
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
  const columns = await readHeader(header)
  await header.window.close()
  return {
    source,
    columns,
    read: async function* (wanted, faults) {
      const scan = start()
      const target = { names: columns, columns: byPosition(columns, wanted), lines: new Float64Array(RUN), faults }
      try {
        await readHeader(scan)
        yield* readRows(scan, target)
      } finally {
        await scan.window.close()
      }
    },
  }
}
