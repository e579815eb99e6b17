import { gzipSync } from 'node:zlib'
import { expect, test } from '@jest/globals'
import type { KubernetesObject } from '@mlops/core'
import { clusterInMemory, recogniseNativeErrors, sleepingClock } from '@mlops/testing'
import { contentOf, releasesOn } from './releases.ts'

recogniseNativeErrors()

const NAMESPACE = 'shop'
const IMAGE = `registry/model@sha256:${'a'.repeat(64)}`

const world = () => {
  const clock = sleepingClock()
  const fake = clusterInMemory({ clock, namespaces: [NAMESPACE] })
  const written = () => fake.writes.filter(({ dryRun }) => !dryRun).length
  return { fake, clock, written, ...releasesOn(fake.cluster, { namespace: NAMESPACE, clock }) }
}

const settings = (value: string) => ({
  apiVersion: 'v1',
  kind: 'ConfigMap',
  metadata: { name: 'settings' },
  data: { value },
})
const model = (image: string) => ({
  apiVersion: 'apps/v1',
  kind: 'Deployment',
  metadata: { name: 'model' },
  spec: {
    replicas: 1,
    selector: { matchLabels: { app: 'model' } },
    template: { metadata: { labels: { app: 'model' } }, spec: { containers: [{ name: 'main', image }] } },
  },
})

test('each right that is missing is named with the rule that grants it, and nothing is written', async () => {
  const { fake, check, written } = world()
  const limited = fake.as(
    'robot',
    ({ verb, resource, name }) =>
      !(verb === 'delete' && resource === 'configmaps') &&
      !(resource === 'deployments' && verb === 'patch' && name !== 'model'),
  )
  const checked = await check([settings('a'), model(IMAGE)], {}, limited)
  expect(
    checked.kind === 'refused' &&
      checked.diagnoses.map(({ failureClass, sentence, advice }) => ({ failureClass, sentence, advice })),
  ).toEqual([
    {
      failureClass: 'rbac-forbidden',
      sentence: 'robot may not delete configmaps in shop.',
      advice: 'Add {apiGroups: [""], resources: ["configmaps"], verbs: [delete]} to the Role: see docs/iam.',
    },
  ])
  expect(written()).toBe(0)
})

test('the lock, and what a rollout is followed and undone by, are asked for before anything is written', async () => {
  const { fake, check, written } = world()
  const needed = new Set(['leases', 'resourcequotas', 'endpointslices'])
  const limited = fake.as(
    'robot',
    ({ verb, resource }) => !needed.has(resource) && !(verb === 'delete' && resource === 'pods'),
  )
  const sentences = async (...objects: readonly KubernetesObject[]) => {
    const checked = await check(objects, {}, limited)
    return checked.kind === 'refused' ? checked.diagnoses.map(({ sentence }) => sentence) : []
  }
  const always = [
    'robot may not get, create, update leases in shop.',
    'robot may not list, watch resourcequotas in shop.',
  ]
  expect(await sentences(settings('a'))).toEqual(always)
  const service = { apiVersion: 'v1', kind: 'Service', metadata: { name: 'model' }, spec: { ports: [{ port: 80 }] } }
  expect(await sentences(service)).toEqual([...always, 'robot may not list, watch endpointslices in shop.'])
  expect(await sentences({ ...model(IMAGE), kind: 'StatefulSet' })).toEqual([
    ...always,
    'robot may not delete pods in shop.',
  ])
  expect(written()).toBe(0)
})

test('an image that does not exist is refused, one of which nobody knows is not', async () => {
  const { check } = world()
  const other = IMAGE.replaceAll('a'.repeat(64), 'b'.repeat(64))
  const images = async (image: string) => (image === IMAGE ? false : undefined)
  expect(await check([model(IMAGE)], { imageExists: images })).toMatchObject({
    kind: 'refused',
    diagnoses: [{ failureClass: 'image-not-found', object: { kind: 'Deployment', name: 'model' } }],
  })
  expect((await check([model(other)], { imageExists: images })).kind).toBe('ready')
})

test('nothing is rolled back to an image that is gone', async () => {
  const { fake, deploy, begin, undo, written } = world()
  await deploy([model(IMAGE)])
  await begin([model(IMAGE.replaceAll('a'.repeat(64), 'b'.repeat(64)))])
  const [before, writes] = [contentOf(fake.objects()), written()]
  expect(await undo({ imageExists: async (image) => image !== IMAGE })).toMatchObject({
    kind: 'refused',
    diagnoses: [{ failureClass: 'image-not-found' }],
  })
  expect(contentOf(fake.objects())).toEqual(before)
  expect(written()).toBe(writes)
})

const recordSecret = (revision: number, record: string): KubernetesObject => ({
  apiVersion: 'v1',
  kind: 'Secret',
  metadata: { name: `mlops-release.model.v${revision}`, namespace: NAMESPACE, labels: { 'mlops/release': 'model' } },
  data: { record, parts: Buffer.from('[]').toString('base64') },
})
const packed = (document: object) => gzipSync(JSON.stringify(document)).toString('base64')

