import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from '@jest/globals'
import { unpackModel } from '../src/unpack-model.ts'
import { archiveOf, chunksOf, type Entry } from './archives.ts'

let root: string
let folder: string
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'unpack-'))
  folder = join(root, 'model')
})
afterEach(() => rmSync(root, { recursive: true }))

const unpack = async (entries: readonly Entry[]) => unpackModel(chunksOf(await archiveOf(entries)), folder)

const GOOD: Entry = { name: 'model.joblib', content: 'model' }

test('files lie where the archive says', async () => {
  const files = await unpack([{ name: './', type: 'directory' }, { ...GOOD, name: './code/model.py' }, GOOD])
  expect(files.map(({ path, size }) => [path, size])).toEqual([
    ['code/model.py', 5],
    ['model.joblib', 5],
  ])
  expect(readFileSync(join(folder, 'code/model.py'), 'utf8')).toBe('model')
})

const HOSTILE: readonly (readonly [string, RegExp, readonly Entry[]])[] = [
  ['a path that leads out', /leads out/, [GOOD, { ...GOOD, name: '../escaped' }]],
  ['a path that leads out from inside', /leads out/, [{ ...GOOD, name: 'a/../../escaped' }]],
  ['an absolute path', /absolute/, [{ ...GOOD, name: '/etc/passwd' }]],
  ['a path of Windows', /absolute/, [{ ...GOOD, name: 'C:\\escaped' }]],
  ['a backslash', /character/, [{ ...GOOD, name: 'a\\..\\..\\escaped' }]],
  ['a line break in a name', /character/, [{ ...GOOD, name: 'a\n::error::b' }]],
  [
    'a symbolic link',
    /a link/,
    [
      { name: 'l', type: 'symlink', linkname: '/etc' },
      { ...GOOD, name: 'l/escaped' },
    ],
  ],
  ['a hard link', /a link/, [{ name: 'l', type: 'link', linkname: '/etc/passwd' }]],
  ['a device', /no plain file/, [{ name: 'd', type: 'character-device' }]],
  ['a pipe', /no plain file/, [{ name: 'p', type: 'fifo' }]],
  ['a name that comes twice', /twice/, [GOOD, { ...GOOD, name: './model.joblib' }]],
  ['a file that is a folder too', /a file and a folder/, [GOOD, { ...GOOD, name: 'model.joblib/x' }]],
  [
    'a folder that is a file too',
    /a file and a folder/,
    [
      { ...GOOD, name: 'a/b' },
      { ...GOOD, name: 'a' },
    ],
  ],
  ['a whiteout', /delete files/, [{ ...GOOD, name: 'a/.wh.model.joblib' }]],
  ['nothing', /no file/, []],
]

test.each(HOSTILE)('%s is refused, and nothing lies beside the folder', async (_, why, entries) => {
  await expect(unpack(entries)).rejects.toMatchObject({
    facts: { code: 'E-ARCHIVE', why: expect.stringMatching(why) as unknown },
  })
  expect(existsSync(join(root, 'escaped'))).toBe(false)
})

test.each([0, 1, 30, 90])('an archive that ends after %i %% of its bytes is refused', async (percent) => {
  const whole = await archiveOf([GOOD, { ...GOOD, name: 'b', content: Buffer.alloc(100_000, 'abc') }])
  const part = whole.subarray(0, Math.floor((whole.length * percent) / 100))
  await expect(unpackModel(chunksOf(part), folder)).rejects.toMatchObject({ facts: { code: 'E-ARCHIVE' } })
})

test('what is no archive is refused', async () => {
  await expect(unpackModel(chunksOf(Buffer.from('model')), folder)).rejects.toMatchObject({
    facts: { code: 'E-ARCHIVE' },
  })
})

test('an error of the source is none of the archive', async () => {
  const broken = async function* () {
    yield Buffer.from([0x1f, 0x8b])
    await Promise.resolve()
    throw Object.assign(new Error('socket hang up'), { code: 'ECONNRESET' })
  }
  await expect(unpackModel(broken(), folder)).rejects.toMatchObject({ code: 'ECONNRESET' })
})
