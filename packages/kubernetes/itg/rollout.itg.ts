import { afterAll, beforeAll, describe, expect, jest, test } from '@jest/globals'
import { ActionError, type Diagnosis, type KubernetesObject } from '@mlops/core'
import { recogniseNativeErrors } from '@mlops/testing'
import {
  type Ended,
  modelOf,
  type ModelOptions,
  openRolloutWorld,
  type RolloutWorld,
  serviceOf,
} from './rollout-world.ts'

recogniseNativeErrors()
jest.setTimeout(60_000)
let world: RolloutWorld
beforeAll(
  async () => {
    world = await openRolloutWorld()
  },
  // Where there is no binary yet it is compiled here.
  40 * 60_000,
)
afterAll(() => world.down())

/** A verdict comes within this time after the grace time of its class. */
const GRACE_MS = 1000
/** What controllers and the node need until the first sign is there, on a machine that is busy. */
const CONTROLLER_MS = 2000

const firstOf = ({ end }: Ended): Diagnosis => {
  if (end.kind !== 'failed') throw new Error(`it is ${end.kind}: ${end.line}`)
  return end.diagnoses[0]
}

const model = (namespace: string, options: Partial<ModelOptions> = {}) =>
  modelOf(namespace, { image: world.image, ...options })
const shell = (line: string) => ({ command: ['sh', '-c', line] })
const variable = (name: string, value: string) => [
  { name: 'PORT', value: '8080' },
  { name, value },
]
const podsOf = (namespace: string) => world.cluster.list({ apiVersion: 'v1', kind: 'Pod', namespace })
const nameOf = (pods: readonly KubernetesObject[]) => pods[0]?.metadata.name ?? ''
interface PodStatus {
  readonly phase?: string
  readonly containerStatuses?: readonly {
    readonly restartCount: number
    readonly state: { readonly running?: object }
  }[]
}
const statusOf = ({ status }: KubernetesObject) => status as PodStatus
const restartsOf = (pod: KubernetesObject) => statusOf(pod).containerStatuses?.[0]?.restartCount ?? 0
/** The pods of a namespace, when so many of them run. */
const runningOf = async (namespace: string, count: number): Promise<readonly KubernetesObject[]> => {
  const running = (await podsOf(namespace)).filter((pod) => statusOf(pod).phase === 'Running')
  if (running.length >= count) return running
  await new Promise((resolve) => setTimeout(resolve, 100))
  return runningOf(namespace, count)
}
/** When the container of a pod runs for another time. */
const runsAgain = async (namespace: string, name: string, restarts: number): Promise<void> => {
  const pod = (await podsOf(namespace)).find(({ metadata }) => metadata.name === name)
  const [status] = pod === undefined ? [] : (statusOf(pod).containerStatuses ?? [])
  if (status?.restartCount === restarts && status.state.running !== undefined) return
  await new Promise((resolve) => setTimeout(resolve, 50))
  await runsAgain(namespace, name, restarts)
}
const readyOf = async (namespace: string) => {
  const reference = { apiVersion: 'apps/v1', kind: 'Deployment', namespace, name: 'model' }
  const { status } = ((await world.cluster.get(reference)) ?? {}) as {
    readonly status?: { readonly readyReplicas?: number }
  }
  return status?.readyReplicas ?? 0
}

