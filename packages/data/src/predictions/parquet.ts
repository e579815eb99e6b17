import { closeSync, openSync, readSync, statSync } from 'node:fs'
import { ActionError } from '@mlops/core'
import { type FileMetaData, parquetMetadataAsync, parquetSchema } from 'hyparquet'
import { parquetHeader } from 'hyparquet/src/column.js'
import { DEFAULT_PARSERS } from 'hyparquet/src/convert.js'
import { NotLabels } from './codes.ts'
import { RUN, storeText } from './column.ts'
import { fileError } from './faults.ts'
import {
  COMPRESSORS,
  type Decoder,
  type Dictionary,
  openPage,
  type Page,
  readDictionary,
  type Target,
} from './parquet-page.ts'
import { notANumber, type Run, type Table, type TableFaults, type Wanted } from './table.ts'

/** At least so much is read at once; a page is read as a whole. */
const AHEAD = 1 << 17

interface FileBytes {
  /** The bytes from `from` on, at most `length`; gone with the next call. */
  readonly at: (from: number, length: number) => Uint8Array
}

const readAt = (file: number): FileBytes => {
  let buffer = new Uint8Array(AHEAD)
  let [start, end] = [0, 0]
  return {
    at: (from, length) => {
      if (from < start || from + length > end) {
        if (length > buffer.length) buffer = new Uint8Array(length)
        start = from
        end = from + readSync(file, buffer, 0, buffer.length, from)
      }
      return buffer.subarray(from - start, Math.min(from + length, end) - start)
    },
  }
}

interface Chunk {
  readonly from: number
  readonly to: number
  readonly decoder: Decoder
}

const PARSERS: Decoder['parsers'] = {
  ...DEFAULT_PARSERS,
  dateFromDays: (days: number) => DEFAULT_PARSERS.dateFromDays(days).toISOString().slice(0, 10),
  timestampFromMilliseconds: (value: bigint) => DEFAULT_PARSERS.timestampFromMilliseconds(value).toISOString(),
  timestampFromMicroseconds: (value: bigint) => DEFAULT_PARSERS.timestampFromMicroseconds(value).toISOString(),
  timestampFromNanoseconds: (value: bigint) => DEFAULT_PARSERS.timestampFromNanoseconds(value).toISOString(),
}

/** The chunks of a column, one for each row group. */
const chunksOf = (metadata: FileMetaData, name: string): readonly Chunk[] => {
  const root = parquetSchema(metadata)
  const leaf = root.children.find(({ element }) => element.name === name)
  if (leaf === undefined) throw new Error(`it has no column ${name}`)
  return metadata.row_groups.flatMap(({ columns }) => {
    const facts = columns.find(({ meta_data: one }) => one?.path_in_schema.join('.') === name)?.meta_data
    if (facts === undefined) throw new Error(`a group of its rows has no column ${name}`)
    const starts = [facts.dictionary_page_offset, facts.data_page_offset].map(Number).filter((offset) => offset > 0)
    const from = Math.min(...starts)
    const decoder: Decoder = {
      ...facts,
      pathInSchema: facts.path_in_schema,
      element: leaf.element,
      schemaPath: [root, leaf],
      parsers: PARSERS,
      ...(COMPRESSORS === undefined ? {} : { compressors: COMPRESSORS }),
    }
    return { from, to: from + Number(facts.total_compressed_size), decoder }
  })
}

/** The data pages of a column from the first to the last. */
function* pagesOf(bytes: FileBytes, chunks: readonly Chunk[], target: Target): Generator<Page, void, undefined> {
  for (const { from, to, decoder } of chunks) {
    let dictionary: Dictionary | undefined
    for (let at = from; at < to;) {
      const start = bytes.at(at, Math.min(AHEAD, to - at))
      const reader = { view: new DataView(start.buffer, start.byteOffset, start.byteLength), offset: 0 }
      const header = parquetHeader(reader)
      if (!(header.compressed_page_size >= 0)) throw new Error('a page of it has no size')
      const raw = bytes.at(at + reader.offset, header.compressed_page_size)
      if (raw.length < header.compressed_page_size) throw new Error('it ends within a page')
      at += reader.offset + header.compressed_page_size
      if (header.type === 'DICTIONARY_PAGE') dictionary = readDictionary(raw, header, decoder, target.column)
      else if (header.type !== 'INDEX_PAGE') yield openPage(raw, header, decoder, dictionary, target)
    }
  }
}

