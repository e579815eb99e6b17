import { chmodSync, mkdirSync, mkdtempSync, rmSync, utimesSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { afterAll, expect, test } from '@jest/globals'
import fc from 'fast-check'
import { assembleImage, contentOf, contextFiles, unpackModel, writeLayer } from '../src/index.ts'
import { archiveOf, chunksOf, type Entry } from './archives.ts'

const root = mkdtempSync(join(tmpdir(), 'same-'))
afterAll(() => rmSync(root, { recursive: true }))
const fresh = () => mkdtempSync(join(root, 'x-'))

const name = fc.stringMatching(/^[a-z0-9_]{1,12}(\/[a-z0-9_]{1,60}){0,3}\.[a-z]{1,3}$/)
const files = fc.uniqueArray(fc.tuple(name, fc.uint8Array({ maxLength: 2000 })), {
  selector: ([path]) => path,
  minLength: 1,
  maxLength: 8,
})

const modelLayer = async (entries: readonly Entry[]) => {
  const folder = fresh()
  const unpacked = await unpackModel(chunksOf(await archiveOf(entries)), folder)
  return writeLayer(unpacked, { folder: 'opt/ml/model', path: join(fresh(), 'layer'), createdBy: 'model' })
}

test('a model has the digest of its files, whatever the order, times, owners and modes in its archive', async () => {
  await fc.assert(
    fc.asyncProperty(
      files.chain((all) =>
        fc.tuple(
          fc.constant(all),
          fc.shuffledSubarray(all, { minLength: all.length }),
          fc.date({ min: new Date(0), max: new Date('2100-01-01'), noInvalidDate: true }),
          fc.nat(5000),
          fc.constantFrom(0o600, 0o644, 0o755),
          fc.boolean(),
        ),
      ),
      async ([all, shuffled, mtime, uid, mode, dotted]) => {
        const one = await modelLayer(all.map(([path, content]) => ({ name: path, content, mtime: new Date(0) })))
        const other = await modelLayer(
          shuffled.map(([path, content]) => ({ name: dotted ? `./${path}` : path, content, mtime, uid, mode })),
        )
        expect(other.digest).toBe(one.digest)
        expect(other.diffId).toBe(one.diffId)
      },
    ),
    { numRuns: 25 },
  )
})

const contextLayer = async (all: readonly (readonly [string, Uint8Array])[], at: Date) => {
  const folder = fresh()
  for (const [path, content] of all) {
    mkdirSync(dirname(join(folder, path)), { recursive: true })
    writeFileSync(join(folder, path), content)
    utimesSync(join(folder, path), at, at)
  }
  return writeLayer(contextFiles(folder), { folder: 'app', path: join(fresh(), 'layer'), createdBy: 'context' })
}

test('a context has the digest of its files, wherever and whenever it was checked out', async () => {
  await fc.assert(
    fc.asyncProperty(files, async (all) => {
      const one = await contextLayer(all, new Date(0))
      const other = await contextLayer(all.toReversed(), new Date('2026-01-01'))
      expect(other.digest).toBe(one.digest)
    }),
    { numRuns: 15 },
  )
})

test('another byte, name or right to execute is another digest', async () => {
  const digests = new Set<string>()
  for (const [path, content] of [
    ['a.py', 'x'],
    ['a.py', 'y'],
    ['b.py', 'x'],
  ] as const)
    digests.add((await contextLayer([[path, Buffer.from(content)]], new Date(0))).digest)
  const folder = fresh()
  writeFileSync(join(folder, 'a.py'), 'x')
  chmodSync(join(folder, 'a.py'), 0o755)
  const executable = { folder: 'app', path: join(fresh(), 'layer'), createdBy: 'context' }
  digests.add((await writeLayer(contextFiles(folder), executable)).digest)
  expect(digests.size).toBe(4)
})

const imageOf = async (build: string, content = 'print(1)\n') => {
  const layer = await contextLayer([['serve.py', Buffer.from(content)]], new Date(0))
  return assembleImage({
    layers: [layer],
    labels: { 'org.opencontainers.image.revision': 'abc', 'mlops.build-id': build },
    workingDirectory: '/app',
    entrypoint: ['python', 'serve.py'],
    port: 8080,
  })
}

test('an image has this digest on every machine', async () => {
  const image = await imageOf('build-1-abc')
  expect(image.manifest.digest).toMatchInlineSnapshot(
    `"sha256:8ac4d2303ba90c87a5bceca855be379e6b53cc3c19abff341137cf087cd708a7"`,
  )
})

test('its content is that of another build, its digest is not', async () => {
  const [one, other, changed] = [await imageOf('build-1-abc'), await imageOf('build-2-abc'), await imageOf('b', 'x')]
  expect(contentOf(other.config)).toBe(contentOf(one.config))
  expect(other.manifest.digest).not.toBe(one.manifest.digest)
  expect(contentOf(changed.config)).not.toBe(contentOf(one.config))
})

test('what the base says is kept, and what the image says comes on top', async () => {
  const layer = await contextLayer([['serve.py', Buffer.from('x')]], new Date(0))
  const { config, layers } = assembleImage({
    base: {
      config: {
        architecture: 'arm64',
        os: 'linux',
        config: { Env: ['PATH=/usr/bin'], User: '1000', Entrypoint: ['sh'], Cmd: ['-c'], Labels: { a: '1', b: '1' } },
        rootfs: { type: 'layers', diff_ids: ['sha256:0'] },
        history: [{ created_by: 'base' }],
      },
      layers: [{ digest: 'sha256:00', size: 7 }],
    },
    layers: [layer],
    labels: { b: '2' },
    workingDirectory: '/app',
    entrypoint: ['python'],
    port: 9000,
  })
  expect(config).toMatchObject({
    architecture: 'arm64',
    config: {
      Env: ['PATH=/usr/bin'],
      User: '1000',
      Entrypoint: ['python'],
      // What the base gave its own entry point means nothing to another one.
      Cmd: [],
      Labels: { a: '1', b: '2' },
      ExposedPorts: { '9000/tcp': {} },
      WorkingDir: '/app',
    },
    rootfs: { diff_ids: ['sha256:0', layer.diffId] },
  })
  expect(config.history).toHaveLength(2)
  expect(layers.map(({ digest }) => digest)).toEqual(['sha256:00', layer.digest])
})
