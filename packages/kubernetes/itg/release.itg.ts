import { execFile } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { promisify } from 'node:util'
import { afterAll, beforeAll, describe, expect, jest, test } from '@jest/globals'
import { epochMs, type KubernetesObject, objectName } from '@mlops/core'
import { recogniseNativeErrors } from '@mlops/testing'
import { followRollout } from '../src/index.ts'
import { contentOf, killedAfter, releasesOn } from '../test/release/releases.ts'
import { openRolloutWorld, type RolloutWorld } from './rollout-world.ts'

recogniseNativeErrors()
jest.setTimeout(120_000)
let world: RolloutWorld
beforeAll(async () => {
  world = await openRolloutWorld()
}, 40 * 60_000)
afterAll(() => world.down())

const clock = {
  now: () => epochMs(Date.now()),
  sleep: (ms: number, signal?: AbortSignal) => sleep(ms, undefined, signal === undefined ? {} : { signal }),
}
const KINDS = [
  ['v1', 'ConfigMap'],
  ['v1', 'Secret'],
  ['v1', 'ServiceAccount'],
  ['v1', 'Service'],
  ['v1', 'LimitRange'],
  ['apps/v1', 'Deployment'],
  ['apps/v1', 'StatefulSet'],
  ['apps/v1', 'DaemonSet'],
  ['batch/v1', 'CronJob'],
  ['batch/v1', 'Job'],
  ['autoscaling/v2', 'HorizontalPodAutoscaler'],
  ['policy/v1', 'PodDisruptionBudget'],
  ['networking.k8s.io/v1', 'NetworkPolicy'],
  ['networking.k8s.io/v1', 'Ingress'],
  ['rbac.authorization.k8s.io/v1', 'Role'],
  ['rbac.authorization.k8s.io/v1', 'RoleBinding'],
] as const
/** Made by controllers in every namespace. */
const OWN = new Set(['ConfigMap/kube-root-ca.crt', 'ServiceAccount/default'])

const shopIn = async () => {
  const namespace = await world.namespace()
  const all = async (): Promise<readonly KubernetesObject[]> => {
    const lists = await Promise.all(
      KINDS.map(([apiVersion, kind]) => world.cluster.list({ apiVersion, kind, namespace })),
    )
    return lists.flat().filter(({ kind, metadata }) => !OWN.has(objectName({ kind, name: metadata.name })))
  }
  const kubectl = async (...args: readonly string[]) => {
    const { bin, kubeconfig } = world.local
    const env = { PATH: `${bin}:${process.env['PATH'] ?? ''}`, HOME: dirname(kubeconfig), KUBECONFIG: kubeconfig }
    return promisify(execFile)('kubectl', ['-n', namespace, ...args], { env })
  }
  const apply = async (objects: readonly object[]) => {
    const file = join(dirname(world.local.kubeconfig), `${namespace}.json`)
    writeFileSync(file, JSON.stringify({ apiVersion: 'v1', kind: 'List', items: objects }))
    await kubectl('apply', '-f', file)
  }
  const deployment = () => world.cluster.get({ apiVersion: 'apps/v1', kind: 'Deployment', name: 'model', namespace })
  return {
    namespace,
    kubectl,
    apply,
    deployment,
    content: async () => contentOf(await all()),
    ...releasesOn(world.cluster, { namespace, clock }),
  }
}

const pod = (env: readonly object[], more: object = {}) => ({
  containers: [
    {
      name: 'main',
      image: world.image,
      ports: [{ name: 'http', containerPort: 8080 }],
      env,
      resources: { requests: { cpu: '50m', memory: '1000Ki' }, limits: { cpu: '1000m' } },
    },
  ],
  terminationGracePeriodSeconds: 1,
  ...more,
})

const workload = (kind: string, env: readonly object[], spec: object = {}, more: object = {}, name = 'model') => ({
  apiVersion: 'apps/v1',
  kind,
  metadata: { name },
  spec: {
    ...spec,
    selector: { matchLabels: { app: name } },
    template: { metadata: { labels: { app: name } }, spec: pod(env, more) },
  },
})

const variable = (name: string, value: string) => ({ name, value })
const FIRST = [variable('A', '1'), variable('B', '$(A)'), variable('C', '3')]
const SECOND = [variable('C', '3'), variable('D', '4')]

