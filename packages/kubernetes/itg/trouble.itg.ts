import { readFileSync } from 'node:fs'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, afterEach, beforeAll, expect, jest, test } from '@jest/globals'
import { type Cluster, type KubernetesObject, referenceOf, type Watched } from '@mlops/core'
import type { Cluster as LocalCluster } from '@mlops/local-cluster'
import { type ApiFault, type FaultProxy, openFaultProxy, openProxy, recogniseNativeErrors } from '@mlops/testing'
import { connectCluster, holdLease } from '../src/index.ts'
import { realClock, startBareCluster } from './bare-cluster.ts'

recogniseNativeErrors()
jest.setTimeout(90_000)
const NAMESPACE = 'default'
const RBAC = 'rbac.authorization.k8s.io'
const RULES = [
  {
    apiGroups: [''],
    resources: ['configmaps'],
    verbs: ['get', 'list', 'watch', 'create', 'update', 'patch', 'delete'],
  },
  { apiGroups: ['coordination.k8s.io'], resources: ['leases'], verbs: ['get', 'create', 'update'] },
  // A new lock counts on from the records of its release.
  { apiGroups: [''], resources: ['secrets'], verbs: ['list'] },
]
let local: LocalCluster
let proxy: FaultProxy
/** Through the proxy, as a user with a role of its own: the cluster is asked for its rights each time. */
let cluster: Cluster

const context = {
  clock: realClock,
  random: { next: Math.random },
  environment: {},
  signal: new AbortController().signal,
}

beforeAll(async () => {
  local = await startBareCluster({ users: { ada: ['writers'] } }, 'writers', RULES)
  proxy = await openFaultProxy(local)
  const text = readFileSync(proxy.kubeconfig(local.asUser('ada').kubeconfig), 'utf8')
  cluster = await connectCluster({ kind: 'kubeconfig', text }, context)
}, 40 * 60_000)
afterAll(() => {
  proxy.close()
  local.down()
})
let watched: Watched | undefined
afterEach(() => {
  watched?.stop()
  watched = undefined
  proxy.clear()
})

const SELECTION = { apiVersion: 'v1', kind: 'ConfigMap', namespace: NAMESPACE, labelSelector: 'part=tested' }
const configMap = (name: string, value = ''): KubernetesObject => ({
  apiVersion: 'v1',
  kind: 'ConfigMap',
  metadata: { name, namespace: NAMESPACE, labels: { part: 'tested' } },
  data: { value },
})
const PATH = `/api/v1/namespaces/${NAMESPACE}/configmaps`
/** As administrator, past the proxy. */
const putByOthers = (name: string, value: string) =>
  local.api.patch(`${PATH}/${name}?fieldManager=somebody&force=true`, 'apply', configMap(name, value))

const valueOf = (name: string): unknown => {
  const found = watched?.objects(SELECTION).find(({ metadata }) => metadata.name === name)
  return (found?.['data'] as { readonly value?: string } | undefined)?.value
}
const seen = async (name: string, value: unknown, seconds = 20): Promise<void> => {
  const end = Date.now() + seconds * 1000
  while (valueOf(name) !== value && Date.now() < end) await watched?.changed(500)
  expect(valueOf(name)).toBe(value)
}
const requests = (verb: string) => proxy.calls().filter((call) => call.verb === verb && call.resource === 'configmaps')

const WATCH = { verb: 'watch', resource: 'configmaps' } as const
const TROUBLE: Readonly<Record<string, readonly ApiFault[]>> = {
  'are dropped each second': [{ ...WATCH, kind: 'end-watch', by: 'close', afterMs: 1000, times: Infinity }],
  'are reset each second': [{ ...WATCH, kind: 'end-watch', by: 'reset', afterMs: 1000, times: Infinity }],
  'end by 410 in the stream': [{ ...WATCH, kind: 'end-watch', by: 'gone', afterMs: 500, times: 3 }],
  'are answered by 410': [{ ...WATCH, kind: 'answer', status: 410, times: 3 }],
  'are throttled': [{ ...WATCH, kind: 'answer', status: 429, retryAfterSeconds: 1, times: 3 }],
  'fail by 503': [{ ...WATCH, kind: 'answer', status: 503, times: 4 }],
}

