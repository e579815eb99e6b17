import { createWriteStream } from 'node:fs'
import { mkdir } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { createGunzip } from 'node:zlib'
import { ActionError } from '@mlops/core'
import { extract, type Header } from 'tar-stream'
import { isWhiteout, type TreeFile, treeFile } from './tree.ts'

/** More than any model that is served from one machine; an archive that goes beyond is made to fill a disk. */
const MOST_BYTES = 20 * 2 ** 30
const MOST_FILES = 100_000

const refuse = (why: string, cause?: unknown) =>
  new ActionError({
    code: 'E-ARCHIVE',
    kind: 'user',
    what: 'the model archive is refused',
    why,
    hint: 'pack it again with plain files only, for example with tar -czf model.tar.gz *, and register it',
    cause,
  })

const shown = (name: string) => JSON.stringify(name.slice(0, 200))

/** The path of an entry inside the model's folder; '' is the folder itself. */
const pathOf = (name: string): string => {
  if (/^([\\/]|[a-z]:)/i.test(name)) throw refuse(`${shown(name)} has an absolute path`)
  // oxlint-disable-next-line no-control-regex -- they are what is looked for
  if (/[\\\u0000-\u001f\u007f]/.test(name)) throw refuse(`${shown(name)} holds a character that no file should`)
  const parts = name.split('/').filter((part) => part !== '' && part !== '.')
  if (parts.includes('..')) throw refuse(`${shown(name)} leads out of the archive`)
  return parts.join('/')
}

/** Which paths are taken, and as what. */
const register = () => {
  const files = new Set<string>()
  const folders = new Set<string>()
  const addFolder = (path: string) => {
    for (let at = path; at !== '' && at !== '.'; at = dirname(at)) {
      if (files.has(at)) throw refuse(`${shown(at)} is a file and a folder`)
      folders.add(at)
    }
  }
  const addFile = (path: string) => {
    // Which of two counts would hang on their order.
    if (files.has(path)) throw refuse(`it holds ${shown(path)} twice`)
    if (path === '' || folders.has(path)) throw refuse(`${shown(path)} is a file and a folder`)
    addFolder(dirname(path))
    files.add(path)
    if (files.size > MOST_FILES) throw refuse(`it holds more than ${MOST_FILES} files`)
  }
  return { addFile, addFolder }
}

const assertPlain = ({ name, type }: Header) => {
  if (type === 'file' || type === 'contiguous-file' || type === 'directory') return
  throw refuse(`${shown(name)} is ${type === 'link' || type === 'symlink' ? 'a link' : 'no plain file'}`)
}

interface Native {
  readonly code?: string
  readonly message?: string
}

/** What zlib and tar-stream say of bad input; undefined for an error of the disk or of the source. */
const wordsOf = (error: unknown): string | undefined => {
  const { code, message }: Native = typeof error === 'object' && error !== null ? error : {}
  return code === undefined || /^(Z_|ERR_STREAM_PREMATURE_CLOSE$)/.test(code) ? message : undefined
}

/**
 * Unpacks a model.tar.gz into an empty folder. Refuses (E-ARCHIVE) what could reach beyond it or be read in two ways: paths
 * that are absolute or lead out, links, devices, names that come twice, whiteouts, more than 20 GiB or 100 000 files.
 */
export const unpackModel = async (body: AsyncIterable<Uint8Array>, folder: string): Promise<readonly TreeFile[]> => {
  const files: TreeFile[] = []
  const taken = register()
  let total = 0
  const archive = extract()
  const unpacked = pipeline(Readable.from(body), createGunzip({ chunkSize: 1 << 18 }), archive)
  // It is awaited below; until then its failure reaches the loop through the archive.
  unpacked.catch(() => undefined)
  try {
    for await (const entry of archive) {
      const { header } = entry
      assertPlain(header)
      const path = pathOf(header.name)
      if (isWhiteout(path)) throw refuse(`${shown(path)} would delete files of the image`)
      if (header.type === 'directory') {
        taken.addFolder(path)
        entry.resume()
        continue
      }
      taken.addFile(path)
      const size = header.size ?? 0
      total += size
      if (total > MOST_BYTES) throw refuse(`${shown(path)} brings it to more than 20 GiB`)
      await mkdir(join(folder, dirname(path)), { recursive: true })
      await pipeline(entry, createWriteStream(join(folder, path), { flags: 'wx' }))
      files.push(treeFile(folder, path, size, false))
    }
    await unpacked
  } catch (error) {
    const words = error instanceof ActionError ? undefined : wordsOf(error)
    throw words === undefined ? error : refuse(`it is no sound .tar.gz: ${words}`, error)
  }
  if (files.length === 0) throw refuse('it holds no file')
  return files
}
