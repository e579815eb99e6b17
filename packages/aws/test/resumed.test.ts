import { expect, test } from '@jest/globals'
import { resumed } from '../src/resumed.ts'

const WHOLE = Uint8Array.from({ length: 10 }, (_, index) => index)

/** Connections that break after so many bytes, one after the other; the last entry counts for all further ones. */
const connections = (...lengths: readonly number[]) => {
  const opened: number[] = []
  async function* from(offset: number) {
    const length = lengths[Math.min(opened.length, lengths.length - 1)] ?? 0
    opened.push(offset)
    if (length > 0) yield WHOLE.subarray(offset, offset + length)
    if (offset + length < WHOLE.length) throw Object.assign(new Error('reset'), { code: 'ECONNRESET' })
  }
  return { opened, bytes: resumed(from(0), WHOLE.length, (offset) => Promise.resolve(from(offset))) }
}

const readAll = async (bytes: AsyncIterable<Uint8Array>) => {
  const read: Uint8Array[] = []
  for await (const chunk of bytes) read.push(chunk)
  return Buffer.concat(read)
}

test('a broken connection is taken up behind the last byte', async () => {
  const { bytes, opened } = connections(3, 4, 10)
  expect(await readAll(bytes)).toEqual(Buffer.from(WHOLE))
  expect(opened).toEqual([0, 3, 7])
})

test('connections that bring nothing are an error, and none is opened any more', async () => {
  const { bytes, opened } = connections(3, 0)
  await expect(readAll(bytes)).rejects.toMatchObject({ facts: { code: 'E-NETWORK' } })
  expect(opened).toEqual([0, 3, 3, 3])
})

test('who has read enough lets go', async () => {
  const { bytes, opened } = connections(5)
  for await (const chunk of bytes) {
    expect(chunk).toHaveLength(5)
    break
  }
  expect(opened).toEqual([0])
})
