import { expect, test } from '@jest/globals'
import { ActionError, type ErrorFacts, type ImageRegistry } from '@mlops/core'
import { imageLookup } from '../src/image-lookup.ts'

const DIGEST = `sha256:${'a'.repeat(64)}`
const IMAGE = `123456789012.dkr.ecr.eu-central-1.amazonaws.com/retail/model@${DIGEST}`
const ARN = 'arn:aws:sagemaker:eu-central-1:123456789012:model-package/basket/7'

const never = () => Promise.reject(new Error('nobody asks for that'))
const registryWith = (over: Partial<ImageRegistry>): ImageRegistry => ({
  manifest: never,
  missing: never,
  readText: never,
  fetch: never,
  upload: never,
  put: never,
  startScan: never,
  scan: never,
  login: never,
  ...over,
})
const holding = (labels: object): ImageRegistry =>
  registryWith({
    manifest: () =>
      Promise.resolve({
        digest: DIGEST,
        mediaType: 'application/vnd.docker.distribution.manifest.v2+json',
        text: JSON.stringify({ config: { digest: 'sha256:c' }, layers: [] }),
      }),
    readText: () => Promise.resolve(JSON.stringify({ config: { Labels: labels } })),
  })
const failing = (facts: Partial<ErrorFacts>) =>
  registryWith({
    manifest: () =>
      Promise.reject(
        new ActionError({ code: 'E-IMAGE', kind: 'user', what: 'no', why: 'it is so', hint: '-', ...facts }),
      ),
  })

const lookup = (registry: ImageRegistry | undefined) => {
  const warnings: string[] = []
  const asked: string[] = []
  const found = imageLookup(
    (region) => {
      asked.push(region)
      return registry
    },
    { warning: (line) => void warnings.push(line) },
  )
  return { ...found, warnings, asked }
}

test('an image of ECR is there, in its own region, and names its model package', async () => {
  const { exists, modelPackage, asked } = lookup(holding({ 'mlops.model-package-arn': ARN }))
  expect([await exists(IMAGE), await modelPackage(['nginx', IMAGE])]).toEqual([true, ARN])
  expect(new Set(asked)).toEqual(new Set(['eu-central-1']))
})

test.each([
  ['no such image', registryWith({ manifest: () => Promise.resolve(undefined) }), false],
  ['no such repository', failing({}), false],
  ['no right to look', failing({ code: 'E-ACCESS' }), undefined],
  ['an image that cannot be read', failing({ kind: 'remote' }), undefined],
  ['nothing is known of AWS', undefined, undefined],
])('%s', async (_, registry, expected) => {
  const { exists, modelPackage } = lookup(registry)
  expect([await exists(IMAGE), await modelPackage([IMAGE])]).toEqual([expected, undefined])
})

test('of another registry nobody can say', async () => {
  const { exists, asked } = lookup(undefined)
  expect([await exists('docker.io/library/nginx:1'), asked]).toEqual([undefined, []])
})

test('each image is looked up once, and what cannot be asked is said once', async () => {
  let calls = 0
  const denied = failing({ code: 'E-ACCESS' })
  const { exists, warnings } = lookup({
    ...denied,
    manifest: (...arguments_) => {
      calls += 1
      return denied.manifest(...arguments_)
    },
  })
  const other = IMAGE.replace('model@', 'other@')
  await Promise.all([exists(IMAGE), exists(IMAGE), exists(other)])
  expect([calls, warnings.length]).toEqual([2, 1])
})

test('a cancelled look-up stays cancelled', async () => {
  await expect(lookup(failing({ kind: 'cancelled' })).exists(IMAGE)).rejects.toThrow('E-IMAGE')
})

test('an image without the label, and a list of images, name no model package', async () => {
  const list = registryWith({
    manifest: () =>
      Promise.resolve({ digest: DIGEST, mediaType: 'application/vnd.oci.image.index.v1+json', text: '{}' }),
  })
  expect([await lookup(holding({})).modelPackage([IMAGE]), await lookup(list).modelPackage([IMAGE])]).toEqual([
    undefined,
    undefined,
  ])
})
