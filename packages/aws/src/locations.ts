import { createHash } from 'node:crypto'
import { createReadStream, createWriteStream } from 'node:fs'
import { readdir, stat } from 'node:fs/promises'
import { basename, join, resolve } from 'node:path'
import { pipeline } from 'node:stream/promises'
import type { Files, Objects, OpenObject, S3Uri } from '@mlops/core'

/** A file on this machine, with the digest of its bytes. */
export interface LocalFile {
  readonly path: string
  /** `sha256:<hex>`. */
  readonly digest: string
  readonly size: number
}

/** Files as users name them: `s3://bucket/key`, or a path in the workspace. What is missing is an answer. */
export interface Locations {
  /** A workspace file has the ETag ''. */
  readonly open: (location: string) => Promise<OpenObject | undefined>
  /** The files below a prefix that ends with `/`, in order; else the file itself, or nothing. */
  readonly list: (location: string) => Promise<readonly string[]>
  /** Brings a file of any size to this machine; one of the workspace stays where it is. */
  readonly fetch: (location: string) => Promise<LocalFile | undefined>
}

const isS3 = (location: string): location is S3Uri => location.startsWith('s3://')
const isMissing = (error: unknown) =>
  typeof error === 'object' &&
  error !== null &&
  'code' in error &&
  ['ENOENT', 'ENOTDIR', 'EISDIR'].includes(String(error.code))

const orMissing = async <T>(call: () => Promise<T>): Promise<T | undefined> => {
  try {
    return await call()
  } catch (error) {
    if (isMissing(error)) return undefined
    throw error
  }
}

/** The locations of a step: S3 by its session, paths from its workspace, copies in its temporary folder. */
export const locations = (
  objects: Objects,
  { workspace, files }: { readonly workspace: string; readonly files: Files },
): Locations => {
  const inWorkspace = (path: string) => resolve(workspace, path)

  const openFile = async (path: string): Promise<OpenObject | undefined> => {
    const found = await orMissing(() => stat(inWorkspace(path)))
    if (found === undefined || !found.isFile()) return undefined
    return { etag: '', size: found.size, body: createReadStream(inWorkspace(path)) }
  }
  const open: Locations['open'] = (location) => (isS3(location) ? objects.open(location) : openFile(location))

  const listFolder = async (path: string): Promise<readonly string[]> => {
    const entries = await orMissing(() => readdir(inWorkspace(path), { withFileTypes: true }))
    const names = (entries ?? []).filter((entry) => entry.isFile()).map(({ name }) => name)
    return names.toSorted().map((name) => join(path, name))
  }
  const list: Locations['list'] = async (location) => {
    if (location.endsWith('/'))
      return isS3(location) ? (await objects.list(location)).map(({ uri }) => uri) : listFolder(location)
    const found = isS3(location) ? await objects.head(location) : await orMissing(() => stat(inWorkspace(location)))
    return found === undefined ? [] : [location]
  }

  const fetch: Locations['fetch'] = async (location) => {
    const opened = await open(location)
    if (opened === undefined) return undefined
    const hash = createHash('sha256')
    const name = `${createHash('sha256').update(location).digest('hex').slice(0, 8)}-${basename(location)}`
    const path = isS3(location) ? files.writeTemporary(name, '') : inWorkspace(location)
    const hashed = async function* (body: AsyncIterable<Uint8Array>) {
      for await (const chunk of body) {
        hash.update(chunk)
        yield chunk
      }
    }
    if (isS3(location)) await pipeline(opened.body, hashed, createWriteStream(path))
    else for await (const chunk of opened.body) hash.update(chunk)
    return { path, digest: `sha256:${hash.digest('hex')}`, size: opened.size }
  }

  return { open, list, fetch }
}