describe('a good rollout is complete', () => {
  test('when the new pods serve behind their Service, and then the next one', async () => {
    const namespace = await world.namespace()
    const first = await world.release([serviceOf(namespace), model(namespace, { replicas: 2 })])
    expect(first.end).toEqual({ kind: 'complete', line: expect.stringContaining('2 pods available') })
    const before = (await podsOf(namespace)).map(({ metadata }) => metadata.uid)
    const next = model(namespace, { replicas: 2, container: { env: variable('VERSION', '2') } })
    const second = await world.release([serviceOf(namespace), next])
    expect(second.end.kind).toBe('complete')
    const running = (await podsOf(namespace)).filter(({ metadata }) => metadata.deletionTimestamp === undefined)
    expect(running).toHaveLength(2)
    for (const { metadata } of running) expect(before).not.toContain(metadata.uid)
    // Nothing is left to do: that is seen at once.
    const again = await world.release([serviceOf(namespace), next])
    expect(again.end.kind).toBe('complete')
    expect(again.ms).toBeLessThan(GRACE_MS)
  })
  test.each(['StatefulSet', 'DaemonSet'] as const)('of a %s, and of its next revision', async (kind) => {
    const namespace = await world.namespace()
    const first = await world.release([serviceOf(namespace, { clusterIP: 'None' }), model(namespace, { kind })])
    expect(first.end.kind).toBe('complete')
    const before = (await podsOf(namespace)).map(({ metadata }) => metadata.uid)
    const next = model(namespace, { kind, container: { env: variable('VERSION', '2') } })
    expect((await world.release([next])).end.kind).toBe('complete')
    for (const { metadata } of await podsOf(namespace))
      if (metadata.deletionTimestamp === undefined) expect(before).not.toContain(metadata.uid)
  })
  test('through a registry that throttles, a killed container and an eviction', async () => {
    const namespace = await world.namespace()
    await world.local.kubelet.failPulls({ reference: 'shop/model', fault: 'throttled', seconds: 2 })
    const slow = { imagePullPolicy: 'Always', env: variable('START_MS', '3000') }
    const ended = world.release([serviceOf(namespace), model(namespace, { replicas: 2, container: slow })])
    const victim = nameOf(await runningOf(namespace, 2))
    await world.local.kubelet.killContainer(namespace, victim, 'model')
    await world.local.kubelet.evict(namespace, victim, 'The node was low on resource: memory. ')
    expect((await ended).end.kind).toBe('complete')
    expect(await readyOf(namespace)).toBe(2)
  })
  test('of a Job that ends well', async () => {
    const namespace = await world.namespace()
    expect((await world.release([jobOf(namespace, 'echo migrated')])).end).toEqual({
      kind: 'complete',
      line: 'Job/migrate: complete',
    })
  })
})

const jobOf = (namespace: string, line: string): KubernetesObject => ({
  apiVersion: 'batch/v1',
  kind: 'Job',
  metadata: { name: 'migrate', namespace },
  spec: {
    backoffLimit: 0,
    template: {
      spec: { restartPolicy: 'Never', containers: [{ name: 'migrate', image: world.image, ...shell(line) }] },
    },
  },
})

interface Case {
  readonly name: string
  readonly failureClass: Diagnosis['failureClass']
  /** Of the class: its verdict comes then, and within another second. */
  readonly graceMs: number
  /** What the cluster needs before the sign is there: runs, back-offs, a probe. */
  readonly untilSeenMs?: number
  readonly bad: () => Partial<ModelOptions>
  readonly tells: string
  readonly log?: readonly string[]
}

const CASES: readonly Case[] = [
  {
    name: 'an image that does not exist',
    failureClass: 'image-not-found',
    graceMs: 0,
    bad: () => ({ image: `shop/model@sha256:${'0'.repeat(64)}` }),
    tells: `image shop/model@sha256:${'0'.repeat(64)} does not exist`,
  },
  {
    name: 'a container that crashes',
    failureClass: 'crash-loop',
    graceMs: 0,
    untilSeenMs: 2000,
    bad: () => ({ container: shell('echo no such model; exit 3') }),
    tells: 'ended 3 times, last with exit code 3',
    log: ['no such model'],
  },
  {
    name: 'a command that is not in the image',
    failureClass: 'start-error',
    graceMs: 0,
    untilSeenMs: 1000,
    bad: () => ({ container: { command: ['/app/absent'] } }),
    tells: 'cannot be started',
  },
  {
    name: 'an init container that fails',
    failureClass: 'init-failed',
    graceMs: 0,
    untilSeenMs: 2000,
    bad: () => ({ pod: { initContainers: [{ name: 'first', image: world.image, ...shell('echo no data; exit 7') }] } }),
    tells: 'init container first',
    log: ['no data'],
  },
  {
    name: 'more memory than its limit',
    failureClass: 'oom-killed',
    graceMs: 0,
    untilSeenMs: 4000,
    bad: () => ({
      container: {
        command: ['node', '-e', 'console.log("loading"); const a = Buffer.alloc(2e8, 1); setTimeout(() => a, 60000)'],
        resources: { limits: { memory: '100Mi' } },
      },
    }),
    tells: 'its limit is 100Mi',
    log: ['loading'],
  },
  {
    name: 'a liveness probe that fails',
    failureClass: 'probe-killed',
    graceMs: 0,
    untilSeenMs: 5000,
    bad: () => ({
      container: {
        env: variable('START_MS', '60000'),
        livenessProbe: { tcpSocket: { port: 'http' }, periodSeconds: 1, failureThreshold: 1 },
      },
    }),
    tells: 'its liveness probe fails (TCP port http every 1 s, threshold 1)',
    log: ['starting'],
  },
  {
    name: 'a key that is not there',
    failureClass: 'config-missing',
    graceMs: 10_000,
    bad: () => ({
      container: {
        env: [{ name: 'COLOUR', valueFrom: { configMapKeyRef: { name: 'kube-root-ca.crt', key: 'colour' } } }],
      },
    }),
    tells: 'key colour of ConfigMap kube-root-ca.crt is not there',
  },
  {
    name: 'a readiness probe that never passes',
    failureClass: 'probe-not-ready',
    // Its own deadline.
    graceMs: 5000,
    bad: () => ({ spec: { progressDeadlineSeconds: 5 }, container: { env: variable('STATUS', '503') } }),
    tells: 'HTTP probe failed with statuscode: 503',
    log: ['starting'],
  },
]

