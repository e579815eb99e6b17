import { expect, test } from '@jest/globals'
import { clusterInMemory, recogniseNativeErrors, sleepingClock } from '@mlops/testing'
import { releasesOn } from './releases.ts'

recogniseNativeErrors()

const NAMESPACE = 'shop'

const world = () => {
  const clock = sleepingClock()
  const fake = clusterInMemory({ clock, namespaces: [NAMESPACE] })
  return { fake, later: () => clock.sleep(60_000), ...releasesOn(fake.cluster, { namespace: NAMESPACE, clock }) }
}

const secret = (password: string) => ({
  apiVersion: 'v1',
  kind: 'Secret',
  metadata: { name: 'key', namespace: NAMESPACE },
  data: { password: btoa(password) },
})
const KEY = { apiVersion: 'v1', kind: 'Secret', name: 'key', namespace: NAMESPACE }
const settings = (value: string) => ({
  apiVersion: 'v1',
  kind: 'ConfigMap',
  metadata: { name: 'settings' },
  data: { value },
})

test('a Secret that a release has created and somebody has rotated since is not deleted with it', async () => {
  const { fake, later, deploy, begin, undo } = world()
  await deploy([settings('a')])
  await later()
  await begin([settings('b'), secret('first')])
  await later()
  fake.applyAs('rotation', secret('second'))
  expect(await undo()).toMatchObject({ kind: 'undone', kept: [{ reference: KEY }] })
  expect(fake.object(KEY)?.['data']).toEqual({ password: btoa('second') })
})

test('a Secret that somebody has put in the place of the one of the release is not deleted with it', async () => {
  const { fake, later, deploy, begin, undo } = world()
  await deploy([settings('a')])
  await later()
  await begin([settings('b'), secret('same')])
  await later()
  fake.remove(KEY)
  fake.applyAs('somebody', secret('same'))
  expect(await undo()).toMatchObject({ kind: 'undone', kept: [{ reference: KEY }] })
  expect(fake.object(KEY)).toBeDefined()
})

test('a Secret that only the release has written is deleted with it', async () => {
  const { fake, later, deploy, begin, undo } = world()
  await deploy([settings('a')])
  await later()
  await begin([settings('b'), secret('mine')])
  await later()
  expect(await undo()).toMatchObject({ kind: 'undone', kept: [], removed: [{ kind: 'Secret', name: 'key' }] })
  expect(fake.object(KEY)).toBeUndefined()
})

test('no value of a Secret is recorded, also not the copy that kubectl keeps in an annotation', async () => {
  const { fake, later, begin, records } = world()
  const copy = JSON.stringify(secret('hidden'))
  const annotations = { 'kubectl.kubernetes.io/last-applied-configuration': copy, team: 'shop' }
  fake.applyAs('kubectl', { ...secret('hidden'), metadata: { ...secret('hidden').metadata, annotations } })
  await later()
  await begin([secret('other')], { conflicts: 'force' })
  const stored = await records.list()
  expect(stored.records.map(({ revision }) => revision)).toEqual([1, 0])
  const text = JSON.stringify(stored)
  expect(text).toContain('"team":"shop"')
  expect(text).not.toContain(btoa('hidden'))
})
