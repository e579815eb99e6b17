import { afterAll, beforeAll, expect, jest, test } from '@jest/globals'
import {
  type ClusterWorld,
  configMap,
  everyKind,
  modelServer,
  openClusterWorld,
  putService,
  releasedObjects,
  runStep,
  statefulSet,
} from '@mlops/testing'
import {
  deployObjects,
  deployVersion,
  expectCode,
  judgeStep,
  newPlace,
  type Place,
  putVersion,
  standings,
} from './judging.ts'

jest.setTimeout(150_000)
let world: ClusterWorld
beforeAll(async () => {
  world = await openClusterWorld({ action: 'health-check-rollback' })
}, 40 * 60_000)
afterAll(() => world.close())

// Of every kind there is, Secrets too.
const RECORDED = { 'record-secrets': 'true' }

const judgedHealthy = async (place: Place) => {
  const { text, code } = await runStep(judgeStep(world, place))
  expectCode(text, code, 0)
}

test('an unhealthy release of every kind is rolled back, object by object', async () => {
  const place = await newPlace(world)
  const good = await putService(world, { version: '0' })
  const { image } = await putVersion(world, place, { version: '1' })
  await deployObjects(world, place, everyKind({ image, good, level: 1 }), RECORDED)
  await judgedHealthy(place)
  const objects = await releasedObjects(place.namespace)
  const wrong = await putVersion(world, place, { version: '2', mode: 'wrong' })
  const changed = [...everyKind({ image: wrong.image, good, level: 2 }), configMap('more', { new: 'yes' })]
  await deployObjects(world, place, changed, RECORDED)
  const { outputs, text } = await runStep(judgeStep(world, place))
  expect([outputs, text]).toMatchObject([{ status: 'rolled-back', 'rollback-verdict': 'healthy' }, {}])
  expect(await releasedObjects(place.namespace)).toEqual(objects)
  // Nothing was asked for in vain, which a step may get over.
  expect(world.clusterCalls().filter(({ granted }) => !granted)).toEqual([])
  expect(await standings(place)).toEqual(['1 deployed healthy', '2 rolled-back unhealthy', '3 deployed healthy'])
})

test('a release that was left as it failed is rolled back on demand, and its stuck pod replaced', async () => {
  const place = await newPlace(world)
  const { image } = await putVersion(world, place, { version: '1' })
  await deployObjects(world, place, [...modelServer('model', image), statefulSet('store', image)])
  await judgedHealthy(place)
  const crashing = await putVersion(world, place, { version: '2', mode: 'crash-at-start' })
  const broken = [...modelServer('model', crashing.image), statefulSet('store', crashing.image)]
  await deployObjects(world, place, broken, { 'on-failure': 'leave' }, 1)
  const { outputs, text } = await runStep(judgeStep(world, place, {}, { mode: 'rollback', reason: 'it crashes' }))
  expect([outputs, text]).toMatchObject([{ status: 'rolled-back', 'restored-revision': '1' }, {}])
  const store = await place.namespace.get<{ readonly status: { readonly readyReplicas?: number } }>(
    'StatefulSet',
    'store',
  )
  expect(store?.status.readyReplicas).toBe(1)
})

test('what is put back may crash now: said with its last log lines', async () => {
  const place = await newPlace(world)
  await place.namespace.create(configMap('given', { mode: 'good' }))
  const env = [{ name: 'MODE', valueFrom: { configMapKeyRef: { name: 'given', key: 'mode' } } }]
  const { image } = await putVersion(world, place, { version: '1' })
  await deployObjects(world, place, modelServer('model', image, { container: { env } }))
  await judgedHealthy(place)
  await place.namespace.edit('ConfigMap', 'given', { data: { mode: 'crash-at-start' } })
  await deployVersion(world, place, { version: '2', mode: 'wrong' })
  const { outputs, summary, text } = await runStep(judgeStep(world, place))
  expect([outputs, text]).toMatchObject([
    {
      status: 'rollback-failed',
      'rolled-back': 'true',
      'rollback-verdict': 'unhealthy',
      'restored-revision': '1',
    },
    {},
  ])
  expect(summary).toContain('model.joblib was written by version 9')
})