/** Something of everything, in two versions. */
const everything = (second: boolean): readonly object[] => {
  const env = second ? SECOND : FIRST
  const one = <T>(a: T, b: T) => (second ? b : a)
  return [
    { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'settings' }, data: one({ a: '1', b: '2' }, { b: '9' }) },
    { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: one('only-one', 'only-two') }, data: { x: 'y' } },
    { apiVersion: 'v1', kind: 'Secret', metadata: { name: 'key' }, stringData: { password: one('old', 'new') } },
    { apiVersion: 'v1', kind: 'ServiceAccount', metadata: { name: 'model', annotations: { role: one('a', 'b') } } },
    {
      apiVersion: 'rbac.authorization.k8s.io/v1',
      kind: 'Role',
      metadata: { name: 'model' },
      rules: [{ apiGroups: [''], resources: ['pods'], verbs: one(['get', 'list'], ['get']) }],
    },
    {
      apiVersion: 'rbac.authorization.k8s.io/v1',
      kind: 'RoleBinding',
      metadata: { name: 'model' },
      roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'Role', name: 'model' },
      subjects: [{ kind: 'ServiceAccount', name: one('model', 'default') }],
    },
    {
      apiVersion: 'networking.k8s.io/v1',
      kind: 'NetworkPolicy',
      metadata: { name: 'model' },
      spec: { podSelector: {}, ingress: [{ from: [{ podSelector: { matchLabels: { tier: one('a', 'b') } } }] }] },
    },
    {
      apiVersion: 'v1',
      kind: 'Service',
      metadata: { name: 'model' },
      spec: {
        selector: { app: 'model' },
        ports: one(
          [{ name: 'http', port: 80, targetPort: 'http' }],
          [
            { name: 'http', port: 8080, targetPort: 'http' },
            { name: 'more', port: 81, targetPort: 81 },
          ],
        ),
      },
    },
    workload('Deployment', env, one({}, { minReadySeconds: 5 }), { serviceAccountName: 'model' }),
    workload('Deployment', env, { replicas: one(1, 3) }, {}, 'front'),
    workload('StatefulSet', env, { serviceName: 'model', replicas: one(1, 2) }, {}, 'store'),
    workload('DaemonSet', env, {}, {}, 'agent'),
    {
      apiVersion: 'batch/v1',
      kind: 'CronJob',
      metadata: { name: 'nightly' },
      spec: {
        schedule: one('0 2 * * *', '0 3 * * *'),
        jobTemplate: { spec: { template: { spec: { ...pod(env), restartPolicy: 'Never' } } } },
      },
    },
    {
      apiVersion: 'autoscaling/v2',
      kind: 'HorizontalPodAutoscaler',
      metadata: { name: 'model' },
      spec: {
        scaleTargetRef: { apiVersion: 'apps/v1', kind: 'Deployment', name: 'model' },
        minReplicas: one(1, 2),
        maxReplicas: one(3, 9),
        metrics: [
          { type: 'Resource', resource: { name: 'cpu', target: { type: 'Utilization', averageUtilization: 70 } } },
        ],
      },
    },
    {
      apiVersion: 'policy/v1',
      kind: 'PodDisruptionBudget',
      metadata: { name: 'model' },
      spec: { minAvailable: one(1, 2), selector: { matchLabels: { app: 'model' } } },
    },
    {
      apiVersion: 'networking.k8s.io/v1',
      kind: 'Ingress',
      metadata: { name: 'model' },
      spec: {
        rules: [
          {
            host: one('a.example', 'b.example'),
            http: {
              paths: [
                { path: '/', pathType: 'Prefix', backend: { service: { name: 'model', port: { name: 'http' } } } },
              ],
            },
          },
        ],
      },
    },
  ]
}

const whole = { recordSecrets: true }

describe('a release of sixteen kinds', () => {
  test('is undone to the byte', async () => {
    const shop = await shopIn()
    await shop.deploy(everything(false), whole)
    const before = await shop.content()
    await shop.begin(everything(true), whole)
    const between = await shop.content()
    expect(between).not.toEqual(before)
    const undone = await shop.undo()
    expect(undone.kind).toBe('undone')
    expect(JSON.stringify(await shop.content())).toBe(JSON.stringify(before))
  })

  test('is undone to the byte when it replaced what kubectl had applied', async () => {
    const shop = await shopIn()
    await shop.apply(everything(false))
    const before = await shop.content()
    await shop.begin(everything(true), whole)
    const data = (await shop.content())['ConfigMap/settings']?.['data']
    // What the manifests no longer have is gone, though kubectl had put it there.
    expect(data).toEqual({ b: '9' })
    expect(await shop.undo()).toMatchObject({ kind: 'undone' })
    expect(await shop.content()).toEqual(before)
  })

  test('is unchanged when it is deployed again', async () => {
    const shop = await shopIn()
    await shop.deploy(everything(false))
    expect(await shop.check(everything(false))).toMatchObject({ kind: 'ready', plan: { unchanged: true } })
    expect(await shop.check(everything(true))).toMatchObject({ kind: 'ready', plan: { unchanged: false } })
  })

  test('is removed when it was the first', async () => {
    const shop = await shopIn()
    await shop.begin(everything(false))
    const undone = await shop.undo()
    expect(undone).toMatchObject({ kind: 'undone', restored: [], recreated: [] })
    expect(await shop.content()).toEqual({})
  })
})

