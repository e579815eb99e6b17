import { createHash } from 'node:crypto'
import { buffer } from 'node:stream/consumers'
import { gzipSync } from 'node:zlib'
import { expect, test } from '@jest/globals'
import { pack } from 'tar-stream'
import { digesting, digestOf, readMember } from '../../src/index.ts'

const archive = async (files: Readonly<Record<string, string>>): Promise<Uint8Array> => {
  const tar = pack()
  for (const [name, text] of Object.entries(files)) tar.entry({ name }, text)
  tar.finalize()
  return gzipSync(await buffer(tar))
}

/** In small chunks, and counting them: what was not asked for was not read. */
const stream = (bytes: Uint8Array, size = 100) => {
  const asked = { chunks: 0 }
  const body = async function* () {
    for (let at = 0; at < bytes.length; at += size) {
      asked.chunks += 1
      yield bytes.subarray(at, at + size)
    }
  }
  return { asked, body: body() }
}

const textOf = ({ bytes }: { readonly bytes: Uint8Array }) => new TextDecoder().decode(bytes)

test('reads the first evaluation_results.json, in whatever folder', async () => {
  const bytes = await archive({
    'model.joblib': 'm'.repeat(2000),
    './code/evaluation_results.json': '{"a":1}',
    'evaluation_results.json': '{}',
  })
  const member = await readMember(stream(bytes).body)
  expect([member.name, textOf(member)]).toEqual(['code/evaluation_results.json', '{"a":1}'])
})

test('reads a named member by its path, or by a bare name', async () => {
  const bytes = await archive({ 'a/metrics.json': 'a', 'b/metrics.json': 'b' })
  expect(textOf(await readMember(stream(bytes).body, 'b/metrics.json'))).toBe('b')
  expect(textOf(await readMember(stream(bytes).body, 'metrics.json'))).toBe('a')
})

test('a download that is hashed on the side goes on after the member', async () => {
  const bytes = await archive({ 'evaluation_results.json': '{}', 'model.joblib': 'm'.repeat(5000) })
  const { body, digest } = digesting(stream(bytes).body)
  expect(textOf(await readMember(body))).toBe('{}')
  const whole = `sha256:${createHash('sha256').update(bytes).digest('hex')}`
  expect(await digest()).toBe(whole)
  expect(await digestOf(stream(bytes).body)).toBe(whole)
})
