import { describe, expect, test } from '@jest/globals'
import type { Objects, S3Uri } from '@mlops/core'

export interface ObjectsUnderTest {
  readonly objects: Objects
  /** A prefix in a bucket of ours, with its slash, below which nothing lies. */
  readonly root: S3Uri
  /** A prefix in a bucket that does not exist. */
  readonly nowhere: S3Uri
}

/** S3 lists at most that many in one answer (S3 API, ListObjectsV2). */
const PAGE = 1000
const AT_ONCE = 25

/** What everything that calls itself Objects promises: the same for the fake and for the adapter over a real service. */
export const objectsContract = (title: string, setUp: (name: string) => Promise<ObjectsUnderTest>): void => {
  const uris = async ({ objects }: ObjectsUnderTest, prefix: S3Uri, limit?: number) =>
    (await objects.list(prefix, limit)).map(({ uri }) => uri)
  const below = ({ root }: ObjectsUnderTest, key: string) => `${root}${key}` as S3Uri
  const textOf = async ({ objects }: ObjectsUnderTest, uri: S3Uri) => (await objects.read(uri))?.text

  describe(`the contract of objects, by ${title}`, () => {
    test('an object that is not there is an answer', async () => {
      const under = await setUp('missing')
      expect(await under.objects.head(below(under, 'a'))).toBeUndefined()
      expect(await under.objects.read(below(under, 'a'))).toBeUndefined()
      expect(await under.objects.list(under.root)).toEqual([])
    })

    test('what was written is read, and has one ETag wherever one looks', async () => {
      const under = await setUp('written')
      const uri = below(under, 'a.json')
      const written = await under.objects.write(uri, 'grün')
      const etag = written.kind === 'written' ? written.etag : ''
      expect(etag).not.toBe('')
      expect(await under.objects.read(uri)).toEqual({ text: 'grün', etag })
      expect(await under.objects.head(uri)).toEqual({ uri, etag, size: 5 })
      expect(await under.objects.list(under.root)).toEqual([{ uri, etag, size: 5 }])
    })

    test('an opened object is streamed with its size and ETag; one that is not there is an answer', async () => {
      const under = await setUp('opened')
      const uri = below(under, 'a')
      expect(await under.objects.open(uri)).toBeUndefined()
      await under.objects.write(uri, 'x'.repeat(300_000))
      const { size, etag } = (await under.objects.head(uri)) ?? {}
      const opened = await under.objects.open(uri)
      expect(opened).toMatchObject({ size, etag })
      const chunks: Uint8Array[] = []
      for await (const chunk of opened?.body ?? []) chunks.push(chunk)
      expect(Buffer.concat(chunks).toString()).toBe('x'.repeat(300_000))
    })

    test('other content has another ETag, the same content the same', async () => {
      const under = await setUp('etags')
      const uri = below(under, 'a')
      const one = await under.objects.write(uri, 'one')
      const other = await under.objects.write(uri, new TextEncoder().encode('other'))
      expect(other).not.toEqual(one)
      expect(await textOf(under, uri)).toBe('other')
      expect(await under.objects.write(uri, 'one')).toEqual(one)
    })

    test('a key may hold any letter', async () => {
      const under = await setUp('letters')
      const odd = ['a b', 'a+b', 'a%20b', 'a=b&c', 'ä/ö', "it's (one)"].map((key) => below(under, key))
      for (const uri of odd) await under.objects.write(uri, uri)
      expect((await uris(under, under.root)).toSorted()).toEqual(odd.toSorted())
      for (const uri of odd) expect(await textOf(under, uri)).toBe(uri)
    })

    test('a list holds what lies below its prefix, in key order, without folder markers, as many as asked for', async () => {
      const under = await setUp('lists')
      for (const key of ['b/2', 'a/1', 'b/', 'b/1', 'bb']) await under.objects.write(below(under, key), '')
      const [one, two] = [below(under, 'b/1'), below(under, 'b/2')]
      expect(await uris(under, below(under, 'b/'))).toEqual([one, two])
      expect(await uris(under, below(under, 'b'))).toEqual([one, two, below(under, 'bb')])
      expect(await uris(under, below(under, 'b/'), 1)).toEqual([one])
    })

    test('a list of more than one page is whole', async () => {
      const under = await setUp('pages')
      const keys = Array.from({ length: PAGE + 1 }, (_, index) => below(under, String(index).padStart(4, '0')))
      for (let from = 0; from < keys.length; from += AT_ONCE)
        await Promise.all(keys.slice(from, from + AT_ONCE).map((uri) => under.objects.write(uri, '')))
      expect(await uris(under, under.root)).toEqual(keys)
      expect(await uris(under, under.root, PAGE)).toEqual(keys.slice(0, PAGE))
    }, 60_000)

    test('a write that must be the first loses against what is there', async () => {
      const under = await setUp('first')
      const uri = below(under, 'a')
      expect(await under.objects.write(uri, 'one', { ifAbsent: true })).toMatchObject({ kind: 'written' })
      expect(await under.objects.write(uri, 'other', { ifAbsent: true })).toEqual({ kind: 'lost' })
      expect(await textOf(under, uri)).toBe('one')
    })

    test('a write over a known state loses against any other state', async () => {
      const under = await setUp('known')
      const uri = below(under, 'a')
      expect(await under.objects.write(uri, 'x', { ifMatch: 'd41d8cd98f00b204e9800998ecf8427e' })).toEqual({
        kind: 'lost',
      })
      await under.objects.write(uri, 'one')
      const { etag: known = '' } = (await under.objects.head(uri)) ?? {}
      expect(await under.objects.write(uri, 'two', { ifMatch: known })).toMatchObject({ kind: 'written' })
      expect(await under.objects.write(uri, 'three', { ifMatch: known })).toEqual({ kind: 'lost' })
      expect(await textOf(under, uri)).toBe('two')
    })

    test('of many that want to be the first, one is', async () => {
      const under = await setUp('race')
      const uri = below(under, 'a')
      const bodies = Array.from({ length: 8 }, (_, index) => `writer ${index}`)
      const results = await Promise.all(bodies.map((body) => under.objects.write(uri, body, { ifAbsent: true })))
      const winners = bodies.filter((_, index) => results[index]?.kind === 'written')
      expect(winners).toHaveLength(1)
      expect(await textOf(under, uri)).toBe(winners[0])
    })

    test('a bucket that is not there is an error of the bucket', async () => {
      const { objects, nowhere } = await setUp('nowhere')
      const uri = `${nowhere}a` as S3Uri
      const error = { facts: { code: 'E-BUCKET', kind: 'user' } }
      await expect(objects.list(nowhere)).rejects.toMatchObject(error)
      await expect(objects.read(uri)).rejects.toMatchObject(error)
      await expect(objects.write(uri, '')).rejects.toMatchObject(error)
    })
  })
}
