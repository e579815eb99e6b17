import { createHash, type Hash } from 'node:crypto'
import { createWriteStream } from 'node:fs'
import { open } from 'node:fs/promises'
import { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import type { Blob } from '@mlops/core'
import { pack, type Pack } from 'tar-stream'
import { storedGzip } from './stored-gzip.ts'
import type { TreeFile } from './tree.ts'

/** A layer as a file on this machine. */
export interface Layer extends Blob {
  /** `sha256:<hex>` of the archive before it was wrapped. */
  readonly diffId: string
  /** What made it, for the history of the image. */
  readonly createdBy: string
}

// oxlint-disable-next-line no-restricted-globals -- a constant, not the time of day
const NO_TIME = new Date(0)
const OWNER = { uid: 0, gid: 0, mtime: NO_TIME } as const

const hashing = (hash: Hash, counted: (bytes: number) => void) =>
  async function* (body: AsyncIterable<Uint8Array>) {
    for await (const chunk of body) {
      hash.update(chunk)
      counted(chunk.length)
      yield chunk
    }
  }

const order = (one: string, other: string) => (one < other ? -1 : Number(one > other))

/** Every folder on the way to the files, in an order in which each comes after the one around it. */
const foldersOf = (paths: readonly string[]): readonly string[] =>
  [
    ...new Set(
      paths.flatMap((path) => {
        const parts = path.split('/').slice(0, -1)
        return parts.map((_, index) => `${parts.slice(0, index + 1).join('/')}/`)
      }),
    ),
  ].toSorted(order)

const fill = async (archive: Pack, folder: string, files: readonly TreeFile[]) => {
  const named = files.map((file) => ({ ...file, name: `${folder}/${file.path}` }))
  for (const name of foldersOf([`${folder}/`, ...named.map((file) => file.name)]))
    archive.entry({ name, type: 'directory', mode: 0o755, ...OWNER })
  for (const { name, size, executable, open: read } of named.toSorted((one, other) => order(one.name, other.name)))
    await pipeline(read(), archive.entry({ name, size, mode: executable ? 0o755 : 0o644, ...OWNER }))
  archive.finalize()
}

/** The bytes of a file, by position. */
export const blobFile = (path: string, digest: string, size: number): Blob => ({
  digest,
  size,
  read: async (from, length) => {
    const file = await open(path)
    try {
      const bytes = Buffer.alloc(Math.min(length, size - from))
      await file.read(bytes, 0, bytes.length, from)
      return bytes
    } finally {
      await file.close()
    }
  },
})

/**
 * Writes files below a folder of the image as a layer: sorted, without times and owners, readable by everybody. Equal files
 * give equal bytes on every machine. The memory taken does not grow with them.
 *
 * @param path where the layer is written
 */
export const writeLayer = async (
  files: readonly TreeFile[],
  { folder, path, createdBy }: { readonly folder: string; readonly path: string; readonly createdBy: string },
): Promise<Layer> => {
  const archive = pack()
  const [plain, wrapped] = [createHash('sha256'), createHash('sha256')]
  let size = 0
  const written = pipeline(
    Readable.from(archive),
    hashing(plain, () => undefined),
    storedGzip,
    hashing(wrapped, (bytes) => {
      size += bytes
    }),
    createWriteStream(path),
  )
  // What ends the one ends the other: a file that can't be read, a disk that is full.
  await Promise.all([
    fill(archive, folder, files).catch((error: unknown) => {
      archive.destroy(error instanceof Error ? error : new Error(String(error)))
      throw error
    }),
    written,
  ])
  const digest = `sha256:${wrapped.digest('hex')}`
  return { ...blobFile(path, digest, size), diffId: `sha256:${plain.digest('hex')}`, createdBy }
}
