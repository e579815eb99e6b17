import { createReadStream } from 'node:fs'
import { open } from 'node:fs/promises'
import { createGunzip } from 'node:zlib'
import { openCsv } from './csv.ts'
import { fileError } from './faults.ts'
import { openJsonLines } from './json-lines.ts'
import { openParquet } from './parquet.ts'
import type { Table } from './table.ts'

/** A file of predictions on this machine. */
export interface PredictionFile {
  readonly path: string
  /** What the user calls it: a path, an URI. */
  readonly source: string
}

const CHUNK = 1 << 20
/** Node's default of 16 KiB takes six times as long. */
const UNPACKED = 1 << 18

/** The bytes of a file in two buffers that take turns: one is read while the other is looked at. */
async function* bytesOf(path: string): AsyncGenerator<Uint8Array, void, undefined> {
  const file = await open(path)
  const size = Math.min(CHUNK, (await file.stat()).size + 1)
  let [current, next] = [new Uint8Array(size), new Uint8Array(size)]
  let reading = file.read(current, 0, size)
  try {
    for (;;) {
      const { bytesRead } = await reading
      if (bytesRead === 0) return
      reading = file.read(next, 0, size)
      yield current.subarray(0, bytesRead)
      ;[current, next] = [next, current]
    }
  } finally {
    await reading
    await file.close()
  }
}

async function* unpacked({ path, source }: PredictionFile): AsyncGenerator<Uint8Array, void, undefined> {
  const packed = createReadStream(path)
  const stream = createGunzip({ chunkSize: UNPACKED })
  packed.on('error', (error) => stream.destroy(error))
  try {
    for await (const chunk of packed.pipe(stream)) yield chunk as Uint8Array
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error)
    throw fileError('E-FORMAT', `${source} cannot be unpacked`, why, 'write the gzip file again')
  } finally {
    packed.destroy()
  }
}

const firstBytes = async (chunks: AsyncIterable<Uint8Array>): Promise<Uint8Array> => {
  for await (const chunk of chunks) if (chunk.length > 0) return chunk.slice(0, 4096)
  return new Uint8Array()
}

const unknown = (source: string, why: string) =>
  fileError('E-FORMAT', `${source} is no table of predictions`, why, 'write CSV (also .gz), Parquet or JSON lines')

const startsWith = (bytes: Uint8Array, signature: readonly number[]) =>
  signature.every((byte, at) => bytes[at] === byte)

const PARQUET = [0x50, 0x41, 0x52, 0x31]
const GZIP = [0x1f, 0x8b]
const UTF_16 = [
  [0xff, 0xfe],
  [0xfe, 0xff],
]

/** Opens a table by what it holds; its name does not count. */
export const openTable = async (file: PredictionFile): Promise<Table> => {
  const { path, source } = file
  const outer = await firstBytes(bytesOf(path))
  if (startsWith(outer, PARQUET)) return openParquet(source, path)
  const isPacked = startsWith(outer, GZIP)
  const start = () => (isPacked ? unpacked(file) : bytesOf(path))
  const head = isPacked ? await firstBytes(start()) : outer
  if (head.length === 0) throw fileError('E-EMPTY', `${source} is empty`, 'it holds no byte', 'write the predictions')
  if (UTF_16.some((mark) => startsWith(head, mark))) throw unknown(source, 'it is UTF-16, not UTF-8')
  if (head.includes(0)) throw unknown(source, 'it is binary, and not Parquet')
  const text = new TextDecoder().decode(head).trimStart()
  if (text.startsWith('[')) throw unknown(source, 'it is one JSON array, not one JSON object a line')
  return text.startsWith('{') ? openJsonLines(source, start) : openCsv(source, start)
}