const small = (value: string): readonly object[] => [
  { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'settings' }, data: { value } },
  { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: `only-${value}` }, data: { value } },
  workload('Deployment', [variable('A', value)], { replicas: 1 }),
]

test('whatever write a deploy and its rollback are killed at, the next run leaves one release whole', async () => {
  const shop = await shopIn()
  await shop.deploy(small('a'))
  const before = await shop.content()
  for (let at = 1; at <= 12; at += 1)
    for (const done of [true, false]) {
      const through = killedAfter(world.cluster, at, done)
      const run = async () => {
        await shop.begin(small('b'), {}, through)
        await shop.undo({ through })
      }
      await run().catch((error: unknown) => expect(String(error)).toMatch(/killed/))
      if ((await shop.records.list()).records[0]?.status === 'pending')
        expect(await shop.undo()).toMatchObject({ kind: 'undone' })
      expect({ at, done, content: await shop.content() }).toEqual({ at, done, content: before })
      // As the actions do once what was restored runs.
      const { records } = await shop.records.list()
      for (const record of records.filter(({ status }) => status === 'pending'))
        await shop.records.write(
          record.restores === undefined
            ? { ...record, status: 'rolled-back' }
            : { ...record, status: 'deployed', health: 'healthy' },
          shop.newWriter(),
        )
    }
})

describe('somebody else', () => {
  test('who has changed a field since is not overwritten', async () => {
    const shop = await shopIn()
    await shop.deploy(small('a'))
    await shop.begin(small('b'))
    await sleep(1100)
    await shop.kubectl('set', 'env', 'deployment/model', 'A=mine')
    const { content } = shop
    const before = await content()
    const undone = await shop.undo()
    expect(undone).toMatchObject({ kind: 'superseded', diagnoses: [{ failureClass: 'superseded' }] })
    expect(await content()).toEqual(before)
  })

  test('who has added a variable or paused the rollout is noticed too', async () => {
    for (const args of [
      ['set', 'env', 'deployment/model', 'NEW=1'],
      ['rollout', 'pause', 'deployment/model'],
    ]) {
      const shop = await shopIn()
      await shop.deploy(small('a'))
      await shop.begin(small('b'))
      await sleep(1100)
      await shop.kubectl(...args)
      expect(await shop.undo()).toMatchObject({ kind: 'superseded' })
    }
  })

  test('who has deleted and made the workload anew is noticed', async () => {
    const shop = await shopIn()
    await shop.deploy(small('a'))
    await shop.begin(small('b'))
    await shop.kubectl('delete', 'deployment', 'model')
    await shop.apply([workload('Deployment', [variable('A', 'b')], { replicas: 1 })])
    expect(await shop.undo()).toMatchObject({ kind: 'superseded' })
  })

  test('who has scaled up keeps the pods', async () => {
    const shop = await shopIn()
    await shop.deploy(small('a'))
    await shop.begin(small('b'))
    await shop.kubectl('scale', 'deployment/model', '--replicas=4')
    expect(await shop.undo()).toMatchObject({ kind: 'undone' })
    expect((await shop.deployment())?.['spec']).toMatchObject({ replicas: 4 })
  })

  test('who has deleted a key or a ConfigMap gets it back', async () => {
    const shop = await shopIn()
    await shop.deploy(small('a'))
    const before = await shop.content()
    await shop.begin(small('b'))
    await shop.kubectl('patch', 'configmap', 'settings', '--type=json', '-p', '[{"op":"remove","path":"/data/value"}]')
    await shop.kubectl('delete', 'configmap', 'only-a')
    expect(await shop.undo()).toMatchObject({ kind: 'undone', recreated: [{ name: 'only-a' }] })
    expect(await shop.content()).toEqual(before)
  })

  test('whose fields a release would change stops it before anything is written', async () => {
    const shop = await shopIn()
    await shop.deploy(small('a'))
    await shop.kubectl('set', 'env', 'deployment/model', 'A=mine')
    const before = await shop.content()
    expect(await shop.check(small('b'))).toMatchObject({ kind: 'refused', diagnoses: [{ failureClass: 'conflict' }] })
    expect(await shop.content()).toEqual(before)
    expect((await shop.records.list()).records).toHaveLength(1)
    await shop.deploy(small('b'), { conflicts: 'force' })
    expect((await shop.deployment())?.['spec']).toMatchObject({
      template: { spec: { containers: [{ env: [variable('A', 'b')] }] } },
    })
  })
})

