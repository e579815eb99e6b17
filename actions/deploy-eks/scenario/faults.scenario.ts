import { afterAll, afterEach, beforeAll, beforeEach, expect, jest, test } from '@jest/globals'
import {
  type ApiFault,
  type ClusterWorld,
  type FaultProxy,
  modelServer,
  type Namespace,
  openClusterWorld,
  openFaultProxy,
  putService,
  runStep,
  type ServiceImage,
  startStep,
} from '@mlops/testing'
import { deployOf, holderOf, statuses, until } from './deploying.ts'

jest.setTimeout(150_000)
let world: ClusterWorld
let proxy: FaultProxy
beforeAll(async () => {
  world = await openClusterWorld({ action: 'deploy-eks' })
}, 40 * 60_000)
afterAll(() => world.close())
beforeEach(async () => {
  proxy = await openFaultProxy(world.cluster)
})
afterEach(async () => {
  proxy.close()
  await world.describeAt(world.cluster.endpoint)
})

/** Of a model that takes so long to load that there is something to wait for. */
const SLOW = 2500
const stepOn = async (namespace: Namespace, image: ServiceImage, throughProxy = true) => {
  const objects = modelServer('model', await putService(world, image))
  const through = throughProxy ? { kubeconfig: proxy.kubeconfig(world.kubeconfig) } : {}
  return deployOf(world, namespace, objects, through)
}
const deployed = async (namespace: Namespace, image: ServiceImage, throughProxy = true) =>
  runStep(await stepOn(namespace, image, throughProxy))
const release1 = async () => {
  const namespace = await world.namespace()
  expect((await deployed(namespace, { version: '1' }, false)).outputs['status']).toBe('deployed')
  return namespace
}
const serves = async (namespace: Namespace) => {
  const { body } = await namespace.ask('model:http', '/version')
  return (body as { readonly model_version?: string }).model_version
}

const watches = (by: 'close' | 'reset' | 'gone', afterMs: number): readonly ApiFault[] => [
  { kind: 'end-watch', verb: 'watch', afterMs, by, times: Infinity },
]
const READS = ['get', 'list', 'watch'] as const
const WRITES = ['create', 'update', 'patch', 'delete'] as const
const each = (fault: ApiFault, verbs: readonly string[]): readonly ApiFault[] =>
  verbs.map((verb) => ({ ...fault, verb }))

const TROUBLES: readonly (readonly [string, readonly ApiFault[]])[] = [
  ['watches that end every second', watches('close', 1000)],
  ['watches that are reset every second', watches('reset', 1000)],
  ['watches that begin too long ago (410)', watches('gone', 300)],
  [
    'throttling (429 with Retry-After)',
    each({ kind: 'answer', status: 429, retryAfterSeconds: 1 }, [...READS, ...WRITES]),
  ],
  ['a burst of failures (503)', each({ kind: 'answer', status: 503, times: 2, skip: 1 }, [...READS, ...WRITES])],
  ['connections that are reset', each({ kind: 'reset', skip: 1 }, [...READS, ...WRITES])],
  ['writes whose answers are lost', each({ kind: 'lost-answer' }, WRITES)],
]

test.each(TROUBLES)('%s: a bad release is named and undone as without', async (_, faults) => {
  const namespace = await release1()
  faults.forEach(proxy.fault)
  const { code, outputs, text } = await deployed(namespace, { mode: 'crash-at-start', version: '2' })
  expect([code, outputs, text]).toMatchObject([1, { status: 'rolled-back', 'failure-class': 'crash-loop' }, {}])
  expect(proxy.calls().filter(({ fault }) => fault !== undefined).length).toBeGreaterThanOrEqual(faults.length)
  expect(await serves(namespace)).toBe('1')
  expect(await statuses(namespace)).toEqual(['1 deployed', '2 rolled-back', '3 deployed'])
  expect(await holderOf(namespace)).toBe('')
})

test('all of it at once: a good release is deployed', async () => {
  const namespace = await release1()
  TROUBLES.flatMap(([, faults]) => faults).forEach(proxy.fault)
  const { code, outputs, text } = await deployed(namespace, { version: '2', startMs: SLOW })
  expect([code, outputs['status'], text]).toEqual([0, 'deployed', expect.anything()])
  expect(await serves(namespace)).toBe('2')
  expect(await statuses(namespace)).toEqual(['1 deployed', '2 deployed'])
})

test('a watch that falls silent is noticed, though its connection stays', async () => {
  const namespace = await release1()
  proxy.fault({ kind: 'end-watch', verb: 'watch', afterMs: 1000, by: 'silence', times: 30 })
  const { code, outputs, text } = await deployed(namespace, { version: '2', startMs: SLOW })
  expect([code, outputs['status'], text]).toEqual([0, 'deployed', expect.anything()])
  expect(await serves(namespace)).toBe('2')
})

test('a token that expires during the wait is made anew', async () => {
  const namespace = await release1()
  await world.describeAt(proxy.endpoint)
  // A token is made of the second in which it is made: it expires later, as all tokens do.
  proxy.fault({ kind: 'expire-token', verb: 'watch', resource: 'pods', skip: 1 })
  proxy.fault({ kind: 'end-watch', verb: 'watch', resource: 'pods', afterMs: 1500, by: 'close', times: 1 })
  const { code, outputs, text } = await runStep(
    deployOf(world, namespace, modelServer('model', await putService(world, { version: '2', startMs: SLOW }))),
  )
  expect([code, outputs['status'], text]).toEqual([0, 'deployed', expect.anything()])
  expect(proxy.calls().map(({ fault }) => fault)).toContain('expire-token')
  expect(await serves(namespace)).toBe('2')
})

test('the API server is started again during the wait', async () => {
  const namespace = await release1()
  const running = startStep(await stepOn(namespace, { version: '2', startMs: 4000 }, false))
  await until('the rollout is under way', async () => (await namespace.list('ReplicaSet')).length === 2)
  await world.cluster.restartApiServer()
  const { code, outputs, text } = await running.done
  expect([code, outputs['status'], text]).toEqual([0, 'deployed', expect.anything()])
  expect(await serves(namespace)).toBe('2')
})
