import { gzipSync } from 'node:zlib'
import { expect, test } from '@jest/globals'
import fc from 'fast-check'
import { ActionError } from '@mlops/core'
import { readMember } from '../../src/index.ts'
import { paxRecord, type RawEntry, rawEntry, rawTar } from './raw-tar.ts'

const WANTED = { name: 'evaluation_results.json', body: '{"accuracy":1}' }

async function* once(bytes: Uint8Array) {
  yield bytes
}
const read = (entries: readonly RawEntry[], member?: string) => readMember(once(gzipSync(rawTar(entries))), member)
const refusal = (run: Promise<unknown>) =>
  run.then(
    () => 'no refusal',
    (error: unknown) => (error instanceof ActionError ? error.message : `not an ActionError: ${String(error)}`),
  )
const sparse = (key: string): RawEntry => ({ name: 'pax', type: 'x', body: paxRecord(key, '1') })

test.each<readonly [string, readonly RawEntry[], RegExp]>([
  ['a path that leads out', [{ name: '../evil' }], /"\.\.\/evil" leads out of the archive/],
  ['one that leads out in its middle', [{ name: 'a/../../evil' }], /leads out/],
  ['one with backslashes', [{ name: 'a\\..\\evil' }], /leads out/],
  ['one whose prefix leads out', [{ name: 'evil', prefix: '..' }], /"\.\.\/evil" leads out/],
  ['a folder that leads out', [{ name: '../', type: '5' }], /leads out/],
  ['an absolute path', [{ name: '/etc/passwd' }], /"\/etc\/passwd" has an absolute path/],
  ['a path with a drive', [{ name: 'C:\\evil' }], /absolute path/],
  ['a hard link', [{ name: 'link', type: '1' }], /"link" is a link/],
  ['a symbolic link', [{ name: 'link', type: '2' }], /is a symbolic link/],
  ['a character device', [{ name: 'null', type: '3' }], /is a device/],
  ['a block device', [{ name: 'disk', type: '4' }], /is a device/],
  ['a named pipe', [{ name: 'pipe', type: '6' }], /is a named pipe/],
  ['an old sparse file', [{ name: 'holes', type: 'S' }], /is a sparse file/],
  ['a sparse file of pax', [sparse('GNU.sparse.major'), { name: 'holes' }], /sparse file/],
  ['a part of another volume', [{ name: 'rest', type: 'M' }], /another volume/],
  ['an entry of an unknown type', [{ name: 'x', type: 'Z' }], /unknown type "Z"/],
  [
    'a long name that leads out',
    [{ name: 'l', type: 'L', body: `${'../'.repeat(50)}x\0` }, { name: 'x' }],
    /leads out/,
  ],
  [
    'a pax path that leads out',
    [{ name: 'p', type: 'x', body: paxRecord('path', '../x') }, { name: 'x' }],
    /leads out/,
  ],
  ['the wanted name as a link', [{ name: WANTED.name, type: '2' }], /is a symbolic link/],
  [
    'a claim of more than 10 GiB',
    [
      { name: 'big', size: 8 ** 11 - 1 },
      { name: 'b', size: 3 * 2 ** 30 },
    ],
    /ends within "big"/,
  ],
  ['a size that is none', [{ name: 'x', size: 'none' }], /header is damaged/],
  ['a negative size', [{ name: 'x', size: '\xff\xff\xff' }], /header is damaged/],
  ['a wrong checksum', [{ name: 'x', checksum: 1 }], /header is damaged/],
  ['a pax header that is malformed', [{ name: 'p', type: 'x', body: '99 path=x\n' }], /pax header of it is malformed/],
  ['a pax size that is none', [{ name: 'p', type: 'x', body: paxRecord('size', '-5') }], /gives the size "-5"/],
])('refuses %s before what is wanted', async (_, entries, words) => {
  const message = await refusal(read([...entries, WANTED]))
  expect(message).toMatch(/^E-ARCHIVE: /)
  expect(message).toMatch(words)
})

test('what comes after the wanted member is not looked at', async () => {
  const member = await read([{ name: 'model.joblib', body: 'm' }, WANTED, { name: '../evil' }])
  expect(new TextDecoder().decode(member.bytes)).toBe(WANTED.body)
})

test('reading stops at the member: the rest of the stream is not asked for', async () => {
  const whole = gzipSync(Buffer.concat([rawEntry(WANTED), new Uint8Array(50 * 2 ** 20).fill(7)]), { level: 0 })
  const state = { asked: 0, closed: false }
  const body = async function* () {
    try {
      for (let at = 0; at < whole.length; at += 65_536) {
        state.asked += 65_536
        yield whole.subarray(at, at + 65_536)
      }
    } finally {
      state.closed = true
    }
  }
  await readMember(body())
  expect(state.closed).toBe(true)
  expect(state.asked).toBeLessThan(5 * 2 ** 20)
})

