import { brotliDecompressSync, gunzipSync, zstdDecompressSync } from 'node:zlib'
import type { PageHeader, SchemaElement } from 'hyparquet'
import { readPage } from 'hyparquet/src/column.js'
import { convert } from 'hyparquet/src/convert.js'
import { decompressPage } from 'hyparquet/src/datapage.js'
import { cellText, type Column, columnLike, RUN, storeBytes, storeInteger, storeValue } from './column.ts'
import { readBits, readRuns, type RunReader } from './parquet-runs.ts'

/** What hyparquet needs to know of a column chunk. */
export type Decoder = Parameters<typeof readPage>[2]

/** The codecs that hyparquet leaves to its caller; it has snappy itself. */
export const COMPRESSORS: Decoder['compressors'] = {
  GZIP: (bytes) => gunzipSync(bytes),
  ZSTD: (bytes) => zstdDecompressSync(bytes),
  BROTLI: (bytes) => brotliDecompressSync(bytes),
}

/** Where a page's values go. */
export interface Target {
  readonly column: Column
  /** Called for a value that is no number and has to be one. */
  readonly onText: (row: number, text: string) => void
}

/** The values of a dictionary page in the form of the column that they go to. */
export interface Dictionary {
  readonly table: Column
  /** Entries that are no number and have to be one. */
  readonly texts: ReadonlyMap<number, string>
}

/** Puts the next `count` values into the rows from `row` on. */
type Fill = (row: number, count: number) => void

/** A data page, taken out bit by bit. */
export interface Page {
  readonly rows: number
  /** 1 for each row that holds a value; absent when all do. */
  readonly present?: RunReader
  readonly fill: Fill
}

const viewOf = (bytes: Uint8Array) => new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)

const dictionaryOf = (values: ArrayLike<unknown>, column: Column): Dictionary => {
  const table = columnLike(column, values.length)
  const texts = new Map<number, string>()
  for (let index = 0; index < values.length; index += 1)
    if (!storeValue(table, index, values[index])) texts.set(index, cellText(values[index]))
  return { table, texts }
}

export const readDictionary = (bytes: Uint8Array, header: PageHeader, decoder: Decoder, column: Column): Dictionary => {
  const { data = [] } = readPage({ view: viewOf(bytes), offset: 0 }, header, decoder, undefined, undefined, 0)
  return dictionaryOf(convert(data, decoder) as ArrayLike<unknown>, column)
}

/** Values by their number in a dictionary: the texts were looked at once, and only numbers are moved here. */
const fillByNumber = (numbers: RunReader, { table, texts }: Dictionary, { column, onText }: Target): Fill => {
  const indices = new Uint32Array(RUN)
  const move = (row: number, count: number) => {
    for (let at = 0; at < count; at += 1) {
      const index = indices[at] ?? 0
      if (column.kind === 'hash' && table.kind === 'hash') {
        column.high[row + at] = table.high[index] ?? 0
        column.low[row + at] = table.low[index] ?? 0
      } else if (column.kind === 'code' && table.kind === 'code') column.values[row + at] = table.values[index] ?? 0
      else if (column.kind === 'number' && table.kind === 'number')
        column.values[row + at] = table.values[index] ?? Number.NaN
    }
  }
  return (row, count) => {
    numbers.read(indices, 0, count)
    move(row, count)
    if (texts.size === 0) return
    for (let at = 0; at < count; at += 1) {
      const text = texts.get(indices[at] ?? 0)
      if (text !== undefined) onText(row + at, text)
    }
  }
}

const fillByTexts = (bytes: Uint8Array, start: number, { column, onText }: Target): Fill => {
  const view = viewOf(bytes)
  let at = start
  return (row, count) => {
    for (let done = 0; done < count; done += 1) {
      const from = at + 4
      at = from + view.getUint32(at, true)
      if (at > bytes.length) throw new Error('a text of it ends after its page')
      if (!storeBytes(column, row + done, bytes, from, at))
        onText(row + done, new TextDecoder().decode(bytes.subarray(from, at)))
    }
  }
}

type ReadNumber = (view: DataView, at: number) => number | bigint

const NUMBERS: Readonly<Record<string, { readonly size: number; readonly read: ReadNumber }>> = {
  INT32: { size: 4, read: (view, at) => view.getInt32(at, true) },
  INT64: {
    size: 8,
    read: (view, at) => {
      const value = view.getInt32(at + 4, true) * 2 ** 32 + view.getUint32(at, true)
      return Number.isSafeInteger(value) ? value : view.getBigInt64(at, true)
    },
  },
  FLOAT: { size: 4, read: (view, at) => view.getFloat32(at, true) },
  DOUBLE: { size: 8, read: (view, at) => view.getFloat64(at, true) },
}

const fillByNumbers = (
  bytes: Uint8Array,
  start: number,
  { size, read }: { readonly size: number; readonly read: ReadNumber },
  { column }: Target,
): Fill => {
  const view = viewOf(bytes)
  let at = start
  return (row, count) => {
    for (let done = 0; done < count; done += 1, at += size) {
      const value = read(view, at)
      if (column.kind === 'number') column.values[row + done] = Number(value)
      else if (Number.isSafeInteger(value)) storeInteger(column, row + done, Number(value))
      else storeValue(column, row + done, value)
    }
  }
}

