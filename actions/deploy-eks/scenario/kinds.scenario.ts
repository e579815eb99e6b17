import { afterAll, beforeAll, expect, jest, test } from '@jest/globals'
import {
  type ClusterWorld,
  configMap,
  everyKind,
  openClusterWorld,
  putService,
  releasedObjects,
  runStep,
} from '@mlops/testing'
import { deployOf, until } from './deploying.ts'

jest.setTimeout(150_000)
let world: ClusterWorld
let good: string
beforeAll(async () => {
  world = await openClusterWorld({ action: 'deploy-eks' })
  good = await putService(world, { version: '1' })
}, 40 * 60_000)
afterAll(() => world.close())

const first = () => everyKind({ image: good, good, level: 1 })
// Else the record has digests of Secrets only, and a changed one stays as it is.
const recorded = { 'record-secrets': 'true' }

test('a release of every kind is deployed, and nothing of it is written again', async () => {
  const namespace = await world.namespace()
  const { code, outputs, text } = await runStep(deployOf(world, namespace, first()))
  expect([code, outputs['status'], text]).toEqual([0, 'deployed', expect.anything()])
  const named = first().map(({ kind, metadata }) => `${kind}/${metadata.name}`)
  expect(Object.keys(await releasedObjects(namespace)).toSorted()).toEqual(named.toSorted())
  const before = namespace.writes().length
  const again = await runStep(deployOf(world, namespace, first()))
  expect([again.code, again.outputs['status']]).toEqual([0, 'unchanged'])
  expect(namespace.writes().slice(before)).toEqual([])
  // Nor was anything asked for in vain, which a step may get over.
  expect(world.clusterCalls().filter(({ granted }) => !granted)).toEqual([])
})

test('a release of every kind that fails is undone, object by object, and its stuck pod replaced', async () => {
  const namespace = await world.namespace()
  const before = await runStep(deployOf(world, namespace, first(), recorded))
  expect(before.outputs['status']).toBe('deployed')
  const objects = await releasedObjects(namespace)
  const bad = await putService(world, { mode: 'crash-at-start', version: '2' })
  const failing = [...everyKind({ image: bad, good, level: 2 }), configMap('more', { new: 'yes' })]
  const { code, outputs, summary, text } = await runStep(deployOf(world, namespace, failing, recorded))
  expect([code, outputs, text]).toMatchObject([1, { status: 'rolled-back', 'failure-class': 'crash-loop' }, {}])
  expect(summary).toContain('model.joblib was written by version 9')
  expect(await releasedObjects(namespace)).toEqual(objects)
  await until('the StatefulSet is whole again', async () => {
    const found = await namespace.get<{ readonly status: { readonly readyReplicas?: number } }>('StatefulSet', 'store')
    return found?.status.readyReplicas === 1
  })
})