test('a record that is damaged is told, and its number is not used again', async () => {
  const { fake, deploy, records } = world()
  await deploy([settings('a')])
  fake.put(recordSecret(2, 'bm8gZ3ppcA=='))
  const record = await deploy([settings('b')])
  expect(record.revision).toBe(3)
  expect(await records.list()).toMatchObject({
    records: [{ revision: 3 }, { revision: 1 }],
    unreadable: [{ revision: 2, why: 'it is damaged', newer: false }],
  })
})

test('after a newer version of the suite nothing is written any more', async () => {
  const { fake, deploy, begin, undo, written } = world()
  await deploy([settings('a')])
  fake.put(recordSecret(2, packed({ version: 2, something: 'new' })))
  const writes = written()
  await expect(begin([settings('b')])).rejects.toThrow(/E-VERSION/)
  await expect(undo()).rejects.toThrow(/E-VERSION/)
  expect(written()).toBe(writes)
})

test('the first object that the API server refuses ends the release, and what came before it can be undone', async () => {
  const { fake, deploy, begin, undo } = world()
  await deploy([settings('a'), model(IMAGE)])
  const before = contentOf(fake.objects())
  const quota = {
    status: 403,
    reason: 'Forbidden',
    message: 'deployments "model" is forbidden: exceeded quota: compute',
    causes: [],
  }
  fake.refuse(({ reference, dryRun }) => (reference.kind === 'Deployment' && !dryRun ? quota : undefined))
  const { applied } = await begin([settings('b'), model(IMAGE)])
  expect(applied).toMatchObject({ kind: 'refused', diagnosis: { failureClass: 'quota-exceeded' } })
  expect(contentOf(fake.objects())).not.toEqual(before)
  fake.refuse(undefined)
  expect(await undo()).toMatchObject({ kind: 'undone', restored: [{ name: 'settings' }] })
  expect(contentOf(fake.objects())).toEqual(before)
})

test('an object that asks to be kept is kept', async () => {
  const { fake, deploy, begin, undo } = world()
  const kept = (value: string) => ({
    ...settings(value),
    metadata: { name: 'settings', annotations: { 'mlops/rollback': 'keep' } },
  })
  await deploy([kept('a'), model(IMAGE)])
  await begin([kept('b'), model(IMAGE)])
  expect(await undo()).toMatchObject({ kind: 'undone', kept: [{ reference: { name: 'settings' } }] })
  expect(contentOf(fake.objects())['ConfigMap/settings']?.['data']).toEqual({ value: 'b' })
})

test('a rollback keeps no value of a Secret either', async () => {
  const { deploy, begin, undo, records } = world()
  const key = { apiVersion: 'v1', kind: 'Secret', metadata: { name: 'key' }, stringData: { password: 'very-secret' } }
  await deploy([settings('a'), key])
  await begin([settings('b'), key])
  expect(await undo()).toMatchObject({ kind: 'undone', restored: [{ name: 'settings' }, { name: 'key' }] })
  expect(JSON.stringify(await records.list())).not.toContain(Buffer.from('very-secret').toString('base64'))
})

test('a broken pod that may not be deleted fails the rollback, which is done otherwise', async () => {
  const { fake, deploy, begin, undo } = world()
  const set = { ...model(IMAGE), kind: 'StatefulSet' }
  await deploy([settings('a'), set])
  await begin([settings('b'), { ...set, metadata: { ...set.metadata, labels: { tier: 'b' } } }])
  const live = fake.object({ apiVersion: 'apps/v1', kind: 'StatefulSet', namespace: NAMESPACE, name: 'model' })
  if (live === undefined) throw new Error('there is no StatefulSet')
  fake.put({ ...live, status: { updateRevision: 'model-2', currentRevision: 'model-1' } })
  const owner = { apiVersion: 'apps/v1', kind: 'StatefulSet', name: 'model', uid: live.metadata.uid ?? '' }
  fake.put({
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: {
      name: 'model-0',
      namespace: NAMESPACE,
      ownerReferences: [owner],
      labels: { 'controller-revision-hash': 'model-2' },
    },
  })
  fake.refuse(({ verb, reference }) =>
    verb === 'delete' && reference.kind === 'Pod'
      ? {
          status: 403,
          reason: 'Forbidden',
          message: 'pods "model-0" is forbidden: User "robot" cannot delete resource "pods"',
          causes: [],
        }
      : undefined,
  )
  expect(await undo()).toMatchObject({
    kind: 'failed',
    diagnosis: { failureClass: 'rbac-forbidden', object: { kind: 'Pod', name: 'model-0' } },
  })
  const back = fake.object({ apiVersion: 'v1', kind: 'ConfigMap', namespace: NAMESPACE, name: 'settings' })
  expect(back?.['data']).toEqual({ value: 'a' })
})

test('what will surprise who runs the release is a warning, and no fault', async () => {
  const { check } = world()
  const budget = {
    apiVersion: 'policy/v1',
    kind: 'PodDisruptionBudget',
    metadata: { name: 'model' },
    spec: { minAvailable: 1, selector: { matchLabels: { app: 'model' } } },
  }
  const checked = await check([model(IMAGE), budget])
  expect(checked.kind === 'ready' && checked.warnings).toEqual([
    'PodDisruptionBudget/model lets none of 1 pods of Deployment/model go: their nodes cannot be drained',
  ])
})
