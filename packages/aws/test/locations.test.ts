import { createHash } from 'node:crypto'
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { afterAll, beforeAll, expect, test } from '@jest/globals'
import { objectsInMemory } from '@mlops/testing'
import { locations, type Locations } from '../src/locations.ts'

let folder: string
let places: Locations

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'locations-'))
  mkdirSync(join(folder, 'data/deep'), { recursive: true })
  for (const name of ['b.csv', 'a.csv', 'deep/c.csv']) writeFileSync(join(folder, 'data', name), name)
  const store = objectsInMemory(['data'])
  store.put('s3://data/set/a.csv', 'over there')
  store.put('s3://data/set/b.csv', '')
  const writeTemporary = (name: string, content: string | Uint8Array) => {
    const path = join(folder, 'temp', name)
    mkdirSync(dirname(path), { recursive: true })
    writeFileSync(path, content)
    return path
  }
  places = locations(store.objects, { workspace: folder, files: { readText: () => '', writeTemporary } })
})
afterAll(() => rmSync(folder, { recursive: true }))

const sha256 = (text: string) => `sha256:${createHash('sha256').update(text).digest('hex')}`

test('what is not there is an answer', async () => {
  for (const location of ['s3://data/none', 'data/none.csv', 'data', 'data/a.csv/none']) {
    expect(await places.open(location)).toBeUndefined()
    expect(await places.fetch(location)).toBeUndefined()
  }
  expect(await places.list('s3://data/none')).toEqual([])
  expect(await places.list('none/')).toEqual([])
})

test('a file of the workspace stays where it is', async () => {
  const found = await places.fetch('data/a.csv')
  expect(found).toEqual({ path: join(folder, 'data/a.csv'), digest: sha256('a.csv'), size: 5 })
})

test('an object is brought here whole, and two of one name stay apart', async () => {
  const found = await places.fetch('s3://data/set/a.csv')
  expect(found).toMatchObject({ digest: sha256('over there'), size: 10 })
  expect(readFileSync(found?.path ?? '', 'utf8')).toBe('over there')
  expect((await places.fetch('s3://data/set/b.csv'))?.path).not.toBe(found?.path)
})

test('a prefix is the files right below it, in order; anything else is itself', async () => {
  expect(await places.list('data/')).toEqual(['data/a.csv', 'data/b.csv'])
  expect(await places.list('data/a.csv')).toEqual(['data/a.csv'])
  expect(await places.list('s3://data/set/')).toEqual(['s3://data/set/a.csv', 's3://data/set/b.csv'])
  expect(await places.list('s3://data/set/b.csv')).toEqual(['s3://data/set/b.csv'])
})
