import { buffer } from 'node:stream/consumers'
import { gunzipSync } from 'node:zlib'
import { expect, test } from '@jest/globals'
import fc from 'fast-check'
import { storedGzip } from '../src/stored-gzip.ts'
import { chunksOf } from './archives.ts'

const wrap = (bytes: Uint8Array, size: number) => buffer(storedGzip(chunksOf(bytes, size)))

test('what was wrapped comes back, and the bytes do not hang on how it arrived', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.oneof(fc.uint8Array({ maxLength: 300 }), fc.constantFrom(0, 1, 0xfffe, 0xffff, 0x10000, 0x1ffff)),
      fc.integer({ min: 1, max: 70_000 }),
      async (given, size) => {
        const bytes = typeof given === 'number' ? Buffer.alloc(given, 7) : given
        const wrapped = await wrap(bytes, size)
        expect(Buffer.compare(gunzipSync(wrapped), bytes)).toBe(0)
        expect(Buffer.compare(wrapped, await wrap(bytes, 1 << 20))).toBe(0)
      },
    ),
    { numRuns: 60 },
  )
})

test('no time and no system stand in it', async () => {
  expect([...(await wrap(Buffer.from('a'), 9)).subarray(0, 10)]).toEqual([0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 255])
})
