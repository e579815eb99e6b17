import { afterAll, beforeAll, expect, test } from '@jest/globals'
import { prepareLocalCloud } from '@mlops/local-cloud'
import {
  baseReference,
  folderOf,
  imagesIn,
  imageStep,
  openWorld,
  packagesOf,
  pulled,
  putImage,
  putModel,
  runStep,
  tagsIn,
  type World,
} from '@mlops/testing'

let world: World
beforeAll(async () => {
  world = await openWorld({ action: 'build-push-image', python: prepareLocalCloud() })
}, 120_000)
afterAll(() => world.close())

const SHA = 'abcdef0123456789abcdef0123456789abcdef01'
/** A commit of its own for each test, so that their tags stay apart. */
const commit = (letter: string) => ({ GITHUB_SHA: SHA.replace('a', letter) })

const uploads = async () =>
  (await world.control.calls()).filter(
    ({ operation, principal }) => operation === 'UploadLayerPart' && principal.includes('assumed-role/ci/'),
  ).length

test('the first build: base, model and code are in the image, by the digest that is told', async () => {
  const base = await putImage(world, { 'usr/bin/python': 'an interpreter' }, { config: { Env: ['PATH=/usr/bin'] } })
  const arn = await putModel(world, 'basket-sensitivity', { 'model.joblib': 'model 1', 'code/inference.py': 'x' })
  const workspace = folderOf({
    'service/serve.py': 'print("served")\n',
    'service/notes.md': 'secret',
    'service/.dockerignore': '*.md\n',
  })
  const inputs = { model: arn, context: 'service', environment: 'prod', 'base-image': baseReference(base) }
  const { code, outputs, text } = await runStep(imageStep(world, inputs, { workspace }))
  expect([code, outputs['status'], text]).toEqual([0, 'pushed', expect.anything()])
  const image = await pulled(world, outputs['digest'] ?? '')
  expect(image.files).toEqual({
    'usr/bin/python': 'an interpreter',
    'opt/ml/model/model.joblib': 'model 1',
    'opt/ml/model/code/inference.py': 'x',
    'app/serve.py': 'print("served")\n',
  })
  expect(image.manifest.mediaType).toBe('application/vnd.docker.distribution.manifest.v2+json')
  expect(image.config).toMatchObject({
    Env: ['PATH=/usr/bin'],
    Entrypoint: ['python', 'serve.py'],
    WorkingDir: '/app',
    ExposedPorts: { '8080/tcp': {} },
  })
  expect(image.config.Labels).toEqual({
    'org.opencontainers.image.revision': SHA,
    'mlops.build-id': 'build-17-abcdef0',
    'mlops.model-package-arn': arn,
  })
  expect(outputs).toMatchObject({
    image: `123456789012.dkr.ecr.us-east-1.amazonaws.com/retail/basket-sensitivity@${outputs['digest'] ?? ''}`,
    tag: expect.stringMatching(/^abcdef0-m1-[0-9a-f]{8}$/) as unknown,
    tags: JSON.stringify([outputs['tag']]),
    reused: 'false',
    'model-package-arn': arn,
    'scan-status': 'COMPLETE',
    'vulnerability-counts': '{}',
    'layers-uploaded': '3',
  })
  expect(await imagesIn(world)).toMatchObject([{ imageDigest: outputs['digest'], imageTags: [outputs['tag']] }])
}, 60_000)

test('a run with the same ingredients re-uses the image and uploads nothing, even of another build', async () => {
  const arn = await putModel(world, 'basket-sensitivity', { model: 'same' })
  const step = (run: string) =>
    runStep(imageStep(world, { model: arn }, { environment: { ...commit('b'), GITHUB_RUN_NUMBER: run } }))
  const first = await step('1')
  const before = await uploads()
  const second = await step('2')
  expect([first.outputs['reused'], second.outputs['reused'], second.outputs['status']]).toEqual([
    'false',
    'true',
    'reused',
  ])
  expect(second.outputs['digest']).toBe(first.outputs['digest'])
  expect(second.outputs).toMatchObject({ tag: first.outputs['tag'], 'layers-uploaded': '0', 'bytes-uploaded': '0' })
  expect(await uploads()).toBe(before)
}, 60_000)

