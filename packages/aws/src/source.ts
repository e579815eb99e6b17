import { createHash } from 'node:crypto'
import { readFileSync, readdirSync, realpathSync, statSync } from 'node:fs'
import { basename, join, relative, sep } from 'node:path'
import { buffer } from 'node:stream/consumers'
import { gzipSync } from 'node:zlib'
import { ActionError, type Objects, type S3Uri } from '@mlops/core'
import { pack } from 'tar-stream'

export interface SourceArchive {
  readonly bytes: Uint8Array
  /** SHA-256 of the bytes, in hex: equal folders give equal digests on every machine. */
  readonly digest: string
  /** Paths inside, relative to the folder, in order. */
  readonly files: readonly string[]
}

/** What never belongs to a program: caches, version control, environments. */
const LEFT_OUT = new Set([
  '.git',
  '.venv',
  '__pycache__',
  '.pytest_cache',
  '.ruff_cache',
  '.mypy_cache',
  'node_modules',
])
/** SageMaker downloads it before each start; data belongs into a channel. */
const LARGEST = 100 * 1024 * 1024

// oxlint-disable-next-line no-restricted-globals -- a constant, not the time of day
const NO_TIME = new Date(0)

const refuse = (what: string, why: string, hint: string) =>
  new ActionError({ code: 'E-SOURCE', kind: 'user', what, why, hint })

const walk = (root: string, folder: string): readonly string[] =>
  readdirSync(folder, { withFileTypes: true }).flatMap((entry) => {
    const path = join(folder, entry.name)
    if (LEFT_OUT.has(entry.name) || entry.name.endsWith('.pyc')) return []
    const real = realpathSync(path)
    if (real !== root && !real.startsWith(root + sep))
      throw refuse(
        `${relative(root, path)} leads out of the source folder`,
        'it is a link to something that the archive would have to take in from elsewhere',
        'copy the file into the folder',
      )
    // A link to a folder inside is not followed: its files are in the archive already.
    if (entry.isSymbolicLink() && statSync(path).isDirectory()) return []
    return statSync(path).isDirectory() ? walk(root, path) : [relative(root, path)]
  })

const rootOf = (folder: string) => {
  try {
    return realpathSync(folder)
  } catch {
    throw refuse(
      `the source folder ${basename(folder)} does not exist`,
      'the checkout has no such folder',
      'check the path, and that a checkout step runs before',
    )
  }
}

const assertEntryPoint = (files: readonly string[], entryPoint: string) => {
  if (files.includes(entryPoint)) return
  const near = files.filter((file) => file.endsWith('.py'))
  throw refuse(
    `the entry point ${entryPoint} is not in the source folder`,
    near.length === 0 ? 'it holds no Python file' : `it holds ${near.slice(0, 8).join(', ')}`,
    'give a path relative to the source folder',
  )
}

/**
 * Packs a folder so that equal files give equal bytes: sorted names, no times, no owners, one mode.
 * Throws E-SOURCE when the folder or entry point is missing, a link leads out, or it is larger than 100 MiB.
 */
export const packSource = async (source: {
  readonly folder: string
  readonly entryPoint: string
}): Promise<SourceArchive> => {
  const root = rootOf(source.folder)
  const files = walk(root, root).toSorted((one, other) => (one < other ? -1 : 1))
  assertEntryPoint(files, source.entryPoint)
  const size = files.reduce((sum, file) => sum + statSync(join(root, file)).size, 0)
  if (size > LARGEST)
    throw refuse(
      `the source folder holds ${Math.ceil(size / 1024 / 1024)} MiB`,
      'every start of the job would download them',
      'move data into a channel, or choose a smaller folder',
    )
  const archive = pack()
  for (const file of files) {
    const mode = statSync(join(root, file)).mode & 0o100 ? 0o755 : 0o644
    const header = { name: file.split(sep).join('/'), mode, mtime: NO_TIME, uid: 0, gid: 0 }
    archive.entry(header, readFileSync(join(root, file)))
  }
  archive.finalize()
  const bytes = gzipSync(await buffer(archive), { level: 9 })
  // The header's tenth byte names the system that compressed (RFC 1952): unknown is true everywhere.
  bytes[9] = 255
  return { bytes, digest: createHash('sha256').update(bytes).digest('hex'), files }
}

/** Puts the archive below a prefix under its digest, unless it is there already, and gives its place. */
export const uploadSource = async (objects: Objects, prefix: S3Uri, archive: SourceArchive): Promise<S3Uri> => {
  const uri = `${prefix.replace(/\/+$/, '')}/${archive.digest}/sourcedir.tar.gz` as S3Uri
  // An object under its own digest can't be another one, so a lost race is as good as a write.
  if ((await objects.head(uri)) === undefined) await objects.write(uri, archive.bytes, { ifAbsent: true })
  return uri
}
