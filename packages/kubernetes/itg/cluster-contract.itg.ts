import { randomBytes } from 'node:crypto'
import { mkdtempSync, readFileSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, afterEach, beforeAll, expect, jest, test } from '@jest/globals'
import { epochMs, type KubernetesObject, referenceOf, type Written } from '@mlops/core'
import { type Cluster, ensureBinary, pathOf, startCluster } from '@mlops/local-cluster'
import {
  type ApiFault,
  clusterInMemory,
  type FaultProxy,
  openFaultProxy,
  recogniseNativeErrors,
  sleepingClock,
} from '@mlops/testing'
import fc from 'fast-check'
import { clusterContract, type ClusterUnderTest } from '../../testing/src/contracts/cluster.ts'
import { connectCluster } from '../src/index.ts'

recogniseNativeErrors()
jest.setTimeout(60_000)
let local: Cluster
beforeAll(async () => {
  const file = join(mkdtempSync(join(tmpdir(), 'no-images-')), 'images.json')
  writeFileSync(file, '{}')
  local = await startCluster({
    binary: await ensureBinary({ progress: (line) => void process.stderr.write(`${line}\n`) }),
    images: { kind: 'table', file },
    users: { stranger: [] },
  })
}, 40 * 60_000)
afterAll(() => local.down())

const connect = (kubeconfig: string) =>
  connectCluster(
    { kind: 'kubeconfig', text: readFileSync(kubeconfig, 'utf8') },
    {
      clock: {
        now: () => epochMs(Date.now()),
        sleep: (ms, signal) => sleep(ms, undefined, signal === undefined ? {} : { signal }),
      },
      random: { next: Math.random },
      environment: {},
      signal: new AbortController().signal,
    },
  )

/** In a namespace of its own, and by way of `through`. */
const underTest = async (name: string, through: (kubeconfig: string) => string): Promise<ClusterUnderTest> => {
  const namespace = `${name}-${randomBytes(4).toString('hex')}`
  await local.api.create('/api/v1/namespaces', { apiVersion: 'v1', kind: 'Namespace', metadata: { name: namespace } })
  return {
    cluster: await connect(through(local.kubeconfig)),
    namespace,
    applyAsSomebody: async (object) => {
      const { apiVersion, kind, metadata } = object
      const path = pathOf({ apiVersion, kind, namespace, name: metadata.name })
      await local.api.patch(`${path}?fieldManager=somebody&force=true`, 'apply', object)
    },
    stranger: await connect(through(local.asUser('stranger').kubeconfig)),
  }
}

clusterContract('the API server of the local cluster', (name) => underTest(name, (kubeconfig) => kubeconfig))

const READS = ['get', 'list', 'watch'] as const
const WRITES = ['create', 'update', 'delete'] as const
// Of ConfigMaps, not: the contract patches them, and whether a patch has happened whose answer is lost is not known.
const APPLIED = { verb: 'patch', resource: 'deployments' } as const
const once = (fault: ApiFault, verbs: readonly string[]): readonly ApiFault[] => [
  ...verbs.map((verb) => ({ ...fault, verb, resource: 'configmaps' })),
  ...(verbs.includes('update') ? [{ ...fault, ...APPLIED }] : []),
]
const watchesEnd = (by: 'close' | 'reset' | 'gone'): ApiFault => ({
  kind: 'end-watch',
  verb: 'watch',
  afterMs: 200,
  by,
  times: Infinity,
})

/** Trouble that passes, and through which the same must hold. */
const TROUBLES: Readonly<Record<string, readonly ApiFault[]>> = {
  'throttles, fails and ends watches': [
    { kind: 'answer', status: 429, retryAfterSeconds: 1, verb: 'update' },
    ...once({ kind: 'answer', status: 503 }, [...READS, ...WRITES]),
    watchesEnd('close'),
  ],
  'resets connections, and cuts answers off': [
    ...once({ kind: 'reset' }, [...READS, ...WRITES]),
    ...once({ kind: 'truncated' }, ['get', 'list']),
    watchesEnd('reset'),
  ],
  'loses answers, and forgets what watches begin at': [
    ...once({ kind: 'lost-answer' }, ['get', 'list', ...WRITES]),
    watchesEnd('gone'),
  ],
}

const proxies: FaultProxy[] = []
afterEach(() => proxies.splice(0).forEach(({ close }) => close()))

for (const [trouble, faults] of Object.entries(TROUBLES))
  clusterContract(`the API server of the local cluster, which ${trouble}`, async (name) => {
    const proxy = await openFaultProxy(local)
    proxies.push(proxy)
    faults.forEach(proxy.fault)
    return underTest(name, proxy.kubeconfig)
  })

const data = fc.dictionary(fc.constantFrom('a', 'b', 'c'), fc.constantFrom('1', '2'), { minKeys: 1 })
const deed = fc.oneof(
  fc.record({ by: fc.constant('us' as const), data, force: fc.boolean(), dryRun: fc.boolean() }),
  fc.record({ by: fc.constant('somebody' as const), data }),
  fc.record({ by: fc.constant('replacement' as const), data }),
)
type Deed = typeof deed extends fc.Arbitrary<infer T> ? T : never

/** What a write came to, without what differs from one cluster to the next. */
const endOf = (written: Written) =>
  written.kind === 'written'
    ? written.object['data']
    : [written.refusal.reason, written.refusal.causes.map(({ field }) => field).toSorted()]

const does = async ({ cluster, namespace, applyAsSomebody }: ClusterUnderTest, name: string, what: Deed) => {
  const object: KubernetesObject = {
    apiVersion: 'v1',
    kind: 'ConfigMap',
    metadata: { name, namespace },
    data: what.data,
  }
  if (what.by === 'us') return endOf(await cluster.apply(object, what))
  if (what.by === 'replacement') return endOf(await cluster.replace(object))
  await applyAsSomebody(object)
  return (await cluster.get(referenceOf(object)))?.['data']
}

test('whatever is applied by whom, the cluster in memory says and keeps what the API server does', async () => {
  const real = await underTest('both', (kubeconfig) => kubeconfig)
  let run = 0
  await fc.assert(
    fc.asyncProperty(fc.array(deed, { minLength: 1, maxLength: 8 }), async (deeds) => {
      const memory = clusterInMemory({ clock: sleepingClock(), namespaces: [real.namespace] })
      const fake = { ...real, cluster: memory.cluster, applyAsSomebody: memoryApply(memory) }
      run += 1
      for (const one of deeds) expect(await does(fake, `c${run}`, one)).toEqual(await does(real, `c${run}`, one))
    }),
    { numRuns: 40 },
  )
})
const memoryApply =
  ({ applyAs }: ReturnType<typeof clusterInMemory>): ClusterUnderTest['applyAsSomebody'] =>
  async (object) =>
    applyAs('somebody', object)