describe('a Secret', () => {
  const withSecret = (value: string, password: string) => [
    ...small(value),
    { apiVersion: 'v1', kind: 'Secret', metadata: { name: 'key' }, stringData: { password } },
  ]
  const passwordIn = async (namespace: string) => {
    const secret = await world.cluster.get({ apiVersion: 'v1', kind: 'Secret', name: 'key', namespace })
    const { password = '' } = (secret?.['data'] ?? {}) as { readonly password?: string }
    return Buffer.from(password, 'base64').toString()
  }

  test('goes back when the release has changed it and its values are recorded', async () => {
    const shop = await shopIn()
    await shop.deploy(withSecret('a', 'old'), whole)
    await shop.begin(withSecret('b', 'new'), whole)
    expect(await shop.undo()).toMatchObject({ kind: 'undone', kept: [] })
    expect(await passwordIn(shop.namespace)).toBe('old')
  })

  test('that was rotated since stays', async () => {
    const shop = await shopIn()
    await shop.deploy(withSecret('a', 'old'), whole)
    await shop.begin(withSecret('b', 'new'), whole)
    await shop.kubectl('patch', 'secret', 'key', '-p', '{"stringData":{"password":"rotated"}}')
    expect(await shop.undo()).toMatchObject({ kind: 'undone', kept: [{ reference: { kind: 'Secret', name: 'key' } }] })
    expect(await passwordIn(shop.namespace)).toBe('rotated')
  })

  test('is recorded by digest, and then stays as the release has made it', async () => {
    const shop = await shopIn()
    await shop.deploy(withSecret('a', 'very-old'))
    await shop.begin(withSecret('b', 'new'))
    const { records } = await shop.records.list()
    expect(JSON.stringify(records)).not.toContain(Buffer.from('very-old').toString('base64'))
    expect(await shop.undo()).toMatchObject({ kind: 'undone', kept: [{ reference: { name: 'key' } }] })
    expect(await passwordIn(shop.namespace)).toBe('new')
  })
})

