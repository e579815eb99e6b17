import { afterAll, beforeAll, beforeEach, expect, jest, test } from '@jest/globals'
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
  startStep,
} from '@mlops/testing'
import { deployOf, imageOf, until } from './deploying.ts'

jest.setTimeout(120_000)
let world: ClusterWorld
let proxy: FaultProxy
let images: Readonly<Record<'first' | 'crashing' | 'second', string>>
beforeAll(async () => {
  world = await openClusterWorld({ action: 'deploy-eks' })
  proxy = await openFaultProxy(world.cluster)
  await world.describeAt(proxy.endpoint)
  images = {
    first: await putService(world, { version: '1' }),
    crashing: await putService(world, { version: '2', mode: 'crash-at-start' }),
    second: await putService(world, { version: '3', startMs: 3000 }),
  }
}, 40 * 60_000)
beforeEach(() => proxy.clear())
afterAll(async () => {
  proxy.close()
  await world.close()
})

/** A step that logs in to EKS, and reaches the API server through the proxy. */
const step = (namespace: Namespace, image: string) =>
  deployOf(world, namespace, modelServer('model', image), { kubeconfig: '', cluster: world.clusterName })

const ends = ({ code, outputs }: Awaited<ReturnType<typeof runStep>>) => [
  code,
  outputs['status'],
  outputs['failure-class'],
]
const SAME = [
  [1, 'rolled-back', 'crash-loop'],
  [0, 'deployed', ''],
]

const FAULTS: readonly (readonly [string, ApiFault])[] = [
  [
    'watches that are dropped every second',
    { kind: 'end-watch', verb: 'watch', afterMs: 1000, by: 'reset', times: Infinity },
  ],
  ['watches that end with 410', { kind: 'end-watch', verb: 'watch', afterMs: 500, by: 'gone', times: 20 }],
  ['429 with Retry-After', { kind: 'answer', status: 429, retryAfterSeconds: 1, skip: 10, times: 3 }],
  ['503 now and then', { kind: 'answer', status: 503, skip: 20, times: 3 }],
  ['an expired token in the middle of the wait', { kind: 'expire-token', verb: 'watch', skip: 2 }],
  ['lost answers to writes', { kind: 'lost-answer', verb: 'patch', skip: 2, times: 3 }],
]

test.each(FAULTS)('%s: the same verdicts as without', async (_, fault) => {
  const namespace = await world.namespace()
  expect((await runStep(step(namespace, images.first))).code).toBe(0)
  const verdicts = []
  const met = []
  for (const image of [images.crashing, images.second]) {
    const before = proxy.calls().length
    proxy.fault({ ...fault, namespace: namespace.name })
    verdicts.push(ends(await runStep(step(namespace, image))))
    met.push(
      proxy
        .calls()
        .slice(before)
        .some((call) => call.fault === fault.kind),
    )
    proxy.clear()
  }
  expect([verdicts, met, await imageOf(namespace)]).toEqual([SAME, [true, true], images.second])
})

test('the API server is restarted in the middle of the wait: the same verdict as without', async () => {
  const namespace = await world.namespace()
  expect((await runStep(step(namespace, images.first))).code).toBe(0)
  const before = proxy.calls().length
  const running = startStep(step(namespace, images.second))
  await until('its pods are followed', () =>
    proxy
      .calls()
      .slice(before)
      .some(({ verb, resource }) => verb === 'watch' && resource === 'pods'),
  )
  await world.cluster.restartApiServer()
  expect(ends(await running.done)).toEqual([0, 'deployed', ''])
  expect((await namespace.ask('model:http', '/version')).body).toMatchObject({ model_version: '3' })
})
