import { afterAll, beforeAll, expect, jest, test } from '@jest/globals'
import { readFileSync } from 'node:fs'
import { setTimeout as sleep } from 'node:timers/promises'
import { createApi } from '@mlops/local-cluster'
import {
  type ClusterWorld,
  configMap,
  imageReference,
  job,
  modelServer,
  type Namespace,
  openClusterWorld,
  putService,
  type ServiceImage,
  type WorkloadParts,
} from '../src/index.ts'

jest.setTimeout(60_000)
let world: ClusterWorld
beforeAll(async () => {
  world = await openClusterWorld({ action: 'deploy-eks' })
}, 40 * 60_000)
// What the last test does beyond the rights of steps does not pass unseen.
afterAll(() => expect(world.close()).rejects.toThrow(/^the cluster denied steps to list configmaps$/))

const until = async <T>(look: () => Promise<T | undefined>, seconds = 40): Promise<T> => {
  const end = performance.now() + seconds * 1000
  while (performance.now() < end) {
    const found = await look()
    if (found !== undefined) return found
    await sleep(50)
  }
  throw new Error('it did not happen in time')
}

interface Ended {
  readonly exitCode: number
  readonly reason: string
  readonly message?: string
}
interface Container {
  readonly ready: boolean
  readonly restartCount: number
  readonly imageID: string
  readonly state: {
    readonly running?: object
    readonly waiting?: { readonly reason: string; readonly message?: string }
    readonly terminated?: Ended
  }
  readonly lastState?: { readonly terminated?: Ended }
}
interface PodState {
  readonly metadata: { readonly name: string }
  readonly status: { readonly containerStatuses?: readonly Container[] }
}

const podIn = async (namespace: Namespace) => (await namespace.list<PodState>('Pod'))[0]
const containerWhen = (namespace: Namespace, isIt: (container: Container) => boolean) =>
  until(async () => {
    const container = (await podIn(namespace))?.status.containerStatuses?.[0]
    return container !== undefined && isIt(container) ? container : undefined
  })

const release = async (image: ServiceImage, parts: WorkloadParts = {}) => {
  const namespace = await world.namespace()
  await namespace.create(...modelServer('model', await putService(world, image), parts))
  return namespace
}

const asked = { basket: [1, 2, 4] }

test('a good service gets ready and answers by its version, and the same one is pushed once', async () => {
  const namespace = await release({ version: '7' })
  const { imageID } = await containerWhen(namespace, ({ ready }) => ready)
  expect(await putService(world, { version: '7' })).toBe(imageID)
  const answer = { prediction: 'Medium', model_version: '7' }
  await until(async () => ((await namespace.ask('model:http', '/version')).status === 200 ? true : undefined))
  expect(await namespace.ask('model:http', '/predict', asked)).toEqual({ status: 200, body: answer })
  expect(await namespace.ask('model:http', '/nothing')).toMatchObject({ status: 404 })
})

test('wrong predictions come from a service that looks healthy', async () => {
  const namespace = await release({ mode: 'wrong' })
  await containerWhen(namespace, ({ ready }) => ready)
  const { body } = await until(async () => {
    const answer = await namespace.ask('model:http', '/predict', asked)
    return answer.status === 200 ? answer : undefined
  })
  expect(body).toMatchObject({ prediction: 'High' })
})

test.each([
  { mode: 'crash-at-start', exitCode: 1, reason: 'Error' },
  { mode: 'exit-127', exitCode: 127, reason: 'Error' },
  { mode: 'no-program', exitCode: 128, reason: 'StartError' },
  { mode: 'other-machine', exitCode: 128, reason: 'StartError' },
  { mode: 'crash-after-health', exitCode: 1, reason: 'Error' },
  { mode: 'sick', exitCode: 0, reason: 'Completed' },
  { mode: 'eats-memory', exitCode: 137, reason: 'OOMKilled' },
] as const)('$mode ends with $exitCode, again and again', async ({ mode, exitCode, reason }) => {
  const livenessProbe = { httpGet: { path: '/live', port: 'http' }, periodSeconds: 1, failureThreshold: 1 }
  const container = {
    ...(mode === 'sick' ? { livenessProbe } : {}),
    ...(mode === 'eats-memory' ? { resources: { limits: { memory: '128Mi' } } } : {}),
  }
  const namespace = await release({ mode }, { container })
  const { lastState } = await containerWhen(namespace, ({ restartCount }) => restartCount > 0)
  expect(lastState?.terminated).toMatchObject({ exitCode, reason })
})

