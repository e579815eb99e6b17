import { afterAll, beforeAll, expect, test } from '@jest/globals'
import { prepareLocalCloud } from '@mlops/local-cloud'
import {
  digestOfText,
  groupTags,
  judgedModel,
  lineageEdges,
  openWorld,
  packagesOf,
  registerStep,
  runStep,
  type World,
} from '@mlops/testing'

let world: World
beforeAll(async () => {
  world = await openWorld({ action: 'register-model', python: prepareLocalCloud() })
}, 120_000)
afterAll(() => world.close())

const FEATURES = '{"label": "BASKET_PRICE_SENSITIVITY", "features": []}'

/** All that a package can name, into a group that does not exist yet. */
const whole = async () => {
  await world.put('s3://mlops-dev/models/first/features.json', FEATURES)
  const model = await judgedModel(world, { name: 'first', verdict: 'approve' })
  return registerStep(world, {
    ...model,
    features: 's3://mlops-dev/models/first/features.json',
    tags: 'team=pricing',
    metadata: 'season=spring',
    lineage: 'required',
  })
}

test('an approved model is in the registry with all that was known about it, bound to its digest', async () => {
  const step = await runStep(await whole())
  expect(step.code).toBe(0)
  expect(step.outputs).toMatchObject({
    status: 'registered',
    created: 'created',
    'approval-status': 'Approved',
    'package-version': '1',
    'artifact-digest': digestOfText('first'),
    'previous-champion-arn': '',
    'previous-versions': '[]',
  })
  const [found, ...others] = await packagesOf(world)
  expect(others).toEqual([])
  expect(found).toMatchObject({
    ModelPackageArn: step.outputs['package-arn'],
    ModelPackageStatus: 'Completed',
    ModelApprovalStatus: 'Approved',
    ApprovalDescription: expect.stringMatching(/^Approved on 30,036 rows: .* \(ada, https:.*\/actions\/runs\/4711\)$/),
    MetadataProperties: { CommitId: 'abcdef0123456789abcdef0123456789abcdef01' },
    CustomerMetadataProperties: {
      season: 'spring',
      'artifact-digest': digestOfText('first'),
      'gate-verdict': 'approve',
      'golden-uri': 's3://mlops-dev/reports/first/golden.jsonl',
      'features-digest': digestOfText(FEATURES),
      'run-key': step.outputs['run-key'],
    },
  })
  const statistics = found?.ModelMetrics?.ModelQuality?.Statistics
  expect(statistics?.ContentDigest).toBe(digestOfText((await world.read(statistics?.S3Uri ?? '')) ?? ''))
  expect(await groupTags(world)).toMatchObject({ team: 'pricing' })
  expect(await lineageEdges(world)).toBe(1)
}, 60_000)

test('the same run once more finds its package, and changes nothing', async () => {
  const [before] = await packagesOf(world)
  const step = await runStep(await whole())
  expect(step.code).toBe(0)
  expect(step.outputs).toMatchObject({
    status: 'existing',
    created: 'existing',
    'package-arn': before?.ModelPackageArn,
    'approval-status': 'Approved',
  })
  const all = await packagesOf(world)
  expect(all).toHaveLength(1)
  expect({ ...all[0], $metadata: before?.$metadata }).toEqual(before)
  expect(await lineageEdges(world)).toBe(1)
}, 60_000)