test('when only the model changes, one layer is uploaded', async () => {
  const base = baseReference(await putImage(world, { 'lib/large': 'x'.repeat(100_000) }))
  const build = async (content: string) => {
    const arn = await putModel(world, 'basket-sensitivity', { 'model.joblib': content })
    return runStep(imageStep(world, { model: arn, 'base-image': base }, { environment: commit('c') }))
  }
  const [first, second] = [await build('one'), await build('two')]
  expect([first.code, second.code]).toEqual([0, 0])
  expect(second.outputs['layers-uploaded']).toBe('1')
  expect(Number(second.outputs['bytes-uploaded'])).toBeLessThan(10_000)
  expect((await pulled(world, second.outputs['digest'] ?? '')).files).toMatchObject({
    'opt/ml/model/model.joblib': 'two',
  })
}, 60_000)

test('two models on one commit have two tags', async () => {
  const tags = []
  for (const content of ['one', 'two']) {
    const arn = await putModel(world, 'basket-sensitivity', { 'model.joblib': `retrain ${content}` })
    const { outputs } = await runStep(imageStep(world, { model: arn }, { environment: commit('d') }))
    tags.push(outputs['tag'] ?? '')
  }
  expect(new Set(tags).size).toBe(2)
  expect((await tagsIn(world)).filter((tag) => tag.startsWith('dbcdef0-'))).toEqual(tags.toSorted())
}, 60_000)

test('a group and a selector name the model, and the newest approved one is taken', async () => {
  const group = 'basket-sensitivity-selected'
  await putModel(world, group, { 'model.joblib': 'old' })
  const arn = await putModel(world, group, { 'model.joblib': 'new' })
  await putModel(world, group, { 'model.joblib': 'pending' }, { status: 'PendingManualApproval' })
  const { code, outputs } = await runStep(
    imageStep(world, { model: `${group}@latest-approved` }, { environment: commit('e') }),
  )
  expect([code, outputs['model-package-arn']]).toEqual([0, arn])
  expect((await pulled(world, outputs['digest'] ?? '')).files).toMatchObject({ 'opt/ml/model/model.joblib': 'new' })
}, 60_000)

test('a model that is gone is named', async () => {
  const group = 'basket-sensitivity-gone'
  const arn = await putModel(world, group, { 'model.joblib': 'gone' })
  const [found] = await packagesOf(world, group)
  const place = found?.InferenceSpecification?.Containers?.[0]?.ModelDataUrl ?? ''
  await world.remove(place)
  const { code, annotations } = await runStep(imageStep(world, { model: arn }))
  expect([code, annotations[0]?.message]).toEqual([1, expect.stringContaining('E-NO-DATA: the model of')])
}, 60_000)

test('a placeholder has no model, and is for dev alone', async () => {
  const inDev = await runStep(imageStep(world, {}, { environment: commit('f') }))
  expect([inDev.code, inDev.outputs['model-package-arn']]).toEqual([0, ''])
  expect(inDev.outputs['tag']).toMatch(/^fbcdef0-m0-/)
  expect((await pulled(world, inDev.outputs['digest'] ?? '')).files).toEqual({ 'app/serve.py': 'print("served")\n' })
  const before = await imagesIn(world)
  const inProd = await runStep(imageStep(world, { environment: 'prod' }, { environment: commit('f') }))
  expect([inProd.code, inProd.outputs['failure-class']]).toEqual([1, 'configuration'])
  expect(inProd.annotations[0]?.message).toContain('E-INPUT: input model is placeholder')
  expect(await imagesIn(world)).toEqual(before)
}, 60_000)

test('a dry run shows the image and changes nothing', async () => {
  const before = await imagesIn(world)
  const planned = await runStep(imageStep(world, { 'dry-run': 'true' }, { environment: commit('9') }))
  expect([planned.code, planned.outputs['status'], planned.outputs['tag']]).toEqual([0, 'planned', ''])
  expect(await imagesIn(world)).toEqual(before)
  const real = await runStep(imageStep(world, {}, { environment: commit('9') }))
  expect([real.code, real.outputs['digest']]).toEqual([0, planned.outputs['digest']])
}, 60_000)
