import { afterAll, beforeAll, expect, test } from '@jest/globals'
import { prepareLocalCloud } from '@mlops/local-cloud'
import {
  baseReference,
  folderOf,
  imagesIn,
  imageStep,
  openWorld,
  pulled,
  putImage,
  putModel,
  runStep,
  type World,
} from '@mlops/testing'

let world: World
let base: string
beforeAll(async () => {
  world = await openWorld({ action: 'build-push-image', python: prepareLocalCloud() })
  base = baseReference(await putImage(world, { 'lib/base': 'base' }))
}, 120_000)
afterAll(() => world.close())

const OPERATIONS = [
  'ecr BatchCheckLayerAvailability',
  'ecr BatchGetImage',
  'ecr CompleteLayerUpload',
  'ecr DescribeImageScanFindings',
  'ecr GetDownloadUrlForLayer',
  'ecr InitiateLayerUpload',
  'ecr PutImage',
  'ecr StartImageScan',
  'ecr UploadLayerPart',
  's3 GetLayer',
  's3 GetObject',
  'sagemaker DescribeModelPackage',
  'sagemaker ListModelPackages',
  'sts AssumeRoleWithWebIdentity',
  'sts GetCallerIdentity',
]

/** Builds an image of its own that needs every operation. */
const build = async (name: string) => {
  const group = `basket-sensitivity-${name}`
  await putModel(world, group, { 'model.joblib': name })
  await world.control.clearCalls()
  const workspace = folderOf({ 'serve.py': `print("${name}")\n` })
  return () => runStep(imageStep(world, { model: `${group}@latest-approved`, 'base-image': base }, { workspace }))
}

const calledByStep = async () =>
  (await world.control.calls()).filter(
    ({ principal }) => principal.includes(':assumed-role/ci/') || principal === 'anonymous',
  )
const names = (calls: Awaited<ReturnType<typeof calledByStep>>) =>
  [...new Set(calls.map(({ service, operation }) => `${service} ${operation}`))].toSorted()

test('these are all the operations that the action calls', async () => {
  const run = await build('plain')
  expect((await run()).code).toBe(0)
  expect(names(await calledByStep())).toEqual(OPERATIONS)
}, 60_000)

test.each(['throttle', '500', 'reset', 'lost-response'] as const)(
  'every operation meets %s once, and all ends as without it: one image with its tag',
  async (kind) => {
    const run = await build(kind)
    for (const operation of OPERATIONS) {
      const [service = '', name = ''] = operation.split(' ')
      const principal = service === 'sts' || name === 'GetLayer' ? '*' : '*:assumed-role/ci/*'
      await world.control.fault({ service, operation: name, kind, principal })
    }
    const { code, outputs, text } = await run()
    await world.control.clearFaults()
    expect([code, outputs['status'], text]).toEqual([0, 'pushed', expect.anything()])
    const befallen = (await calledByStep()).filter(({ fault }) => fault === kind)
    expect(names(befallen)).toEqual(OPERATIONS)
    const tagged = (await imagesIn(world)).filter(({ imageTags = [] }) => imageTags.includes(outputs['tag'] ?? ''))
    expect(tagged).toMatchObject([{ imageDigest: outputs['digest'] }])
    expect((await pulled(world, outputs['digest'] ?? '')).files).toEqual({
      'lib/base': 'base',
      'opt/ml/model/model.joblib': kind,
      'app/serve.py': `print("${kind}")\n`,
    })
  },
  90_000,
)

test('a layer of several parts whose answers are lost arrives whole', async () => {
  const content = 'x'.repeat(25 * 2 ** 20)
  const arn = await putModel(world, 'basket-sensitivity-large', { 'model.joblib': content })
  await world.control.fault({ service: 'ecr', operation: 'UploadLayerPart', kind: 'lost-response', times: 3 })
  const { code, outputs } = await runStep(imageStep(world, { model: arn }))
  expect(code).toBe(0)
  expect((await pulled(world, outputs['digest'] ?? '')).files['opt/ml/model/model.joblib'] === content).toBe(true)
}, 90_000)