test('a member of more than 64 MiB is refused by its header; a model of that size before it is passed over', async () => {
  const large = 64 * 2 ** 20 + 1
  const message = await refusal(read([{ ...WANTED, size: large }]))
  expect(message).toMatch(/^E-ARCHIVE.*"evaluation_results.json" is larger than 64 MiB/)
  const member = await read([{ name: 'model.joblib', body: new Uint8Array(large) }, WANTED])
  expect(member.bytes.length).toBe(WANTED.body.length)
})

test('10 GiB are not read: the claim is enough', async () => {
  const claim = { name: 'model.joblib', type: '0' }
  const pax = { name: 'p', type: 'x', body: paxRecord('size', String(11 * 2 ** 30)) }
  expect(await refusal(read([pax, claim, WANTED]))).toMatch(/^E-ARCHIVE.*"model.joblib" brings it to more than 10 GiB/)
  // GNU's binary form of a size.
  const binary = '\x80\0\0\0\0\0\0\x03\0\0\0\0'
  expect(await refusal(read([{ ...claim, size: binary }, WANTED]))).toMatch(/more than 10 GiB/)
})

test('headers that never end are refused', async () => {
  const long = { name: 'p', type: 'x', size: 2 ** 21 }
  expect(await refusal(read([long, WANTED]))).toMatch(/^E-ARCHIVE.*a header of it is 2097152 bytes long/)
})

test('a gzip bomb is passed over in little memory', async () => {
  // 1 GiB of zeros in one entry, 1 MB packed: gzip files one after the other are one.
  const part = 2 ** 26
  const zeros = gzipSync(new Uint8Array(part))
  const body = async function* () {
    yield gzipSync(rawEntry({ name: 'bomb', size: 16 * part }))
    for (let done = 0; done < 16; done += 1) yield zeros
    yield gzipSync(rawTar([WANTED]))
  }
  const used = () => {
    const { external, arrayBuffers, heapUsed } = process.memoryUsage()
    return external + arrayBuffers + heapUsed
  }
  const before = used()
  let most = 0
  const watch = setInterval(() => (most = Math.max(most, used() - before)), 10)
  const member = await readMember(body())
  clearInterval(watch)
  expect(member.name).toBe(WANTED.name)
  // What the collector has not taken yet is in it.
  expect(most).toBeLessThan(256 * 2 ** 20)
}, 60_000)

test('what is no gzip, no tar, cut off, or empty is told apart', async () => {
  const whole = gzipSync(rawTar([WANTED]))
  expect(await refusal(readMember(once(new TextEncoder().encode('{"accuracy": 1}'))))).toMatch(
    /^E-ARCHIVE.*no sound gzip/,
  )
  expect(await refusal(readMember(once(new Uint8Array())))).toMatch(/^E-ARCHIVE/)
  expect(await refusal(readMember(once(gzipSync('{"accuracy": 1}'.repeat(100)))))).toMatch(/no sound tar/)
  expect(await refusal(readMember(once(whole.subarray(0, 60))))).toMatch(/^E-ARCHIVE/)
  expect(await refusal(readMember(once(gzipSync(rawEntry(WANTED).subarray(0, 600)))))).toMatch(/ends within/)
})

test('a member that is not there is named, with what is there', async () => {
  const entries = Array.from({ length: 30 }, (_, at) => ({ name: `file-${at}` }))
  const message = await refusal(read(entries, 'metrics.json'))
  expect(message).toMatch(/^E-ARCHIVE: the archive holds no metrics.json \| it holds file-0, .*file-19, … \|/)
  expect(await refusal(read([]))).toMatch(/it holds nothing/)
})

test('an error of the stream itself stays what it is', async () => {
  const body = async function* () {
    yield gzipSync(rawTar([WANTED])).subarray(0, 20)
    throw new ActionError({ code: 'E-NETWORK', kind: 'remote', what: 'a', why: 'b', hint: 'c' })
  }
  expect(await refusal(readMember(body()))).toBe('E-NETWORK: a | b | c')
})

test('any bytes end in a member or in E-ARCHIVE', async () => {
  const tar = rawTar([
    { name: 'a', body: 'x'.repeat(700) },
    { name: 'p', type: 'x', body: paxRecord('path', 'b') },
    WANTED,
  ])
  const edit = fc.tuple(fc.nat(tar.length - 1), fc.nat(255))
  await fc.assert(
    fc.asyncProperty(fc.array(edit, { maxLength: 6 }), fc.nat(tar.length), async (edits, length) => {
      const bytes = tar.slice()
      for (const [at, byte] of edits) bytes[at] = byte
      const outcome = await readMember(once(gzipSync(bytes.subarray(0, length)))).then(
        ({ bytes: found }) => found.length <= bytes.length,
        (error: unknown) => error instanceof ActionError && error.facts.code === 'E-ARCHIVE',
      )
      expect(outcome).toBe(true)
    }),
    { numRuns: 300 },
  )
})
