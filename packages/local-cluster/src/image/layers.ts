import { createWriteStream } from 'node:fs'
import { chmod, link, lstat, mkdir, readdir, readlink, rm, symlink } from 'node:fs/promises'
import { dirname, join, relative } from 'node:path'
import { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { createGunzip, createZstdDecompress } from 'node:zlib'
import { extract, type Header } from 'tar-stream'

const WHITEOUT = '.wh.'
const OPAQUE = '.wh..wh..opq'
const MAX_LINKS = 40

/** A part of a tar: what it is, and its content. */
type Entry = AsyncIterable<unknown> & { readonly header: Header }

/** What one image may unpack to. */
export const MAX_BYTES = 8 * 1024 ** 3

const partsOf = (path: string): readonly string[] => path.split('/').filter((part) => part !== '' && part !== '.')

/** What a symbolic link says, or undefined for everything else. */
const linkAt = (path: string): Promise<string | undefined> => readlink(path).catch(() => undefined)

/**
 * Where a path of an image really is below its root: links are followed as a process would that has this root, so that
 * nothing leads out of it.
 *
 * @param followLast whether the last part, too, is followed when it is a link
 */
const resolveIn = async (root: string, path: string, followLast: boolean): Promise<string> => {
  let found: string[] = []
  const rest = [...partsOf(path)]
  for (let links = 0; rest.length > 0;) {
    const part = rest.shift() ?? ''
    if (part === '..') {
      found = found.slice(0, -1)
      continue
    }
    const target = rest.length > 0 || followLast ? await linkAt(join(root, ...found, part)) : undefined
    if (target === undefined) {
      found.push(part)
      continue
    }
    links += 1
    if (links > MAX_LINKS) throw new Error(`too many symbolic links in ${path}`)
    if (target.startsWith('/')) found = []
    rest.unshift(...partsOf(target))
  }
  return join(root, ...found)
}

/** Makes the folders above a path and gives where it really is; the path itself is not followed. */
export const placeInImage = async (root: string, path: string): Promise<string> => {
  const parts = partsOf(path)
  const parent = await resolveIn(root, parts.slice(0, -1).join('/'), true)
  const name = parts.at(-1)
  if (name === undefined || name === '..') throw new Error(`a layer names ${JSON.stringify(path)}`)
  await mkdir(parent, { recursive: true })
  return join(parent, name)
}

const isFolder = (path: string) =>
  lstat(path).then(
    (found) => found.isDirectory(),
    () => false,
  )

interface Layer {
  readonly root: string
  /** Real paths that this layer has written; an opaque folder hides only what is older. */
  readonly written: Set<string>
  readonly room: { left: number }
}

const hideOlder = async (folder: string, written: ReadonlySet<string>) => {
  for (const name of await readdir(folder).catch(() => [])) {
    const path = join(folder, name)
    if (![...written].some((one) => one === path || one.startsWith(`${path}/`)))
      await rm(path, { recursive: true, force: true })
  }
}

const addFile = async ({ room }: Layer, entry: Entry, place: string, mode: number) => {
  room.left -= entry.header.size ?? 0
  if (room.left < 0) throw new Error(`the image unpacks to more than ${MAX_BYTES} bytes`)
  // An older hard link must not be written through.
  await rm(place, { recursive: true, force: true })
  await pipeline(Readable.from(entry), createWriteStream(place, { mode, flags: 'wx' }))
  await chmod(place, mode)
}

/** A link from where it lies to its target as a process with this root would see it. */
const addSymlink = async ({ root }: Layer, place: string, target: string) => {
  const above = relative(root, dirname(place))
  const absolute = target.startsWith('/') ? target : join('/', above, target)
  const inside = join(root, ...partsOf(join('/', absolute)))
  await rm(place, { recursive: true, force: true })
  await symlink(relative(dirname(place), inside) || '.', place)
}

const addHardLink = async ({ root }: Layer, place: string, target: string) => {
  const from = await placeInImage(root, target)
  if (from === place) return
  await rm(place, { recursive: true, force: true })
  await link(from, place)
}

const addEntry = async (layer: Layer, entry: Entry): Promise<void> => {
  const { name, type, linkname } = entry.header
  const parts = partsOf(name)
  // The root itself is in many layers.
  if (parts.length === 0) return
  const place = await placeInImage(layer.root, name)
  const base = parts.at(-1) ?? ''
  if (base === OPAQUE) return hideOlder(dirname(place), layer.written)
  if (base.startsWith(WHITEOUT)) {
    const hidden = base.slice(WHITEOUT.length)
    if (['', '.', '..'].includes(hidden)) throw new Error(`a layer names ${JSON.stringify(name)}`)
    return rm(join(dirname(place), hidden), { recursive: true, force: true })
  }
  layer.written.add(place)
  // Its owner is whoever runs the cluster, who must be able to remove it, and gets nobody's rights by it.
  const mode = (entry.header.mode ?? 0o644) & 0o777
  if (type === 'directory') {
    if (!(await isFolder(place))) await rm(place, { force: true })
    await mkdir(place, { recursive: true })
    return chmod(place, mode | 0o700)
  }
  if (type === 'file' || type === 'contiguous-file') return addFile(layer, entry, place, mode | 0o600)
  if (type === 'symlink') return addSymlink(layer, place, linkname ?? '')
  if (type === 'link') return addHardLink(layer, place, linkname ?? '')
  // Devices and pipes need rights that the owner of a local cluster has no use for.
}

const decompressed = (blob: Buffer): Readable => {
  const source = Readable.from([blob])
  if (blob.readUInt16BE(0) === 0x1f8b) return source.pipe(createGunzip())
  if (blob.readUInt32BE(0) === 0x28b52ffd) return source.pipe(createZstdDecompress())
  return source
}

/**
 * Unpacks a layer (a tar, plain or compressed) over those below it in a folder: whiteouts remove, nothing is written outside,
 * owners and special bits are left out. Rejects what leads nowhere or unpacks to more than `room`.
 *
 * @see https://github.com/opencontainers/image-spec/blob/main/layer.md
 */
export const unpackLayer = async (blob: Buffer, root: string, room: { left: number }): Promise<void> => {
  if (blob.length < 4) throw new Error('a layer is empty')
  const layer: Layer = { root, written: new Set(), room }
  const tar = extract()
  const source = decompressed(blob)
  source.on('error', (error: Error) => tar.destroy(error))
  source.pipe(tar)
  for await (const entry of tar) {
    await addEntry(layer, entry)
    entry.resume()
  }
}
