import { afterAll, beforeAll, expect, jest, test } from '@jest/globals'
import {
  type ClusterWorld,
  configMap,
  IMAGE_REPOSITORY,
  modelServer,
  openClusterWorld,
  runStep,
  service,
} from '@mlops/testing'
import {
  deployObjects,
  deployVersion,
  expectCode,
  holderOf,
  judgeStep,
  marksOf,
  newPlace,
  putVersion,
  recordOf,
  standings,
  versionOf,
  writesSince,
} from './judging.ts'

jest.setTimeout(120_000)
let world: ClusterWorld
beforeAll(async () => {
  world = await openClusterWorld({ action: 'health-check-rollback' })
}, 40 * 60_000)
afterAll(() => world.close())

/** A place where version 1 was found healthy. */
const withHealthy = async () => {
  const place = await newPlace(world)
  const { image } = await deployVersion(world, place, { version: '1' })
  const judged = await runStep(judgeStep(world, place))
  expectCode(judged.text, judged.code, 0)
  return { place, image }
}

test('wrong predictions: unhealthy by golden answers, rolled back, proven, and red with the cause in one sentence', async () => {
  const { place } = await withHealthy()
  await deployVersion(world, place, { version: '2', mode: 'wrong' })
  expect(await versionOf(place)).toBe('2')
  const { code, text, outputs, annotations, summary } = await runStep(judgeStep(world, place, { bake: '10m' }))
  expectCode(text, code, 1)
  expect(outputs).toMatchObject({
    status: 'rolled-back',
    verdict: 'unhealthy',
    'failure-class': 'health-check',
    'first-bad-check': 'predicts',
    revision: '2',
    'rolled-back': 'true',
    'restored-revision': '1',
    'rollback-verdict': 'healthy',
    answer: '{"prediction":"High","model_version":"1"}',
  })
  expect(Number(outputs['time-to-detect'])).toBeGreaterThan(0)
  expect(Number(outputs['time-to-restore'])).toBeGreaterThan(0)
  expect(await versionOf(place)).toBe('1')
  expect(await standings(place)).toEqual(['1 deployed healthy', '2 rolled-back unhealthy', '3 deployed healthy'])
  expect((await recordOf(place, 3))?.restores).toBe(1)
  expect(await marksOf(world, place)).toEqual(['Approved champion:dev', 'Rejected health:dev'])
  expect(annotations.filter(({ level }) => level === 'error')).toHaveLength(1)
  expect(annotations[0]?.message).toContain('golden answer basket-0: $.prediction is "High" instead of "Medium"')
  expect(summary).toContain('revision 1 is back and runs')
  expect(await holderOf(place)).toBe('')
})

test('everything that was changed together comes back together, and what was new is gone', async () => {
  const place = await newPlace(world)
  const [good, bad] = [
    await putVersion(world, place, { version: '1' }),
    await putVersion(world, place, { version: '2', mode: 'wrong' }),
  ]
  const [first, second] = [
    [...modelServer('model', good.image), configMap('settings', { level: 'low' })],
    [
      ...modelServer('model', bad.image, { labels: { level: 'high' } }),
      configMap('settings', { level: 'high' }),
      service('extra', { selector: { app: 'model' } }),
    ],
  ]
  await deployObjects(world, place, first)
  expect((await runStep(judgeStep(world, place))).code).toBe(0)
  const before = await place.namespace.get('ConfigMap', 'settings')
  await deployObjects(world, place, second)
  const { code, text, outputs } = await runStep(judgeStep(world, place))
  expectCode(text, code, 1)
  expect(outputs['status']).toBe('rolled-back')
  expect((await place.namespace.get('ConfigMap', 'settings'))?.['data']).toEqual(before?.['data'])
  expect(await place.namespace.get('Service', 'extra')).toBeUndefined()
  expect(await versionOf(place)).toBe('1')
})

test.each([
  ['removed', {}, false],
  ['kept', { 'on-first-failure': 'keep' }, true],
] as const)(
  'a first release that is bad: nothing to go back to, and what it created is %s',
  async (_, inputs, isThere) => {
    const place = await newPlace(world)
    await deployVersion(world, place, { version: '1', mode: 'wrong' })
    const { code, text, outputs } = await runStep(judgeStep(world, place, {}, inputs))
    expectCode(text, code, 1)
    expect(outputs).toMatchObject({
      status: 'failed-no-target',
      verdict: 'unhealthy',
      'rolled-back': String(!isThere),
      'restored-revision': '',
    })
    expect((await place.namespace.get('Deployment', 'model')) !== undefined).toBe(isThere)
    expect((await recordOf(place, 1))?.health).toBe('unhealthy')
    expect(await marksOf(world, place)).toEqual(['Rejected health:dev'])
  },
)

