import { afterAll, beforeAll, expect, jest, test } from '@jest/globals'
import {
  type AnyObject,
  type ClusterWorld,
  configMap,
  type ManifestObject,
  modelServer,
  type Namespace,
  openClusterWorld,
  putService,
  removeImage,
  runStep,
  type ServiceImage,
  type WorkloadParts,
} from '@mlops/testing'
import { afterPreflight, asking, deployOf, imageOf, tookMs } from './deploying.ts'

jest.setTimeout(150_000)
let world: ClusterWorld
let good: string
beforeAll(async () => {
  world = await openClusterWorld({ action: 'deploy-eks' })
  good = await putService(world, { version: '1' })
}, 40 * 60_000)
afterAll(() => world.close())

const deploy = (
  namespace: Namespace,
  objects: readonly ManifestObject[],
  inputs: Readonly<Record<string, string>> = {},
) => runStep(deployOf(world, namespace, objects, inputs))

const contentOf = ({ spec, data }: AnyObject & { spec?: unknown; data?: unknown }) => ({ spec, data })
const contents = async (namespace: Namespace) => {
  const kinds = ['Deployment', 'Service', 'ConfigMap'] as const
  const found = await Promise.all(kinds.map(async (kind) => (await namespace.list(kind)).map(contentOf)))
  return found
}

interface Failing {
  /** How its image behaves. */
  readonly image?: ServiceImage
  readonly parts?: WorkloadParts
  /** What it takes until it can be seen, and the grace of its class. */
  readonly withinMs: number
  readonly shows: RegExp
  /** What somebody does after the preflight. */
  readonly meanwhile?: (namespace: Namespace) => Promise<void>
}

const MEMORY = { resources: { limits: { memory: '128Mi' } } }

const CASES: readonly (readonly [string, Failing])[] = [
  [
    'crash-loop',
    { image: { mode: 'crash-at-start' }, withinMs: 20_000, shows: /model\.joblib was written by version 9/ },
  ],
  [
    'oom-killed',
    {
      image: { mode: 'eats-memory', startMs: 10_000 },
      parts: { container: MEMORY, spec: { minReadySeconds: 3 } },
      withinMs: 20_000,
      shows: /limit is 128Mi/,
    },
  ],
  [
    'unschedulable',
    {
      parts: { container: { resources: { requests: { cpu: '900' } } } },
      withinMs: 72_000,
      shows: /cpu/i,
    },
  ],
  [
    'quota-exceeded',
    {
      withinMs: 24_000,
      shows: /pods/,
      meanwhile: (namespace) =>
        namespace.create({
          apiVersion: 'v1',
          kind: 'ResourceQuota',
          metadata: { name: 'few' },
          spec: { hard: { pods: '1' } },
        }),
    },
  ],
  [
    'probe-not-ready',
    {
      image: { mode: 'never-ready' },
      parts: { spec: { progressDeadlineSeconds: 8 } },
      withinMs: 25_000,
      shows: /503/,
    },
  ],
]

test.concurrent.each(CASES)(
  '%s: named with its evidence, and the release before serves throughout and is restored whole',
  async (failureClass, { image, parts = {}, withinMs, shows, meanwhile }) => {
    const namespace = await world.namespace()
    const settings = (level: string) => configMap('settings', { level })
    expect((await deploy(namespace, [...modelServer('model', good), settings('low')])).code).toBe(0)
    const before = await contents(namespace)
    const answersOf = asking(namespace)
    const bad = await putService(world, { ...image, version: '2' })
    const running = () => deploy(namespace, [...modelServer('model', bad, parts), settings('high')])
    const failed = await (meanwhile === undefined ? running() : afterPreflight(namespace, running, meanwhile))
    const answers = await answersOf()
    expect([failed.code, failed.outputs]).toMatchObject([
      1,
      { status: 'rolled-back', 'failure-class': failureClass, revision: '2', 'previous-revision': '1' },
    ])
    expect(failed.annotations.at(-1)?.message).toContain(
      `E-RELEASE-FAILED: revision 2 of model failed with ${failureClass}`,
    )
    expect(failed.summary).toMatch(shows)
    expect(tookMs(failed.summary, 'rollout')).toBeLessThan(withinMs)
    expect(answers).toEqual(['200 1'])
    expect(await contents(namespace)).toEqual(before)
  },
)

