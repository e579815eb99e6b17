import { basename } from 'node:path/posix'
import { Readable } from 'node:stream'
import { createGunzip } from 'node:zlib'
import { archiveError } from './archive-error.ts'
import { type ByteReader, byteReader } from './byte-reader.ts'
import { BLOCK, readHeader, readPax, type TarHeader } from './tar-header.ts'

export interface Member {
  readonly name: string
  readonly bytes: Uint8Array
}

/** What is read for when nobody says: the results that a training job puts beside its model. */
const DEFAULT_MEMBER = 'evaluation_results.json'
const LARGEST_MEMBER = 64 * 2 ** 20
const MOST_SCANNED = 10 * 2 ** 30
/** Long names and pax records; a sound one is far smaller. */
const LARGEST_EXTENSION = 2 ** 20
const LISTED = 20
/** Unpacked at a time: Node's default of 16 KiB takes six times as long. */
const CHUNK = 1 << 18

const refuse = (why: string) =>
  archiveError(
    'the archive is refused',
    why,
    'pack it again with plain files only, for example with tar -czf model.tar.gz *',
  )

const broken = (why: string, cause?: unknown) =>
  archiveError('the archive cannot be read', why, 'give a .tar.gz, and check that it was uploaded as a whole', cause)

/** What zlib says when its input is bad; undefined for an error of the stream itself. */
const zlibWords = (error: unknown): string | undefined =>
  typeof error === 'object' && error !== null && 'code' in error && String(error.code).startsWith('Z_')
    ? String('message' in error ? error.message : error.code)
    : undefined