describe('a bad rollout is named in time, while the release before goes on', () => {
  test.each(CASES)('$name', async ({ failureClass, graceMs, untilSeenMs = 0, bad, tells, log }) => {
    const namespace = await world.namespace()
    expect((await world.release([serviceOf(namespace), model(namespace)])).end.kind).toBe('complete')
    const ended = await world.release([serviceOf(namespace), model(namespace, bad())])
    const found = firstOf(ended)
    expect(found).toMatchObject({ failureClass, sentence: expect.stringContaining(tells) })
    expect(found.sightings).not.toHaveLength(0)
    expect(found.log).toEqual(log)
    expect(ended.ms).toBeGreaterThanOrEqual(graceMs - 1000)
    expect(ended.ms).toBeLessThan(graceMs + CONTROLLER_MS + untilSeenMs + GRACE_MS)
    expect(await readyOf(namespace)).toBe(1)
  })

  test('a quota that leaves no room, with its numbers', async () => {
    const namespace = await world.namespace()
    const quota = { apiVersion: 'v1', kind: 'ResourceQuota', metadata: { name: 'compute', namespace } }
    await world.cluster.create({ ...quota, spec: { hard: { pods: '1' } } })
    expect((await world.release([model(namespace)])).end.kind).toBe('complete')
    const ended = await world.release([model(namespace, { container: { env: variable('VERSION', '2') } })])
    const table = { from: 'ResourceQuota/compute', reason: 'pods', message: 'wanted 1, used 1 of 1' }
    expect(firstOf(ended)).toMatchObject({ failureClass: 'quota-exceeded', sightings: expect.arrayContaining([table]) })
    expect(ended.ms).toBeLessThan(10_000 + CONTROLLER_MS + GRACE_MS)
    expect(await readyOf(namespace)).toBe(1)
  })

  test('a pod that no node takes, with what it asks for', async () => {
    const namespace = await world.namespace()
    const resources = { requests: { cpu: '64', memory: '1Ti' } }
    const ended = await world.release([model(namespace, { container: { resources } })], { timeoutMs: 4000 })
    expect(firstOf(ended)).toMatchObject({
      failureClass: 'unschedulable',
      sentence: expect.stringMatching(
        /1 Insufficient cpu, 1 Insufficient memory \(it asks for cpu 64, the largest node has \d/,
      ),
    })
    expect(ended.ms).toBeLessThan(4000 + GRACE_MS)
  })

  test('a Job that fails, with its log', async () => {
    const namespace = await world.namespace()
    const found = firstOf(await world.release([jobOf(namespace, 'echo the table is locked; exit 4')]))
    expect(found).toMatchObject({ failureClass: 'job-failed', log: ['the table is locked'] })
    expect(found.sentence).toContain('BackoffLimitExceeded')
  })

  test('a StatefulSet whose next revision crashes', async () => {
    const namespace = await world.namespace()
    const kind = 'StatefulSet'
    expect((await world.release([model(namespace, { kind, replicas: 2 })])).end.kind).toBe('complete')
    const bad = model(namespace, { kind, replicas: 2, container: shell('echo broken; exit 1') })
    expect(firstOf(await world.release([bad]))).toMatchObject({
      failureClass: 'crash-loop',
      log: ['broken'],
      sentence: expect.stringContaining('pod model-1'),
    })
  })

  test('a Service whose port no container has', async () => {
    const namespace = await world.namespace()
    const service = serviceOf(namespace, { ports: [{ port: 80, targetPort: 'web' }] })
    const found = firstOf(await world.release([service, model(namespace)], { timeoutMs: 5000 }))
    expect(found).toMatchObject({ failureClass: 'no-endpoints', object: { kind: 'Service', name: 'model' } })
    expect(found.advice).toContain('targetPort web')
  })
})

describe('what others do meanwhile', () => {
  const never = { container: { env: variable('STATUS', '503') } }
  const reference = (namespace: string) => ({ apiVersion: 'apps/v1', kind: 'Deployment', namespace, name: 'model' })
  const after = (ms: number, act: () => Promise<unknown>) => new Promise((resolve) => setTimeout(resolve, ms)).then(act)

  test('another template, a pause or a deletion is told from a failure', async () => {
    const acts: readonly (readonly [string, (namespace: string) => Promise<unknown>])[] = [
      [
        'superseded',
        (namespace) =>
          world.cluster.patch(reference(namespace), [
            { op: 'add', path: '/spec/template/metadata/annotations', value: { restarted: 'now' } },
          ]),
      ],
      [
        'rollout-paused',
        (namespace) => world.cluster.patch(reference(namespace), [{ op: 'add', path: '/spec/paused', value: true }]),
      ],
      ['superseded', (namespace) => world.cluster.remove(reference(namespace))],
      ['namespace-gone', (namespace) => world.cluster.remove({ apiVersion: 'v1', kind: 'Namespace', name: namespace })],
    ]
    for (const [failureClass, act] of acts) {
      const namespace = await world.namespace()
      const ended = world.release([model(namespace, never)])
      await after(500, () => act(namespace))
      expect(firstOf(await ended).failureClass).toBe(failureClass)
      expect((await ended).ms).toBeLessThan(500 + 2000 + CONTROLLER_MS + GRACE_MS)
    }
  })

  test('more replicas than we applied are no reason to stop', async () => {
    const namespace = await world.namespace()
    const ended = world.release([model(namespace, { container: { env: variable('START_MS', '1500') } })])
    await after(300, () =>
      world.cluster.patch(reference(namespace), [{ op: 'replace', path: '/spec/replicas', value: 3 }]),
    )
    expect((await ended).end).toEqual({ kind: 'complete', line: 'Deployment/model: 3 pods available' })
  })

  test('a restarted API server changes nothing', async () => {
    const namespace = await world.namespace()
    const ended = world.release([model(namespace, { container: { env: variable('START_MS', '4000') } })])
    await after(300, () => world.local.restartApiServer())
    expect((await ended).end.kind).toBe('complete')
  })

  test('who is told to stop stops at once, with the reason', async () => {
    const namespace = await world.namespace()
    const stop = new AbortController()
    const facts = { code: 'E-CANCELLED', kind: 'cancelled', what: 'told to stop', why: '', hint: '' } as const
    const ended = world.release([model(namespace, never)], { signal: stop.signal })
    setTimeout(() => stop.abort(new ActionError(facts)), 500)
    await expect(ended).rejects.toMatchObject({ facts })
  })

  test('one pod of ten that is killed again and again fails nothing', async () => {
    const namespace = await world.namespace()
    const slow = { env: variable('START_MS', '1500') }
    const ended = world.release([model(namespace, { replicas: 10, container: slow })])
    const victim = nameOf(await runningOf(namespace, 10))
    for (let kills = 0; kills < 4; kills += 1) {
      await runsAgain(namespace, victim, kills)
      await world.local.kubelet.killContainer(namespace, victim, 'model')
    }
    expect((await ended).end).toEqual({ kind: 'complete', line: 'Deployment/model: 10 pods available' })
    const counts = (await podsOf(namespace)).map((pod) => [pod.metadata.name === victim, restartsOf(pod)])
    expect(counts.filter(([isVictim]) => isVictim)).toEqual([[true, expect.any(Number)]])
    for (const [isVictim, count] of counts) expect(Number(count) >= 4).toBe(isVictim)
  })
})

test('who may see no nodes and namespaces waits all the same', async () => {
  const namespace = await world.namespace()
  const rules = [
    { apiGroups: [''], resources: ['pods', 'events', 'resourcequotas', 'services'], verbs: ['list', 'watch'] },
    { apiGroups: ['apps'], resources: ['deployments', 'replicasets'], verbs: ['list', 'watch'] },
    { apiGroups: ['discovery.k8s.io'], resources: ['endpointslices'], verbs: ['list', 'watch'] },
  ]
  const rbac = { apiVersion: 'rbac.authorization.k8s.io/v1', metadata: { name: 'watcher', namespace } }
  await world.cluster.create({ ...rbac, kind: 'Role', rules })
  await world.cluster.create({
    ...rbac,
    kind: 'RoleBinding',
    roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'Role', name: 'watcher' },
    subjects: [{ apiGroup: 'rbac.authorization.k8s.io', kind: 'Group', name: 'watchers' }],
  })
  const good = await world.release([serviceOf(namespace), model(namespace)], { as: 'watcher' })
  expect(good.end.kind).toBe('complete')
})