describe('nothing is written for', () => {
  const refusal = async (
    objects: (value: string) => readonly object[],
    prepare?: (shop: Awaited<ReturnType<typeof shopIn>>) => Promise<unknown>,
  ) => {
    const shop = await shopIn()
    await prepare?.(shop)
    const before = await shop.content()
    const checked = await shop.check(objects('a'))
    expect(await shop.content()).toEqual(before)
    return checked.kind === 'refused' ? checked.diagnoses.map(({ failureClass }) => failureClass) : []
  }

  test('another selector', async () => {
    const other = () => [
      {
        ...workload('Deployment', []),
        spec: {
          selector: { matchLabels: { app: 'b' } },
          template: { metadata: { labels: { app: 'b' } }, spec: pod([]) },
        },
      },
    ]
    expect(await refusal(other, (shop) => shop.deploy([workload('Deployment', [])]))).toEqual(['immutable-field'])
  })

  test('an unknown field, a missing key and a missing account, all at once', async () => {
    const objects = (value: string) => [
      ...small(value).slice(0, 1),
      workload(
        'Deployment',
        [
          { name: 'A', valueFrom: { configMapKeyRef: { name: 'settings', key: 'absent' } } },
          { name: 'B', valueFrom: { secretKeyRef: { name: 'nowhere', key: 'x', optional: true } } },
        ],
        {},
        { serviceAccountName: 'nobody' },
      ),
      { apiVersion: 'v1', kind: 'Service', metadata: { name: 'x' }, spec: { prots: [] } },
    ]
    expect(await refusal(objects)).toEqual(['invalid-object', 'config-missing', 'invalid-object'])
  })

  test('a quota that has no room', async () => {
    const quota = {
      apiVersion: 'v1',
      kind: 'ResourceQuota',
      metadata: { name: 'compute' },
      spec: { hard: { 'requests.cpu': '60m' } },
    }
    const objects = () => [workload('Deployment', [], { replicas: 2 })]
    const prepare = async ({ apply, namespace }: Awaited<ReturnType<typeof shopIn>>) => {
      await apply([quota])
      for (;;) {
        const [found] = await world.cluster.list({ apiVersion: 'v1', kind: 'ResourceQuota', namespace })
        if (JSON.stringify(found?.['status'] ?? {}).includes('60m')) return
        await sleep(100)
      }
    }
    expect(await refusal(objects, prepare)).toEqual(['quota-exceeded'])
  })

  test('an object of Helm', async () => {
    const helms = {
      ...workload('Deployment', [variable('A', 'a')]),
      metadata: { name: 'model', annotations: { 'meta.helm.sh/release-name': 'model' } },
    }
    expect(await refusal(small, ({ apply }) => apply([helms]))).toContain('foreign-owner')
  })

  test('an autoscaler without a workload', async () => {
    const scaler = everything(false).find((object) => 'kind' in object && object.kind === 'HorizontalPodAutoscaler')
    expect(await refusal(() => [scaler ?? {}])).toEqual(['hpa-failed'])
  })

  test('a paused Deployment', async () => {
    const prepare = async (shop: Awaited<ReturnType<typeof shopIn>>) => {
      await shop.deploy(small('a'))
      await shop.kubectl('rollout', 'pause', 'deployment/model')
    }
    expect(await refusal(small, prepare)).toEqual(['rollout-paused'])
  })

  test('a namespace that is going', async () => {
    const shop = await shopIn()
    await shop.apply([
      { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'x', finalizers: ['example.com/stay'] } },
    ])
    await shop.kubectl('delete', 'namespace', shop.namespace, '--wait=false')
    expect(await shop.check(small('a'))).toMatchObject({
      kind: 'refused',
      diagnoses: [{ failureClass: 'namespace-gone' }],
    })
    await shop.kubectl('patch', 'configmap', 'x', '-p', '{"metadata":{"finalizers":null}}')
  })
})

describe('replicas', () => {
  const scaler = () =>
    everything(false).filter((object) => 'kind' in object && object.kind === 'HorizontalPodAutoscaler')

  test('stay as an autoscaler has set them', async () => {
    const shop = await shopIn()
    const objects = (value: string) => [workload('Deployment', [variable('A', value)], { replicas: 1 }), ...scaler()]
    await shop.deploy(objects('a'))
    await shop.kubectl('scale', 'deployment/model', '--replicas=3')
    await shop.deploy(objects('b'))
    expect((await shop.deployment())?.['spec']).toMatchObject({ replicas: 3 })
  })

  test('do not fall to one when the manifests stop saying them', async () => {
    const shop = await shopIn()
    await shop.deploy([workload('Deployment', [], { replicas: 3 })])
    await shop.deploy([workload('Deployment', [variable('A', '1')])])
    expect((await shop.deployment())?.['spec']).toMatchObject({ replicas: 3 })
  })
})

test('objects that the manifests no longer have are deleted, unless somebody has made them anew', async () => {
  const shop = await shopIn()
  const two = (value: string) => ({ apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'other' }, data: { value } })
  await shop.deploy([...small('a'), two('a')])
  await shop.kubectl('delete', 'configmap', 'other')
  await shop.apply([two('mine')])
  await shop.deploy(small('b'))
  expect(Object.keys(await shop.content())).toEqual([
    'ConfigMap/only-b',
    'ConfigMap/other',
    'ConfigMap/settings',
    'Deployment/model',
  ])
  expect(await shop.undo()).toMatchObject({ kind: 'undone', kept: [{ reference: { name: 'other' } }] })
  expect((await shop.content())['ConfigMap/other']?.['data']).toEqual({ value: 'mine' })
  expect(Object.keys(await shop.content())).toEqual([
    'ConfigMap/only-a',
    'ConfigMap/other',
    'ConfigMap/settings',
    'Deployment/model',
  ])
})