/** Fills a column's next rows. */
const openCursor = (pages: Generator<Page, void, undefined>, { column, onText }: Target) => {
  const levels = new Uint8Array(RUN)
  let page: Page | undefined
  let left = 0

  const fillPresent = ({ present, fill }: Page, row: number, count: number) => {
    if (present === undefined) return fill(row, count)
    present.read(levels, 0, count)
    for (let from = 0; from < count;) {
      const level = levels[from]
      let to = from + 1
      while (to < count && levels[to] === level) to += 1
      if (level === 1) fill(row + from, to - from)
      else for (let at = row + from; at < row + to; at += 1) if (!storeText(column, at, '')) onText(at, '')
      from = to
    }
  }
  return (count: number) => {
    for (let row = 0; row < count;) {
      if (page === undefined || left === 0) {
        const { value } = pages.next()
        if (value === undefined) throw new Error('one of its columns is shorter than the others')
        page = value
        left = page.rows
      }
      const part = Math.min(left, count - row)
      fillPresent(page, row, part)
      left -= part
      row += part
    }
  }
}

/** Lets other work of the process go on, a cancel above all: the reads themselves don't. */
const breathe = () => new Promise<void>((resolve) => setImmediate(resolve))

const place = (first: number) => (row: number) => `row ${first + row + 1}`

async function* readRows(
  path: string,
  metadata: FileMetaData,
  wanted: readonly Wanted[],
  faults: TableFaults,
): AsyncGenerator<Run, void, undefined> {
  const file = openSync(path, 'r')
  let first = 0
  try {
    const cursors = wanted.map(({ name, column }) => {
      const onText = (row: number, text: string) => faults.add('E-VALUE', notANumber(place(first)(row), name, text))
      const target = { column, onText }
      return openCursor(pagesOf(readAt(file), chunksOf(metadata, name), target), target)
    })
    const total = Number(metadata.num_rows)
    while (first < total) {
      const rows = Math.min(RUN, total - first)
      for (const fill of cursors) fill(rows)
      yield { rows, first, place: place(first) }
      first += rows
      await breathe()
    }
  } finally {
    closeSync(file)
  }
}

const corrupt = (source: string, error: unknown) =>
  fileError(
    'E-FORMAT',
    `${source} cannot be read as Parquet`,
    error instanceof Error ? error.message : String(error),
    'write the file again; snappy, gzip, zstd, brotli and no compression are read, and columns that are not nested',
  )

const metadataOf = (path: string) => {
  const slice = (from: number, to: number = statSync(path).size) => {
    const file = openSync(path, 'r')
    try {
      const bytes = new Uint8Array(to - from)
      readSync(file, bytes, 0, bytes.length, from)
      return bytes.buffer
    } finally {
      closeSync(file)
    }
  }
  return parquetMetadataAsync({ byteLength: statSync(path).size, slice }, { geoparquet: false })
}

/** A table in Parquet: the columns that are asked for, page by page. Throws E-FORMAT for what cannot be read. */
export const openParquet = async (source: string, path: string): Promise<Table> => {
  const explained = async function* <T>(rows: AsyncGenerator<T, void, undefined>) {
    try {
      yield* rows
    } catch (error) {
      throw error instanceof ActionError || error instanceof NotLabels ? error : corrupt(source, error)
    }
  }
  try {
    const metadata = await metadataOf(path)
    const leaves = parquetSchema(metadata).children.filter(
      ({ children, element }) => children.length === 0 && element.repetition_type !== 'REPEATED',
    )
    // A damaged footer can leave out what the types promise.
    if (leaves.some(({ element }) => typeof element.name !== 'string')) throw new Error('a column of it has no name')
    return {
      source,
      columns: leaves.map(({ element }) => element.name),
      read: (wanted, faults) => explained(readRows(path, metadata, wanted, faults)),
    }
  } catch (error) {
    throw corrupt(source, error)
  }
}
