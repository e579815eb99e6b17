import { DescribeImagesCommand } from '@aws-sdk/client-ecr'
import { afterAll, beforeAll, expect, jest, test } from '@jest/globals'
import { type ClusterWorld, ecrOf, IMAGE_REPOSITORY, openClusterWorld, runStep } from '@mlops/testing'
import { deployVersion, expectCode, holderOf, judgeStep, marksOf, newPlace, recordOf, standings } from './judging.ts'

jest.setTimeout(120_000)
let world: ClusterWorld
beforeAll(async () => {
  world = await openClusterWorld({ action: 'health-check-rollback' })
}, 40 * 60_000)
afterAll(() => world.close())

const tagsOf = async (image: string) => {
  const imageDigest = image.slice(image.indexOf('@') + 1)
  const command = new DescribeImagesCommand({ repositoryName: IMAGE_REPOSITORY, imageIds: [{ imageDigest }] })
  return (await ecrOf(world).send(command)).imageDetails?.[0]?.imageTags ?? []
}

test('a healthy release: its model is the champion, its image is tagged, and the next one takes both over', async () => {
  const place = await newPlace(world)
  const inputs = { environment: 'staging' }
  const first = await deployVersion(world, place, { version: '1' }, inputs)
  const judged = await runStep(judgeStep(world, place, {}, inputs))
  expectCode(judged.text, judged.code, 0)
  expect(judged.outputs).toMatchObject({
    status: 'healthy',
    verdict: 'healthy',
    revision: '1',
    'rolled-back': 'false',
    'model-package-arn': first.arn,
    answer: '{"prediction":"High","model_version":"1"}',
  })
  expect(await standings(place)).toEqual(['1 deployed healthy'])
  expect(await marksOf(world, place)).toEqual(['Approved champion:staging'])
  expect(await tagsOf(first.image)).toEqual(expect.arrayContaining(['latest-staging', 'healthy-staging-1']))
  expect(judged.summary).toContain('3 of this model version')

  const second = await deployVersion(world, place, { version: '2' }, inputs)
  expect(await standings(place)).toEqual(['1 deployed healthy', '2 deployed awaiting-verdict'])
  expect(await marksOf(world, place)).toEqual(['Approved champion:staging', 'Approved'])
  const again = await runStep(judgeStep(world, place, { bake: '2s' }, inputs))
  expectCode(again.text, again.code, 0)
  expect(await standings(place)).toEqual(['1 deployed healthy', '2 deployed healthy'])
  expect(await marksOf(world, place)).toEqual(['Approved', 'Approved champion:staging'])
  expect(await tagsOf(second.image)).toEqual(expect.arrayContaining(['latest-staging', 'healthy-staging-2']))
  expect(await tagsOf(first.image)).toEqual(['healthy-staging-1'])
  expect(await holderOf(place)).toBe('')
})

test('each new pod is asked, and no older one', async () => {
  const place = await newPlace(world)
  await deployVersion(world, place, { version: '1' })
  await deployVersion(world, place, { version: '2' })
  const pods = await place.namespace.list('Pod')
  const judged = await runStep(judgeStep(world, place, { target: { pods: 'each' } }))
  expectCode(judged.text, judged.code, 0)
  const asked = place.namespace
    .calls()
    .filter(({ subresource, resource }) => resource === 'pods' && subresource === 'proxy')
    .map(({ name }) => name)
  const running = (await place.namespace.list('Pod')).map(({ metadata }) => metadata?.name)
  expect(pods.length).toBeGreaterThan(0)
  expect(new Set(asked)).toEqual(new Set(running.map((name) => `${name ?? ''}:8080`)))
  expect((await recordOf(place, 2))?.health).toBe('healthy')
})

test('without golden answers nobody can say that the model is healthy', async () => {
  const place = await newPlace(world)
  const { arn } = await deployVersion(world, place, { version: '1' })
  await world.sagemaker.send(
    new (await import('@aws-sdk/client-sagemaker')).UpdateModelPackageCommand({
      ModelPackageArn: arn,
      CustomerMetadataPropertiesToRemove: ['golden-uri', 'golden-digest'],
    }),
  )
  const judged = await runStep(judgeStep(world, place))
  expectCode(judged.text, judged.code, 1)
  expect(judged.outputs).toMatchObject({
    status: 'inconclusive',
    verdict: 'inconclusive',
    'first-bad-check': 'predicts',
    'rolled-back': 'false',
  })
  expect(judged.annotations.map(({ message }) => message).join()).toContain('no golden answers are stored with')
  expect(await standings(place)).toEqual(['1 deployed inconclusive'])
  expect(await marksOf(world, place)).toEqual(['Approved'])

  const passed = await runStep(judgeStep(world, place, { 'on-inconclusive': 'pass' }))
  expectCode(passed.text, passed.code, 0)
  expect(passed.outputs).toMatchObject({ status: 'inconclusive', verdict: 'inconclusive' })
  expect(await marksOf(world, place)).toEqual(['Approved'])
})

test('golden answers that are gone are an error, and nothing is written', async () => {
  const place = await newPlace(world)
  await deployVersion(world, place, { version: '1' })
  await world.remove(`s3://mlops-dev/golden/${place.group}/1/golden.jsonl`)
  const { code, text, annotations } = await runStep(judgeStep(world, place))
  expectCode(text, code, 1)
  expect(annotations.map(({ message }) => message).join()).toContain('E-NO-DATA')
  expect(await standings(place)).toEqual(['1 deployed awaiting-verdict'])
})