test('a crash says why in its log', async () => {
  const namespace = await release({ mode: 'crash-at-start' })
  await containerWhen(namespace, ({ restartCount }) => restartCount > 0)
  const { metadata } = (await podIn(namespace)) ?? { metadata: { name: '' } }
  const log = await world.cluster.api.get<string>(`${namespace.path('Pod', metadata.name)}/log?previous=true`)
  expect(log).toMatch(/^model server 1 starts\n[\s\S]*Error: model\.joblib was written by version 9[\s\S]*\n +at /)
})

test('a service may need long, or never get ready', async () => {
  const slow = await release({ startMs: 1500 })
  const never = await release({ mode: 'never-ready' })
  expect((await containerWhen(slow, ({ state }) => state.running !== undefined)).ready).toBe(false)
  await containerWhen(slow, ({ ready }) => ready)
  await sleep(1000)
  expect(await containerWhen(never, () => true)).toMatchObject({ ready: false, restartCount: 0 })
})

test('one that ignores SIGTERM is there until its time is over', async () => {
  const namespace = await release({ mode: 'stubborn' }, { pod: { terminationGracePeriodSeconds: 2 } })
  await containerWhen(namespace, ({ ready }) => ready)
  const started = performance.now()
  await namespace.remove('Deployment', 'model')
  await until(async () => ((await podIn(namespace)) === undefined ? true : undefined))
  expect(performance.now() - started).toBeGreaterThan(1500)
})

test('an image that is not there is not found', async () => {
  const namespace = await world.namespace()
  await namespace.create(...modelServer('model', imageReference(`sha256:${'0'.repeat(64)}`)))
  const { state } = await containerWhen(namespace, ({ state: { waiting } }) => waiting?.reason === 'ErrImagePull')
  expect(state.waiting?.message).toMatch(/NotFound/)
})

test('a job runs to its end', async () => {
  const namespace = await world.namespace()
  const image = await putService(world, {})
  await namespace.create(job('migrate', image, { container: { command: ['node', '-e', 'process.exit(0)'] } }))
  await until(async () => {
    const found = await namespace.get<{ status: { succeeded?: number } }>('Job', 'migrate')
    return found?.status.succeeded === 1 ? true : undefined
  })
})

test('steps have the published rights in namespaces of tests only, and what they do is seen', async () => {
  const { kubeconfig, cluster } = world
  const namespace = await world.namespace()
  const { token } = (JSON.parse(readFileSync(kubeconfig, 'utf8')) as { users: readonly [{ user: { token: string } }] })
    .users[0].user
  const api = createApi({ endpoint: cluster.endpoint, ca: readFileSync(cluster.caFile, 'utf8'), token })
  await api.create(namespace.path('ConfigMap'), configMap('written', {}))
  await api.get(namespace.path('ConfigMap', 'written'))
  expect(namespace.calls().map(({ verb }) => verb)).toEqual(['create', 'get'])
  expect(namespace.writes().map(({ verb, resource, status }) => [verb, resource, status])).toEqual([
    ['create', 'configmaps', 201],
  ])
  await expect(api.get('/api/v1/namespaces/default/configmaps')).rejects.toMatchObject({ status: 403 })
  expect(world.clusterCalls().filter(({ granted }) => !granted)).toMatchObject([
    { verb: 'list', resource: 'configmaps', namespace: 'default' },
  ])
})