async function* unpack(body: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array, void, undefined> {
  const packed = Readable.from(body)
  const stream = createGunzip({ chunkSize: CHUNK })
  packed.on('error', (error) => stream.destroy(error))
  try {
    for await (const chunk of packed.pipe(stream)) yield chunk as Uint8Array
  } catch (error) {
    const words = zlibWords(error)
    throw words === undefined ? error : broken(`it is no sound gzip: ${words}`, error)
  } finally {
    packed.destroy()
    stream.destroy()
  }
}

const TYPES: Readonly<Record<string, string>> = {
  1: 'a link',
  2: 'a symbolic link',
  3: 'a device',
  4: 'a device',
  6: 'a named pipe',
  S: 'a sparse file',
  M: 'a part of another volume',
}
const [FILE, CONTIGUOUS, FOLDER] = ['0', '7', '5']

const assertSafe = ({ name, type }: TarHeader) => {
  const shown = JSON.stringify(name)
  if (/^([\\/]|[a-z]:)/i.test(name)) throw refuse(`${shown} has an absolute path`)
  if (name.split(/[\\/]/).includes('..')) throw refuse(`${shown} leads out of the archive`)
  if ([FILE, CONTIGUOUS, FOLDER].includes(type)) return
  throw refuse(`${shown} is ${TYPES[type] ?? `of the unknown type ${JSON.stringify(type)}`}`)
}

/** What extension headers say of the entry that follows. */
interface Extension {
  readonly name?: string
  readonly size?: number
}

const padded = (size: number) => Math.ceil(size / BLOCK) * BLOCK

interface Entries {
  readonly reader: ByteReader
  /** Counts bytes that are going to be read. */
  readonly account: (name: string, size: number) => void
}

const takeBody = async ({ reader, account }: Entries, { name, size }: TarHeader): Promise<Uint8Array> => {
  account(name, padded(size))
  const bytes = await reader.take(padded(size))
  if (bytes === undefined) throw broken(`it ends within ${JSON.stringify(name)}`)
  return bytes.subarray(0, size)
}

const readExtension = async (entries: Entries, header: TarHeader): Promise<Extension> => {
  if (header.size > LARGEST_EXTENSION) throw refuse(`a header of it is ${header.size} bytes long`)
  const bytes = await takeBody(entries, header)
  if (header.type === 'L') return { name: new TextDecoder().decode(bytes).replace(/\0.*$/s, '') }
  if (header.type === 'K') return {}
  const records = readPax(bytes)
  if (records === undefined) throw broken('a pax header of it is malformed')
  if ([...records.keys()].some((key) => key.startsWith('GNU.sparse.'))) throw refuse('it holds a sparse file')
  const [name, size] = [records.get('path'), records.get('size')]
  if (size !== undefined && !/^\d{1,15}$/.test(size))
    throw broken(`a pax header gives the size ${JSON.stringify(size)}`)
  return { ...(name === undefined ? {} : { name }), ...(size === undefined ? {} : { size: Number(size) }) }
}

/** Long names (L), long link targets (K), pax records for the next entry (x) and for all (g). */
const EXTENSIONS: ReadonlySet<string> = new Set(['L', 'K', 'x', 'g'])

/** The next file or folder; undefined at the archive's end. */
const nextEntry = async (entries: Entries): Promise<TarHeader | undefined> => {
  let extension: Extension = {}
  for (;;) {
    entries.account('its headers', BLOCK)
    const block = await entries.reader.take(BLOCK)
    if (block === undefined || block.every((byte) => byte === 0)) return undefined
    const header = readHeader(block)
    if (header === undefined) throw broken('it is no sound tar: a header is damaged')
    if (!EXTENSIONS.has(header.type)) return { ...header, ...extension }
    extension = { ...extension, ...(await readExtension(entries, header)) }
  }
}

const cleaned = (name: string) => name.replace(/^(\.\/)+/, '')

const namedLike = (member: string) => (name: string) =>
  member.includes('/') ? name === cleaned(member) : basename(name) === member

/** The files whose name fits, one after the other; what lies between is looked at and skipped. */
async function* fitting(
  entries: Entries,
  fits: (name: string) => boolean,
  passed: (name: string) => void,
): AsyncGenerator<Member, void, undefined> {
  for (let header = await nextEntry(entries); header !== undefined; header = await nextEntry(entries)) {
    assertSafe(header)
    const name = cleaned(header.name)
    if (header.type !== FOLDER && fits(name)) {
      if (header.size > LARGEST_MEMBER) throw refuse(`${JSON.stringify(header.name)} is larger than 64 MiB`)
      yield { name, bytes: await takeBody(entries, header) }
      continue
    }
    passed(name)
    entries.account(header.name, padded(header.size))
    if (!(await entries.reader.skip(padded(header.size)))) throw broken(`it ends within ${JSON.stringify(header.name)}`)
  }
}

const notHeld = (member: string, seen: readonly string[]) => {
  const listed = seen.length > LISTED ? [...seen.slice(0, LISTED), '…'] : seen
  return archiveError(
    `the archive holds no ${member}`,
    seen.length === 0 ? 'it holds nothing' : `it holds ${listed.join(', ')}`,
    'name the member in the gate file, or let the training job write it beside the model',
  )
}

/** Opens an archive for as long as it is read; the memory taken does not grow with it. */
const reading = async <T>(body: AsyncIterable<Uint8Array>, read: (entries: Entries) => Promise<T>): Promise<T> => {
  const stream = unpack(body)
  let scanned = 0
  const account = (name: string, size: number) => {
    scanned += size
    if (scanned > MOST_SCANNED) throw refuse(`${JSON.stringify(name)} brings it to more than 10 GiB`)
  }
  try {
    return await read({ reader: byteReader(stream), account })
  } finally {
    await stream.return()
  }
}

/**
 * Reads one member out of a .tar.gz as it arrives, and stops there: nothing is unpacked, and the memory taken does not grow
 * with the archive.
 *
 * Refuses (E-ARCHIVE) what comes before it when it is dangerous: paths that lead out or are absolute, links, devices, sparse
 * files; a member of more than 64 MiB; more than 10 GiB to read.
 *
 * @param member path, or a bare name that the first path with this base name fits; evaluation_results.json when undefined
 */
export const readMember = (body: AsyncIterable<Uint8Array>, member: string = DEFAULT_MEMBER): Promise<Member> =>
  reading(body, async (entries) => {
    const seen: string[] = []
    const found = fitting(entries, namedLike(member), (name) => {
      if (seen.length <= LISTED) seen.push(name)
    })
    for await (const first of found) return first
    throw notHeld(member, seen)
  })

/** Reads every member whose path fits, at most `limit` bytes of them together; refuses (E-ARCHIVE) what `readMember` does. */
export const readMembers = (
  body: AsyncIterable<Uint8Array>,
  fits: (name: string) => boolean,
  limit: number,
): Promise<readonly Member[]> =>
  reading(body, async (entries) => {
    const members: Member[] = []
    let room = limit
    for await (const member of fitting(entries, fits, () => undefined)) {
      room -= member.bytes.length
      if (room < 0) break
      members.push({ name: member.name, bytes: member.bytes.slice() })
    }
    return members
  })