test.each(Object.keys(TROUBLE))('no change is missed where watches %s', async (name) => {
  const object = name.replaceAll(' ', '-')
  for (const fault of TROUBLE[name] ?? []) proxy.fault(fault)
  watched = await cluster.watch([SELECTION])
  for (let turn = 0; turn < 12; turn += 1) {
    await putByOthers(object, String(turn))
    await sleep(250)
  }
  await seen(object, '11')
  await local.api.remove(`${PATH}/${object}`)
  await seen(object, undefined)
  expect(watched.staleMs()).toBeLessThan(30_000)
})

test('a server that ends each watch at once is asked a few times a second at most', async () => {
  proxy.fault({ ...WATCH, kind: 'end-watch', by: 'close', afterMs: 0, times: Infinity })
  const before = requests('watch').length + requests('list').length
  watched = await cluster.watch([SELECTION])
  await sleep(10_000)
  expect(requests('watch').length + requests('list').length - before).toBeLessThan(25)
})

test('a watch that has fallen silent is given up after half a minute', async () => {
  proxy.fault({ ...WATCH, kind: 'end-watch', by: 'silence', afterMs: 100 })
  watched = await cluster.watch([SELECTION])
  await sleep(500)
  await putByOthers('silent', 'said')
  expect(watched.staleMs()).toBeGreaterThan(400)
  await seen('silent', 'said', 40)
  expect(watched.staleMs()).toBeLessThan(5000)
})

test('the server is restarted under a watch and under a lease', async () => {
  const lease = await holdLease(
    cluster,
    { namespace: NAMESPACE, release: 'restarted', holder: 'run-1', waitMs: 0 },
    context,
  )
  watched = await cluster.watch([SELECTION])
  await putByOthers('restarted', 'before')
  await seen('restarted', 'before')
  const restarted = local.restartApiServer()
  // Asked while it is away: answered when it is back, though it grants nothing for a moment then.
  const [made] = await Promise.all([cluster.apply(configMap('meanwhile', 'x')), restarted])
  expect(made.kind === 'refused' ? made.refusal : undefined).toBeUndefined()
  await putByOthers('restarted', 'after')
  await seen('restarted', 'after')
  await seen('meanwhile', 'x')
  lease.assertHeld()
  await lease.release()
})

test('a token that ends under a watch is refused by name, when there is no other', async () => {
  watched = await cluster.watch([SELECTION])
  proxy.fault({ verb: 'get', resource: 'configmaps', kind: 'expire-token' })
  await expect(cluster.get(referenceOf(configMap('any')))).rejects.toMatchObject({
    facts: { code: 'E-UNAUTHENTICATED', what: expect.stringContaining('user ada') },
  })
})

const write = {
  create: (object: KubernetesObject) => cluster.create(object),
  apply: (object: KubernetesObject) => cluster.apply(object),
} as const

test.each(['create', 'apply'] as const)('a lost answer to %s does nothing twice', async (verb) => {
  const object = configMap(`lost-${verb}`, 'once')
  proxy.fault({ verb: verb === 'create' ? 'create' : 'patch', resource: 'configmaps', kind: 'lost-answer' })
  const written = await write[verb](object)
  expect(written).toMatchObject({ kind: 'written', object: { data: { value: 'once' } } })
  const found = await cluster.get(referenceOf(object))
  expect(found).toEqual(written.kind === 'written' ? written.object : undefined)
  // Applying twice is applying once; a creation is only looked for.
  expect(requests(verb === 'create' ? 'create' : 'patch').at(-1)?.fault).toBe(
    verb === 'create' ? 'lost-answer' : undefined,
  )
})

test('a lost answer to a replacement is no conflict with oneself, and one to a removal no absence', async () => {
  const created = await cluster.create(configMap('replaced', 'one'))
  if (created.kind !== 'written') throw new Error('it was not created')
  proxy.fault({ verb: 'update', resource: 'configmaps', kind: 'lost-answer' })
  const replaced = await cluster.replace({ ...created.object, data: { value: 'two' } })
  expect(replaced).toMatchObject({ kind: 'written', object: { data: { value: 'two' } } })
  expect(await cluster.replace({ ...created.object, data: { value: 'three' } })).toMatchObject({
    kind: 'refused',
    refusal: { status: 409 },
  })
  proxy.fault({ verb: 'delete', resource: 'configmaps', kind: 'lost-answer' })
  expect(await cluster.remove(referenceOf(created.object), created.object.metadata.uid)).toBe('removed')
  expect(await cluster.get(referenceOf(created.object))).toBeUndefined()
})