test('somebody has edited an object since: nothing is written over it', async () => {
  const { place } = await withHealthy()
  const { image } = await deployVersion(world, place, { version: '2', mode: 'wrong' })
  await place.namespace.edit('Deployment', 'model', {
    spec: { template: { spec: { terminationGracePeriodSeconds: 2 } } },
  })
  const { code, text, outputs } = await runStep(judgeStep(world, place))
  expectCode(text, code, 1)
  expect(outputs).toMatchObject({ status: 'superseded', verdict: 'unhealthy', 'rolled-back': 'false' })
  expect(await place.namespace.get('Deployment', 'model')).toMatchObject({
    spec: { template: { spec: { terminationGracePeriodSeconds: 2, containers: [{ image }] } } },
  })
  expect((await recordOf(place, 2))?.health).toBe('unhealthy')
})

test('somebody has gone back by hand: what answers well is not the release, which is not called healthy', async () => {
  const { place } = await withHealthy()
  const good = await place.namespace.get<{ readonly spec: { readonly template: object } }>('Deployment', 'model')
  await deployVersion(world, place, { version: '2', mode: 'wrong' })
  // As `kubectl rollout undo` does it.
  await place.namespace.edit('Deployment', 'model', { spec: { template: good?.spec.template } })
  const before = place.namespace.writes().length
  const alive = { checks: [{ name: 'alive', path: '/health', interval: '100ms' }] }
  const { code, text, outputs } = await runStep(judgeStep(world, place, alive))
  expectCode(text, code, 1)
  expect(outputs).toMatchObject({ status: 'superseded', 'failure-class': 'superseded', revision: '2' })
  expect(await standings(place)).toEqual(['1 deployed healthy', '2 deployed awaiting-verdict'])
  expect(await marksOf(world, place)).toEqual(['Approved champion:dev', 'Approved'])
  expect(new Set(writesSince(place, before))).toEqual(new Set(['update leases']))
})

test('the image of what was there before is gone: refused with the reason before anything is written', async () => {
  const { place, image } = await withHealthy()
  await deployVersion(world, place, { version: '2', mode: 'wrong' })
  await world.control.expireImage(IMAGE_REPOSITORY, image.slice(image.indexOf('@') + 1))
  const { code, text, outputs, annotations } = await runStep(judgeStep(world, place))
  expectCode(text, code, 1)
  expect(outputs).toMatchObject({ status: 'rollback-failed', verdict: 'unhealthy', 'rolled-back': 'false' })
  expect(annotations.map(({ message }) => message).join()).toContain('does not exist any more')
  expect(await versionOf(place)).toBe('2')
})

test('with rollback: suggest the release stays, and the step says how to undo it', async () => {
  const { place } = await withHealthy()
  await deployVersion(world, place, { version: '2', mode: 'wrong' })
  const before = place.namespace.writes().length
  const { code, text, outputs } = await runStep(judgeStep(world, place, {}, { rollback: 'suggest' }))
  expectCode(text, code, 1)
  expect(outputs).toMatchObject({ status: 'unhealthy', verdict: 'unhealthy', 'rolled-back': 'false' })
  expect(text).toContain('mode: rollback')
  expect(await versionOf(place)).toBe('2')
  expect(new Set(writesSince(place, before))).toEqual(new Set(['update leases', 'update secrets']))
})

test('mode: rollback undoes a release that nobody asks, and proves what it puts back', async () => {
  const { place } = await withHealthy()
  await deployVersion(world, place, { version: '2' })
  const { code, text, outputs } = await runStep(
    judgeStep(world, place, {}, { mode: 'rollback', reason: 'Sales have dropped.' }),
  )
  expectCode(text, code, 0)
  expect(outputs).toMatchObject({
    status: 'rolled-back',
    verdict: '',
    'rolled-back': 'true',
    'restored-revision': '1',
    'rollback-verdict': 'healthy',
  })
  expect(await versionOf(place)).toBe('1')
  expect(await recordOf(place, 2)).toMatchObject({ status: 'rolled-back', health: 'unhealthy' })
  expect(await marksOf(world, place)).toEqual(['Approved champion:dev', 'Approved'])
})
