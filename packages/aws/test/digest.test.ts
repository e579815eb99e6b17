import { createHash } from 'node:crypto'
import { expect, test } from '@jest/globals'
import { objectsInMemory, stepContext } from '@mlops/testing'
import { digestOf, readDigested } from '../src/digest.ts'
import { locations } from '../src/locations.ts'

const store = objectsInMemory(['data'])
store.put('s3://data/a', 'some bytes')
const places = locations(store.objects, stepContext())
const DIGEST = `sha256:${createHash('sha256').update('some bytes').digest('hex')}`

test('the digest is that of the bytes, with the ETag they were read by', async () => {
  const found = await store.objects.head('s3://data/a' as Parameters<typeof store.objects.head>[0])
  expect(await digestOf(places, 's3://data/a', 'it')).toEqual({ digest: DIGEST, etag: found?.etag })
})

test('a small file is read whole, a large one is refused', async () => {
  const { bytes, digest } = await readDigested(places, 's3://data/a', 'it', 10)
  expect([Buffer.from(bytes).toString(), digest]).toEqual(['some bytes', DIGEST])
  await expect(readDigested(places, 's3://data/a', 'it', 9)).rejects.toMatchObject({ facts: { code: 'E-FORMAT' } })
})

test('what is not there is said', async () => {
  const error = { facts: { code: 'E-NO-DATA', what: 'the model is not there' } }
  await expect(digestOf(places, 's3://data/none', 'the model')).rejects.toMatchObject(error)
  await expect(readDigested(places, 's3://data/none', 'the model', 9)).rejects.toMatchObject(error)
})
