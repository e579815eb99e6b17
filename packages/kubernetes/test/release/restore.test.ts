import { expect, test } from '@jest/globals'
import { type ReleaseRecord, standingOf } from '@mlops/core'
import { clusterInMemory, recogniseNativeErrors, sleepingClock } from '@mlops/testing'
import { releaseRecords, restoreRelease, type RestoreOptions } from '../../src/index.ts'
import { killedAfter, releasesOn } from './releases.ts'

recogniseNativeErrors()

const NAMESPACE = 'shop'
const SETTINGS = { apiVersion: 'v1', kind: 'ConfigMap', name: 'settings', namespace: NAMESPACE }

const settings = (value: string, annotations: Readonly<Record<string, string>> = {}) => ({
  apiVersion: 'v1',
  kind: 'ConfigMap',
  metadata: { name: 'settings', annotations },
  data: { value },
})

const world = () => {
  const clock = sleepingClock()
  const fake = clusterInMemory({ clock, namespaces: [NAMESPACE] })
  const releases = releasesOn(fake.cluster, { namespace: NAMESPACE, clock })
  /** A release that was applied and then failed. */
  const fail = async (objects: readonly unknown[]) => {
    const { applied, writer, records } = await releases.begin(objects)
    await records.write({ ...applied.record, status: 'failed' }, writer)
  }
  const restore = async (more: Partial<RestoreOptions> = {}, through = fake.cluster) =>
    restoreRelease(
      through,
      releases.newWriter(),
      {
        records: releaseRecords(through, { namespace: NAMESPACE, release: 'model' }),
        requireHealthy: false,
        onFirst: 'remove',
        because: 'It crashed.',
        failureClass: 'crash-loop',
        facts: {
          commit: 'c',
          repository: 'acme/retail',
          actor: 'ada',
          runUrl: 'https://github.com/acme/retail/actions/runs/2',
        },
        timeoutMs: 60_000,
        imageExists: async () => undefined,
        ...more,
      },
      releases.context,
    )
  const told = async () =>
    (await releases.records.list()).records.map(
      ({ revision, status, restores }: ReleaseRecord) => [revision, status, restores] as const,
    )
  const value = async () => (await fake.cluster.get(SETTINGS))?.['data']
  return { fake, ...releases, fail, restore, told, value }
}

test('what was there before is back, and both records say so', async () => {
  const { deploy, fail, restore, told, value, records } = world()
  await deploy([settings('good')])
  await fail([settings('bad')])
  expect(await restore()).toMatchObject({
    kind: 'restored',
    choice: { target: { revision: 1 } },
    restored: [{ kind: 'ConfigMap', name: 'settings' }],
  })
  expect(await value()).toEqual({ value: 'good' })
  expect(await told()).toEqual([
    [3, 'deployed', 1],
    [2, 'rolled-back', undefined],
    [1, 'deployed', undefined],
  ])
  const [rollback, undone] = (await records.list()).records
  expect(rollback?.because).toBe('It puts revision 1 back: It crashed.')
  expect(undone).toMatchObject({ because: 'It crashed.', failureClass: 'crash-loop' })
})

test.each(['pending', 'interrupted'] as const)('a rollback that is %s is finished', async (status) => {
  const { deploy, fail, undo, restore, told, value, records, newWriter } = world()
  await deploy([settings('good')])
  await fail([settings('bad')])
  await undo()
  const [begun] = (await records.list()).records
  if (begun !== undefined) await records.write({ ...begun, status }, newWriter())
  expect(await restore()).toMatchObject({ kind: 'restored', choice: { target: { revision: 1 } } })
  expect([await value(), await told()]).toEqual([
    { value: 'good' },
    [
      [3, 'deployed', 1],
      [2, 'rolled-back', undefined],
      [1, 'deployed', undefined],
    ],
  ])
})

test('a first release leaves nothing behind', async () => {
  const { fail, restore, told, value } = world()
  await fail([settings('bad')])
  expect(await restore()).toMatchObject({ kind: 'nothing', removed: [{ name: 'settings' }] })
  expect([await value(), await told()]).toEqual([undefined, [[1, 'rolled-back', undefined]]])
})