test('a record of any size is kept, and the newest ten', async () => {
  const shop = await shopIn()
  const noise = () => randomBytes(450_000).toString('base64')
  const large = () =>
    [1, 2].map((name) => ({
      apiVersion: 'v1',
      kind: 'ConfigMap',
      metadata: { name: `large-${name}` },
      data: { noise: noise() },
    }))
  const objects = large()
  const record = await shop.deploy(objects)
  const parts = await world.cluster.list({ apiVersion: 'v1', kind: 'Secret', namespace: shop.namespace })
  expect(parts.length).toBeGreaterThan(1)
  expect((await shop.records.list()).records).toEqual([{ ...record, fencing: 1 }])
  for (let revision = 2; revision <= 13; revision += 1) await shop.deploy(small(String(revision)))
  const { records, unreadable } = await shop.records.list()
  expect(records.map(({ revision }) => revision)).toEqual([13, 12, 11, 10, 9, 8, 7, 6, 5, 4])
  expect(unreadable).toEqual([])
  const left = await world.cluster.list({ apiVersion: 'v1', kind: 'Secret', namespace: shop.namespace })
  expect(left).toHaveLength(10)
})

test('who writes under an older lease writes nothing', async () => {
  const shop = await shopIn()
  const old = shop.newWriter()
  await shop.deploy(small('a'))
  const before = await shop.content()
  await expect(shop.begin(small('b'), {}, world.cluster, old)).rejects.toThrow(/E-LEASE-LOST/)
  expect(await shop.content()).toEqual(before)
})

describe('a Job', () => {
  const job = (...command: readonly string[]) => ({
    apiVersion: 'batch/v1',
    kind: 'Job',
    metadata: { name: 'migrate' },
    spec: {
      backoffLimit: 0,
      template: {
        spec: {
          restartPolicy: 'Never',
          terminationGracePeriodSeconds: 1,
          containers: [{ name: 'main', image: world.image, command }],
        },
      },
    },
  })
  const uidIn = async (namespace: string) =>
    (await world.cluster.get({ apiVersion: 'batch/v1', kind: 'Job', name: 'migrate', namespace }))?.metadata.uid

  test('that has finished is made anew when its template changes', async () => {
    const shop = await shopIn()
    await shop.deploy([job('sh', '-c', 'exit 0')])
    await shop.kubectl('wait', '--for=condition=complete', 'job/migrate', '--timeout=30s')
    const before = await uidIn(shop.namespace)
    expect(await shop.check([job('sh', '-c', 'exit 0')])).toMatchObject({ plan: { unchanged: true } })
    await shop.deploy([job('sh', '-c', 'true; exit 0')])
    expect(await uidIn(shop.namespace)).not.toBe(before)
  })

  test('that still runs is not touched', async () => {
    const shop = await shopIn()
    await shop.deploy([job('sleep', '60')])
    expect(await shop.check([job('sleep', '61')])).toMatchObject({
      kind: 'refused',
      diagnoses: [{ failureClass: 'immutable-field' }],
    })
  })
})

test('a StatefulSet whose new pods are broken runs again after the rollback', async () => {
  const shop = await shopIn()
  const set = (status: string) =>
    workload(
      'StatefulSet',
      [variable('STATUS', status)],
      { serviceName: 'model', replicas: 2 },
      {
        containers: [
          {
            name: 'main',
            image: world.image,
            env: [variable('STATUS', status)],
            ports: [{ name: 'http', containerPort: 8080 }],
            readinessProbe: { httpGet: { path: '/', port: 'http' }, periodSeconds: 1 },
          },
        ],
      },
    )
  const options = { namespaces: [shop.namespace], objects: [], timeoutMs: 30_000 }
  const follow = async (expected: Parameters<typeof followRollout>[1]) => {
    const { kind } = await followRollout(world.cluster, expected, options, shop.context)
    return kind
  }
  const { applied } = await shop.begin([set('200')])
  if (applied.kind === 'refused') throw new Error(applied.diagnosis.sentence)
  expect(await follow(applied.expected)).toBe('complete')
  await shop.records.write({ ...applied.record, status: 'deployed', health: 'healthy' }, shop.newWriter())
  await shop.begin([set('503')])
  // The broken one has taken the place of the last.
  const isBroken = async () => {
    const { namespace } = shop
    const found = await world.cluster.get({ apiVersion: 'apps/v1', kind: 'StatefulSet', name: 'model', namespace })
    const last = await world.cluster.get({ apiVersion: 'v1', kind: 'Pod', name: 'model-1', namespace })
    const { updateRevision, currentRevision } = (found?.['status'] ?? {}) as Readonly<Record<string, unknown>>
    return updateRevision !== currentRevision && last?.metadata.labels?.['controller-revision-hash'] === updateRevision
  }
  while (!(await isBroken())) await sleep(100)
  const undone = await shop.undo()
  if (undone.kind !== 'undone') throw new Error(undone.kind)
  expect(await follow(undone.expected)).toBe('complete')
})