test('half an answer is none', async () => {
  await cluster.apply(configMap('halved', 'whole'))
  proxy.fault({ verb: 'get', resource: 'configmaps', kind: 'truncated', times: 2 })
  expect(await cluster.get(referenceOf(configMap('halved')))).toMatchObject({ data: { value: 'whole' } })
})

test('a read that is not granted is named with its rule', async () => {
  await expect(
    cluster.get({ apiVersion: 'v1', kind: 'Secret', namespace: NAMESPACE, name: 'x' }),
  ).rejects.toMatchObject({
    facts: {
      code: 'E-FORBIDDEN',
      why: expect.stringContaining('User "ada" cannot get resource "secrets"'),
      hint: expect.stringContaining(
        '{ apiGroups: [""], resources: ["secrets"], verbs: ["get"] } by a Role of the namespace default',
      ),
    },
  })
})

test('a right that is taken away ends a watch, with the rule that is missing', async () => {
  proxy.fault({ ...WATCH, kind: 'end-watch', by: 'close', afterMs: 1500, times: Infinity })
  const following = await cluster.watch([SELECTION])
  watched = following
  const role = `/apis/${RBAC}/v1/namespaces/${NAMESPACE}/roles/writers`
  await local.api.patch(role, 'merge', { rules: RULES.slice(1) })
  const followed = async (end: number): Promise<void> => {
    while (Date.now() < end) await following.changed(500)
  }
  try {
    await expect(followed(Date.now() + 15_000)).rejects.toMatchObject({
      facts: { code: 'E-FORBIDDEN', hint: expect.stringMatching(/verbs: \["(watch|list)"\]/) },
    })
  } finally {
    await local.api.patch(role, 'merge', { rules: RULES })
  }
})

test('a proxy of the environment is gone through, and the certificate of the cluster is checked', async () => {
  const way = await openProxy()
  try {
    const environment = { HTTPS_PROXY: way.url }
    const text = readFileSync(local.asUser('ada').kubeconfig, 'utf8')
    const behind = await connectCluster({ kind: 'kubeconfig', text }, { ...context, environment })
    expect(await behind.whoAmI()).toBe('ada')
    expect(way.hosts()).toEqual(['127.0.0.1'])
  } finally {
    way.close()
  }
  const text = JSON.stringify({
    clusters: [{ name: 'c', cluster: { server: local.endpoint } }],
    users: [{ name: 'ada', user: { token: local.asUser('ada').token } }],
    contexts: [{ name: 'c', context: { cluster: 'c', user: 'ada' } }],
    'current-context': 'c',
  })
  const unchecked = await connectCluster({ kind: 'kubeconfig', text }, context)
  await expect(unchecked.whoAmI()).rejects.toMatchObject({
    facts: { code: 'E-CLUSTER', why: expect.stringContaining('certificate') },
  })
})

test('of two that want to write a release, one does; the other is told who, or waits', async () => {
  const wanted = (holder: string, waitMs: number) =>
    holdLease(cluster, { namespace: NAMESPACE, release: 'model', holder, waitMs }, context)
  const results = await Promise.allSettled([wanted('run-1', 0), wanted('run-2', 0)])
  const [held] = results.flatMap((result) => (result.status === 'fulfilled' ? [result.value] : []))
  const [refused] = results.flatMap((result) => (result.status === 'rejected' ? [result.reason as unknown] : []))
  expect(refused).toMatchObject({ facts: { code: 'E-LOCKED' } })
  held?.assertHeld()
  const waiting = wanted('run-3', 30_000)
  await sleep(500)
  await held?.release()
  const next = await waiting
  expect(next.fencing).toBe((held?.fencing ?? 0) + 1)
  const lease = {
    apiVersion: 'coordination.k8s.io/v1',
    kind: 'Lease',
    namespace: NAMESPACE,
    name: 'mlops-deploy-model',
  }
  expect((await cluster.get(lease))?.['spec']).toMatchObject({
    holderIdentity: 'run-3',
    leaseTransitions: next.fencing,
  })
  await next.release()
})
