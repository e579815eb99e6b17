import { mkdtempSync, readFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, jest, test } from '@jest/globals'
import {
  autoscaler,
  type ClusterWorld,
  configMap,
  deployment,
  disruptionBudget,
  job,
  type ManifestObject,
  type Namespace,
  openClusterWorld,
  putService,
  runStep,
  secret,
  service,
  statefulSet,
} from '@mlops/testing'
import { deployOf, imageOf, statuses, until } from './deploying.ts'

jest.setTimeout(120_000)
let world: ClusterWorld
let [first, second, crashing] = ['', '', '']
beforeAll(async () => {
  world = await openClusterWorld({ action: 'deploy-eks' })
  ;[first, second, crashing] = await Promise.all([
    putService(world, { version: '1' }),
    putService(world, { version: '2' }),
    putService(world, { version: '2', mode: 'crash-at-start' }),
  ])
}, 40 * 60_000)
afterAll(() => world.close())

const KINDS = [
  'ConfigMap',
  'Deployment',
  'HorizontalPodAutoscaler',
  'PodDisruptionBudget',
  'Service',
  'StatefulSet',
] as const

/** What only the server writes, and what each write says of itself. */
const SERVER_OWNED = /^(status|uid|resourceVersion|generation|creationTimestamp|managedFields)$/
const OF_EACH_WRITE =
  /^(deployment\.kubernetes\.io\/revision|kubernetes\.io\/change-cause|mlops\/.*|app\.kubernetes\.io\/version)$/

/** Every object of a namespace, byte for byte but for what the server owns. */
const bytesIn = async (namespace: Namespace): Promise<string> => {
  const found = await Promise.all(KINDS.map((kind) => namespace.list(kind)))
  const objects = found.flat().filter(({ metadata }) => metadata?.name !== 'kube-root-ca.crt')
  return JSON.stringify(
    objects,
    (key, value: unknown) => (SERVER_OWNED.test(key) || OF_EACH_WRITE.test(key) ? undefined : value),
    1,
  )
}

const deploy = (namespace: Namespace, objects: readonly ManifestObject[], inputs = {}) =>
  runStep(deployOf(world, namespace, objects, inputs))

test('ConfigMap, Deployment, Service, autoscaler and budget changed together, one created, one pruned: all back, byte for byte', async () => {
  const namespace = await world.namespace()
  const good = [
    configMap('settings', { level: 'low', gone: 'soon' }),
    configMap('old', { is: 'old' }),
    deployment('model', first, { replicas: 2, container: { envFrom: [{ configMapRef: { name: 'settings' } }] } }),
    deployment('side', first),
    service('model'),
    autoscaler('side', 1, 3),
    disruptionBudget('model'),
  ]
  expect((await deploy(namespace, good)).code).toBe(0)
  const before = await bytesIn(namespace)
  const bad = [
    configMap('settings', { level: 'high', new: 'key' }),
    configMap('added', { is: 'new' }),
    deployment('model', crashing, { replicas: 3, container: { envFrom: [{ configMapRef: { name: 'settings' } }] } }),
    deployment('side', second),
    service('model', { ports: [{ name: 'http', port: 8081, targetPort: 'http' }] }),
    autoscaler('side', 2, 5),
    disruptionBudget('model', 2),
  ]
  const failed = await deploy(namespace, bad)
  expect([failed.code, failed.outputs]).toMatchObject([1, { status: 'rolled-back', 'failure-class': 'crash-loop' }])
  expect(await bytesIn(namespace)).toBe(before)
  expect((await namespace.ask('model:http', '/version')).body).toMatchObject({ model_version: '1' })
  expect(failed.summary).toMatch(/restored: .*ConfigMap\/settings/)
  expect(failed.summary).toContain('removed: ConfigMap/added')
})