test('a first release that is half removed says so, and is removed by whoever comes next', async () => {
  const { fake, deploy, restore, records, told } = world()
  const names = ['one', 'two', 'three']
  await deploy(names.map((name) => ({ ...settings('bad'), metadata: { name } })))
  // The record that somebody is at it, and the first object that goes.
  const through = killedAfter(fake.cluster, 2, true)
  await expect(restore({}, through)).rejects.toThrow('killed')
  expect(fake.objects().filter(({ kind }) => kind === 'ConfigMap')).toHaveLength(2)
  expect(standingOf((await records.list()).records)).toMatchObject({ kind: 'unfinished' })
  expect(await restore()).toMatchObject({ kind: 'nothing' })
  expect(fake.objects().filter(({ kind }) => kind === 'ConfigMap')).toEqual([])
  expect(await told()).toEqual([[1, 'rolled-back', undefined]])
})

test('a first release is kept when that is asked for', async () => {
  const { fail, restore, told, value } = world()
  await fail([settings('bad')])
  expect(await restore({ onFirst: 'keep' })).toMatchObject({ kind: 'no-target' })
  expect([await value(), await told()]).toEqual([{ value: 'bad' }, [[1, 'failed', undefined]]])
})

test('only a healthy release will do: what is left is not taken away', async () => {
  const { deploy, fail, restore, told, value } = world()
  await deploy([settings('unjudged')], { health: 'unjudged' })
  await fail([settings('bad')])
  expect(await restore({ requireHealthy: true })).toMatchObject({ kind: 'no-target' })
  expect([await value(), (await told()).length]).toEqual([{ value: 'bad' }, 2])
})

test('a release that must not be rolled back is left, even when it is the first', async () => {
  const { fail, restore, value } = world()
  await fail([settings('bad', { 'mlops/rollback': 'forbidden' })])
  expect(await restore()).toMatchObject({ kind: 'no-target' })
  expect(await value()).toEqual({ value: 'bad' })
})

test('somebody else has changed it since: nothing is written', async () => {
  const { fake, deploy, fail, restore, told, value } = world()
  await deploy([settings('good')])
  await fail([settings('bad')])
  fake.applyAs('somebody', { ...settings('theirs'), metadata: { name: 'settings', namespace: NAMESPACE } })
  expect(await restore()).toMatchObject({ kind: 'superseded', diagnoses: [{ failureClass: 'superseded' }] })
  expect([await value(), (await told()).map(([, status]) => status)]).toEqual([
    { value: 'theirs' },
    ['failed', 'deployed'],
  ])
})

test('what is back and does not run is told by both records', async () => {
  const { deploy, fail, restore, told } = world()
  const server = (image: string) => ({
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata: { name: 'model' },
    spec: {
      replicas: 1,
      selector: { matchLabels: { app: 'model' } },
      template: { metadata: { labels: { app: 'model' } }, spec: { containers: [{ name: 'main', image }] } },
    },
  })
  await deploy([server('registry/model:1')])
  await fail([server('registry/model:2')])
  // Nobody runs pods in memory.
  expect(await restore()).toMatchObject({ kind: 'failed', whole: true, diagnoses: [{ object: { name: 'model' } }] })
  expect(await told()).toEqual([
    [3, 'failed', 1],
    [2, 'rollback-failed', undefined],
    [1, 'deployed', undefined],
  ])
})

test.each([
  ['pending', 'awaiting-verdict'],
  ['deployed', 'awaiting-verdict'],
  ['failed', 'unjudged'],
  ['rolled-back', 'unjudged'],
  ['rollback-failed', 'unjudged'],
  ['superseded', 'unjudged'],
  ['interrupted', 'unjudged'],
] as const)('a release that is %s is %s', async (status, health) => {
  const { begin, newWriter, records } = world()
  const { applied } = await begin([settings('good')])
  await records.write({ ...applied.record, status }, newWriter())
  expect((await records.list()).records).toMatchObject([{ status, health }])
  await records.write({ ...applied.record, status, health: 'unhealthy' }, newWriter())
  expect((await records.list()).records).toMatchObject([{ status, health: 'unhealthy' }])
})