test('an image that is deleted after the preflight', async () => {
  const namespace = await world.namespace()
  expect((await deploy(namespace, modelServer('model', good))).code).toBe(0)
  const gone = await putService(world, { version: 'gone' })
  const failed = await afterPreflight(
    namespace,
    () => deploy(namespace, modelServer('model', gone)),
    () => removeImage(world, gone),
  )
  expect([failed.code, failed.outputs]).toMatchObject([
    1,
    { status: 'rolled-back', 'failure-class': 'image-not-found' },
  ])
  expect(tookMs(failed.summary, 'rollout')).toBeLessThan(9000)
  expect((await namespace.ask('model:http', '/version')).body).toMatchObject({ model_version: '1' })
})

test('a key of a ConfigMap that is deleted after the preflight', async () => {
  const namespace = await world.namespace()
  await namespace.create(configMap('given', { level: 'low' }))
  const env = [{ name: 'LEVEL', valueFrom: { configMapKeyRef: { name: 'given', key: 'level' } } }]
  expect((await deploy(namespace, modelServer('model', good))).code).toBe(0)
  const failed = await afterPreflight(
    namespace,
    () => deploy(namespace, modelServer('model', good, { container: { env } })),
    () => namespace.edit('ConfigMap', 'given', { data: { level: null } }),
  )
  expect([failed.code, failed.outputs]).toMatchObject([1, { status: 'rolled-back', 'failure-class': 'config-missing' }])
  expect(failed.summary).toContain('level')
  expect(tookMs(failed.summary, 'rollout')).toBeLessThan(24_000)
  expect((await namespace.ask('model:http', '/version')).body).toMatchObject({ model_version: '1' })
})

test('the image to go back to is gone: that is said, and nothing more is written', async () => {
  const namespace = await world.namespace()
  const before = await putService(world, { version: 'soon gone' })
  expect((await deploy(namespace, modelServer('model', before))).code).toBe(0)
  await removeImage(world, before)
  const bad = await putService(world, { mode: 'crash-at-start', version: '2' })
  const failed = await deploy(namespace, modelServer('model', bad))
  expect([failed.code, failed.outputs]).toMatchObject([1, { status: 'rollback-failed', 'failure-class': 'crash-loop' }])
  expect(failed.annotations.at(-1)?.message).toContain('E-ROLLBACK-FAILED')
  expect(failed.annotations.at(-1)?.message).toContain(`${before} of what was there before does not exist any more`)
  expect(await imageOf(namespace)).toBe(bad)
})

test.each([
  ['remove', 0],
  ['keep', 1],
] as const)('a first deploy that is bad: nothing to go back to, on-first-failure: %s', async (onFirstFailure, left) => {
  const namespace = await world.namespace()
  const bad = await putService(world, { mode: 'crash-at-start' })
  const failed = await deploy(namespace, modelServer('model', bad), { 'on-first-failure': onFirstFailure })
  expect([failed.code, failed.outputs]).toMatchObject([
    1,
    { status: 'failed-no-target', 'failure-class': 'crash-loop' },
  ])
  expect(failed.annotations.at(-1)?.message).toContain('E-NO-TARGET')
  expect([(await namespace.list('Deployment')).length, (await namespace.list('Service')).length]).toEqual([left, left])
})

test('on-failure: leave says what failed, and touches nothing', async () => {
  const namespace = await world.namespace()
  expect((await deploy(namespace, modelServer('model', good))).code).toBe(0)
  const bad = await putService(world, { mode: 'crash-at-start', version: '2' })
  const failed = await deploy(namespace, modelServer('model', bad), { 'on-failure': 'leave' })
  expect([failed.code, failed.outputs]).toMatchObject([1, { status: 'failed', 'failure-class': 'crash-loop' }])
  expect(JSON.stringify((await namespace.get('Deployment', 'model'))?.['spec'])).toContain(bad)
  const again = await deploy(namespace, modelServer('model', good))
  expect([again.code, again.outputs['status']]).toEqual([0, 'deployed'])
})