test('an object that a release no longer has is deleted after its rollout, and one of somebody else is not', async () => {
  const namespace = await world.namespace()
  await namespace.create(configMap('theirs', { is: 'theirs' }))
  const base = [deployment('model', first), service('model')]
  const ours = async () =>
    (await namespace.list('ConfigMap')).filter(({ metadata }) => /ours/.test(metadata?.name ?? '')).length
  expect((await deploy(namespace, [...base, configMap('ours', { is: 'ours' })])).code).toBe(0)
  const pruned = await deploy(namespace, base)
  expect([pruned.code, pruned.outputs['status'], await ours()]).toEqual([0, 'deployed', 0])
  expect(pruned.summary).toContain('| ConfigMap/ours | deleted |')
  expect(await namespace.get('ConfigMap', 'theirs')).toBeDefined()
  expect((await deploy(namespace, [...base, configMap('ours', { is: 'ours' })])).code).toBe(0)
  const kept = await deploy(namespace, [deployment('model', second), service('model')], { prune: 'none' })
  expect([kept.code, await ours()]).toEqual([0, 1])
})

test('a StatefulSet whose pod is stuck in the bad revision comes back', async () => {
  const namespace = await world.namespace()
  const objects = (image: string) => [statefulSet('model', image), service('model')]
  expect((await deploy(namespace, objects(first))).code).toBe(0)
  const failed = await deploy(namespace, objects(crashing))
  expect([failed.code, failed.outputs]).toMatchObject([1, { status: 'rolled-back', 'failure-class': 'crash-loop' }])
  expect((await namespace.ask('model:http', '/version')).body).toMatchObject({ model_version: '1' })
})

test('a Job that fails ends the release, with its log', async () => {
  const namespace = await world.namespace()
  const failed = await deploy(namespace, [configMap('settings', { level: 'low' }), job('migrate', crashing)])
  expect([failed.code, failed.outputs]).toMatchObject([
    1,
    { status: 'failed-no-target', 'failure-class': 'job-failed' },
  ])
  expect(failed.summary).toContain('model.joblib was written by version 9')
  expect(await statuses(namespace)).toEqual(['1 rolled-back'])
})

test('objects that were there before the first release are what it goes back to', async () => {
  const namespace = await world.namespace()
  await namespace.create(deployment('model', first), service('model'), configMap('settings', { level: 'given' }))
  await until('version 1 runs', async () => (await namespace.ask('model:http', '/version')).status === 200)
  const before = await bytesIn(namespace)
  const objects = [deployment('model', crashing), service('model'), configMap('settings', { level: 'high' })]
  const refused = await deploy(namespace, objects)
  expect([refused.code, refused.outputs]).toMatchObject([1, { status: 'refused', 'failure-class': 'conflict' }])
  expect(await bytesIn(namespace)).toBe(before)
  const failed = await deploy(namespace, objects, { conflicts: 'force' })
  expect([failed.code, failed.outputs]).toMatchObject([1, { status: 'rolled-back', 'failure-class': 'crash-loop' }])
  expect(failed.summary).toContain('this is what was there before the first one')
  const contents = async () => [await namespace.get('ConfigMap', 'settings'), await imageOf(namespace)]
  expect(await contents()).toMatchObject([{ data: { level: 'given' } }, first])
  expect((await namespace.ask('model:http', '/version')).body).toMatchObject({ model_version: '1' })
})

test('a Secret of the release reaches the pods, and its value nobody else', async () => {
  const namespace = await world.namespace()
  const env = [{ name: 'TOKEN', valueFrom: { secretKeyRef: { name: 'key', key: 'token' } } }]
  const options = deployOf(world, namespace, [
    secret('key', { token: 'tell-nobody' }),
    deployment('model', first, { container: { env } }),
  ])
  // Kept, so that the files of the step can be read after it.
  const RUNNER_TEMP = mkdtempSync(join(tmpdir(), 'runner-'))
  const done = await runStep({ ...options, environment: { ...options.environment, RUNNER_TEMP } })
  expect([done.code, done.outputs['status']]).toEqual([0, 'deployed'])
  const rendered = readFileSync(done.outputs['rendered-path'] ?? '', 'utf8')
  expect(rendered).toContain('kind: Secret')
  expect(done.text + done.summary + rendered).not.toMatch(/tell-nobody|dGVsbC1ub2JvZHk/)
})