const fillByValues = (values: ArrayLike<unknown>, { column, onText }: Target): Fill => {
  let next = 0
  return (row, count) => {
    for (let done = 0; done < count; done += 1, next += 1)
      if (!storeValue(column, row + done, values[next])) onText(row + done, cellText(values[next]))
  }
}

/** Whether a column's stored numbers or bytes are what it means; else hyparquet converts (dates, decimals, unsigned). */
const isPlain = ({ type, converted_type: converted, logical_type: logical }: SchemaElement): boolean => {
  if (type === 'BYTE_ARRAY')
    return [undefined, 'UTF8', 'ENUM'].includes(converted) && [undefined, 'STRING', 'ENUM'].includes(logical?.type)
  if (type === 'INT32' || type === 'INT64')
    return (
      [undefined, 'INT_8', 'INT_16', 'INT_32', 'INT_64'].includes(converted) &&
      (logical === undefined || (logical.type === 'INTEGER' && logical.isSigned))
    )
  return type === 'FLOAT' || type === 'DOUBLE' || type === 'BOOLEAN'
}

interface Content {
  /** Uncompressed, and where its values start. */
  readonly bytes: Uint8Array
  readonly start: number
  readonly encoding: string
  readonly rows: number
  readonly present?: RunReader
}

const firstVersion = (raw: Uint8Array, header: PageHeader, decoder: Decoder, isOptional: boolean): Content => {
  const info = header.data_page_header
  if (info === undefined) throw new Error('a page of it has no header')
  const bytes = decompressPage(raw, header.uncompressed_page_size, decoder.codec, decoder.compressors)
  const known = { bytes, encoding: info.encoding, rows: info.num_values }
  if (!isOptional) return { ...known, start: 0 }
  if (info.definition_level_encoding !== 'RLE')
    throw new Error(`its gaps are encoded as ${info.definition_level_encoding}`)
  const start = 4 + viewOf(bytes).getUint32(0, true)
  return { ...known, start, present: readRuns(bytes, 4, start, 1) }
}

const secondVersion = (raw: Uint8Array, header: PageHeader, decoder: Decoder): Content => {
  const info = header.data_page_header_v2
  if (info === undefined) throw new Error('a page of it has no header')
  const from = info.repetition_levels_byte_length
  const levels = from + info.definition_levels_byte_length
  const values = raw.subarray(levels)
  const bytes =
    info.is_compressed === false
      ? values
      : decompressPage(values, header.uncompressed_page_size - levels, decoder.codec, decoder.compressors)
  const known = { bytes, start: 0, encoding: info.encoding, rows: info.num_values }
  return info.num_nulls === 0 ? known : { ...known, present: readRuns(raw, from, levels, 1) }
}

const fillOf = (content: Content, decoder: Decoder, dictionary: Dictionary | undefined, target: Target) => {
  const { bytes, start, encoding } = content
  const { type } = decoder
  if (encoding.endsWith('_DICTIONARY') && dictionary !== undefined) {
    const width = bytes[start] ?? 0
    return fillByNumber(readRuns(bytes, start + 1, bytes.length, width), dictionary, target)
  }
  if (!isPlain(decoder.element)) return undefined
  if (type === 'BOOLEAN' && (encoding === 'PLAIN' || encoding === 'RLE')) {
    const bits = encoding === 'PLAIN' ? readBits(bytes, start) : readRuns(bytes, start + 4, bytes.length, 1)
    return fillByNumber(bits, dictionaryOf([false, true], target.column), target)
  }
  if (encoding !== 'PLAIN') return undefined
  const numbers = NUMBERS[type]
  if (numbers !== undefined) return fillByNumbers(bytes, start, numbers, target)
  return type === 'BYTE_ARRAY' ? fillByTexts(bytes, start, target) : undefined
}

/**
 * Opens a data page of a flat column. Dictionary numbers, plain texts and plain numbers are taken from its bytes as they are
 * asked for; what is encoded otherwise is decoded by hyparquet as a whole.
 */
export const openPage = (
  raw: Uint8Array,
  header: PageHeader,
  decoder: Decoder,
  dictionary: Dictionary | undefined,
  target: Target,
): Page => {
  const isOptional = decoder.element.repetition_type !== 'REQUIRED'
  const content =
    header.type === 'DATA_PAGE_V2'
      ? secondVersion(raw, header, decoder)
      : firstVersion(raw, header, decoder, isOptional)
  const { rows, present } = content
  const fill = fillOf(content, decoder, dictionary, target)
  if (fill !== undefined) return { rows, fill, ...(present === undefined ? {} : { present }) }
  const { data = [] } = readPage({ view: viewOf(raw), offset: 0 }, header, decoder, undefined, undefined, 0)
  return { rows, fill: fillByValues(data as ArrayLike<unknown>, target) }
}
