import { mkdtempSync, readFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Readable } from 'node:stream'
import { PutImageCommand } from '@aws-sdk/client-ecr'
import { afterAll, beforeAll, expect, test } from '@jest/globals'
import { ActionError, type EcrRepository, type ImageRegistry } from '@mlops/core'
import { prepareLocalCloud } from '@mlops/local-cloud'
import {
  ACCOUNT_ID,
  BASE_REPOSITORY,
  ecrOf,
  IMAGE_REPOSITORY,
  openWorld,
  putImage,
  REGION,
  type World,
} from '@mlops/testing'
import { NodeHttpHandler } from '@smithy/node-http-handler'
import { ecrRegistry, readBaseImage } from '../src/index.ts'

const repository: EcrRepository = { account: ACCOUNT_ID, region: REGION, name: IMAGE_REPOSITORY }
const bases: EcrRepository = { ...repository, name: BASE_REPOSITORY }

/** Breaks the next downloads after their first bytes. */
let toBreak = 0
const handler = new NodeHttpHandler()
const handle = handler.handle.bind(handler)
handler.handle = async (request, options) => {
  const answer = await handle(request, options)
  if (toBreak === 0 || !request.path.startsWith('/_ecr/')) return answer
  toBreak -= 1
  const body = Readable.from(
    (async function* () {
      yield Buffer.from('{')
      await Promise.resolve()
      throw Object.assign(new Error('aborted'), { code: 'ECONNRESET' })
    })(),
  )
  return { response: Object.assign(answer.response, { body }) }
}

let world: World
let registry: ImageRegistry
beforeAll(async () => {
  world = await openWorld({ python: prepareLocalCloud() })
  registry = ecrRegistry({
    config: {
      region: REGION,
      endpoint: world.cloud.endpoint,
      credentials: { accessKeyId: 'AKIALOCALADMIN000000', secretAccessKey: 'local-admin' },
      requestHandler: handler,
      maxAttempts: 1,
    },
    retry: (call) => call().catch(call),
    isRefusal: () => true,
    failed: (error) => {
      throw error
    },
    signal: new AbortController().signal,
  })
}, 120_000)
afterAll(() => world.close())

const facts = (promise: Promise<unknown>) =>
  promise.then(
    () => undefined,
    (error: unknown) =>
      error instanceof ActionError ? [error.facts.code, `${error.facts.what} | ${error.facts.why}`] : error,
  )

test('a repository that is not there is named with its account and region', async () => {
  const nowhere = { ...repository, name: 'no/where' }
  expect(await facts(registry.missing(nowhere, [`sha256:${'0'.repeat(64)}`]))).toEqual([
    'E-IMAGE',
    expect.stringContaining(`there is no repository no/where in the registry of ${ACCOUNT_ID}, ${REGION}`),
  ])
})

test('an image that is not there is an answer', async () => {
  expect(await registry.manifest(repository, { tag: 'none' })).toBeUndefined()
  expect(await registry.manifest(repository, { digest: `sha256:${'0'.repeat(64)}` })).toBeUndefined()
})

test('of more than 100 layers, those that are missing are told', async () => {
  const digest = await putImage(world, { a: 'many' })
  const manifest = await registry.manifest(bases, { digest })
  const [layer = ''] = /sha256:[0-9a-f]{64}(?="\s*}\s*\])/.exec(manifest?.text ?? '') ?? []
  const absent = Array.from({ length: 150 }, (_, index) => `sha256:${index.toString(16).padStart(64, '0')}`)
  expect(await registry.missing(bases, [...absent, layer])).toEqual(absent)
})

const put = async (mediaType: string, document: object) => {
  const imageManifest = JSON.stringify({ schemaVersion: 2, mediaType, ...document })
  const { image } = await ecrOf(world).send(new PutImageCommand({ repositoryName: BASE_REPOSITORY, imageManifest }))
  return image?.imageId?.imageDigest ?? ''
}

test('a list of images is no base', async () => {
  const digest = await putImage(world, { a: 'listed' })
  const list = await put('application/vnd.oci.image.index.v1+json', { manifests: [{ digest }] })
  expect(await facts(readBaseImage(registry, { ...bases, digest: list }))).toEqual([
    'E-IMAGE',
    expect.stringContaining('a list of images'),
  ])
})

test('an image whose layers are not gzipped is no base', async () => {
  const digest = await putImage(world, { a: 'zstd' })
  const manifest = JSON.parse((await registry.manifest(bases, { digest }))?.text ?? '') as {
    readonly config: object
    readonly layers: readonly object[]
  }
  const layers = manifest.layers.map((layer) => ({
    ...layer,
    mediaType: 'application/vnd.oci.image.layer.v1.tar+zstd',
  }))
  const other = await put('application/vnd.oci.image.manifest.v1+json', { config: manifest.config, layers })
  expect(await facts(readBaseImage(registry, { ...bases, digest: other }))).toEqual([
    'E-IMAGE',
    expect.stringContaining('tar+zstd'),
  ])
})

test('a scan is started once a day, and told when there is none', async () => {
  const digest = await putImage(world, { a: 'scanned' })
  expect(await registry.scan(bases, digest)).toEqual({ kind: 'none' })
  expect(await registry.startScan(bases, digest)).toBe('started')
  expect(await registry.startScan(bases, digest)).toBe('limited')
  expect(await registry.scan(bases, digest)).toMatchObject({ kind: 'under-way' })
})

test('findings of all pages are told', async () => {
  const digest = await putImage(world, { a: 'findings' })
  const findings = Array.from({ length: 1500 }, (_, index) => ({ name: `CVE-${index}`, severity: 'LOW' }))
  await world.control.scanOutcome({ repository: BASE_REPOSITORY, digest, findings, seconds: 0 })
  await registry.startScan(bases, digest)
  const scan = await registry.scan(bases, digest)
  expect(scan.kind === 'complete' && scan.findings.map(({ id }) => id)).toEqual(findings.map(({ name }) => name))
})

test('a download that breaks on the way is begun anew', async () => {
  const digest = await putImage(world, { a: 'broken' })
  const text = (await registry.manifest(bases, { digest }))?.text ?? ''
  const { config, layers } = JSON.parse(text) as {
    readonly config: { readonly digest: string }
    readonly layers: readonly [{ readonly digest: string; readonly size: number }]
  }
  toBreak = 1
  expect(JSON.parse(await registry.readText(bases, config.digest))).toMatchObject({ architecture: 'amd64' })
  toBreak = 1
  const path = join(mkdtempSync(join(tmpdir(), 'layer-')), 'layer')
  await registry.fetch(bases, layers[0].digest, path)
  expect(readFileSync(path)).toHaveLength(layers[0].size)
  expect(toBreak).toBe(0)
})

test('a tag that belongs to another image is taken, and the same image may be put again', async () => {
  const [one, other] = [await putImage(world, { a: 'one' }), await putImage(world, { a: 'other' })]
  const manifestOf = async (digest: string) => {
    const found = await registry.manifest(bases, { digest })
    if (found === undefined) throw new Error(`${digest} is not there`)
    return found
  }
  const [first, second] = [await manifestOf(one), await manifestOf(other)]
  expect(await registry.put(bases, first, 'v1')).toBe('put')
  expect(await registry.put(bases, first, 'v1')).toBe('put')
  expect(await registry.put(bases, second, 'v1')).toBe('taken')
  expect((await registry.manifest(bases, { tag: 'v1' }))?.digest).toBe(one)
})
