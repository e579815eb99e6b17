import { chmodSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, utimesSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from '@jest/globals'
import fc from 'fast-check'
import { packSource } from '../src/source.ts'

let folder: string
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'source-'))
})
afterEach(() => rmSync(folder, { recursive: true }))

const put = (path: string, text = path) => {
  mkdirSync(join(folder, path, '..'), { recursive: true })
  writeFileSync(join(folder, path), text)
}
const refusal = (entryPoint: string, from = folder) =>
  packSource({ folder: from, entryPoint }).then(
    () => '',
    (error: unknown) => String(error),
  )

test('the same files give the same bytes, in whatever order and at whatever time they were written', async () => {
  const name = fc.stringMatching(/^[a-z]{1,6}$/)
  await fc.assert(
    fc.asyncProperty(fc.uniqueArray(name, { minLength: 1, maxLength: 6 }), async (names) => {
      const pack = async (order: readonly string[], time: number) => {
        rmSync(folder, { recursive: true })
        mkdirSync(folder)
        for (const file of ['train.py', ...order]) {
          put(file)
          utimesSync(join(folder, file), time, time)
        }
        return packSource({ folder, entryPoint: 'train.py' })
      }
      const [one, other] = [await pack(names, 1000), await pack(names.toReversed(), 2_000_000)]
      expect(other.digest).toBe(one.digest)
      expect(one.files).toEqual([...new Set(['train.py', ...names])].toSorted())
    }),
    { numRuns: 20 },
  )
})

test('another content, name or executable bit is another archive', async () => {
  put('train.py', 'a')
  const digests = [(await packSource({ folder, entryPoint: 'train.py' })).digest]
  put('train.py', 'b')
  digests.push((await packSource({ folder, entryPoint: 'train.py' })).digest)
  chmodSync(join(folder, 'train.py'), 0o755)
  digests.push((await packSource({ folder, entryPoint: 'train.py' })).digest)
  put('more.py')
  digests.push((await packSource({ folder, entryPoint: 'train.py' })).digest)
  expect(new Set(digests).size).toBe(4)
})

test('caches and version control stay out', async () => {
  for (const path of ['train.py', '__pycache__/x.pyc', '.git/config', '.venv/bin/python', 'deep/er/x.py', 'y.pyc'])
    put(path)
  expect((await packSource({ folder, entryPoint: 'train.py' })).files).toEqual(['deep/er/x.py', 'train.py'])
})

test('a link that leads out is refused, one that stays inside is taken', async () => {
  put('train.py')
  symlinkSync('train.py', join(folder, 'same.py'))
  expect((await packSource({ folder, entryPoint: 'same.py' })).files).toEqual(['same.py', 'train.py'])
  symlinkSync('/etc/hostname', join(folder, 'secret'))
  expect(await refusal('train.py')).toMatch(/E-SOURCE: secret leads out of the source folder/)
})

test('a missing entry point is named with what there is, a missing folder is said', async () => {
  put('train.py')
  expect(await refusal('trian.py')).toMatch(/E-SOURCE: the entry point trian\.py .*it holds train\.py/)
  expect(await refusal('train.py', join(folder, 'nowhere'))).toMatch(
    /E-SOURCE: the source folder nowhere does not exist/,
  )
})
