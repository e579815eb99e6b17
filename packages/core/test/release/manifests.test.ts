import { describe, expect, test } from '@jest/globals'
import {
  imagesOf,
  type KubernetesObject,
  type KindScope,
  kindsIn,
  manifestError,
  prepareObjects,
  readImageName,
  stamped,
} from '../../src/index.ts'
import { configMapOf, deploymentOf, DIGEST } from './objects.ts'

const CLUSTER_WIDE = new Set(['Namespace', 'ClusterRole', 'CustomResourceDefinition'])
const scopeOf = ({ kind }: { readonly kind: string }): KindScope =>
  kind === 'Unheard' || kind === 'Rollout' ? undefined : CLUSTER_WIDE.has(kind) ? 'cluster' : 'namespaced'

const prepare = (
  values: readonly unknown[],
  { images = {}, allowNamespaces = [] }: { images?: Readonly<Record<string, string>>; allowNamespaces?: string[] } = {},
) =>
  prepareObjects(
    values.map((value, index) => ({ file: 'k8s/all.yaml', line: index * 10 + 1, value })),
    { namespace: 'shop', allowNamespaces, images, scopeOf },
  )

const objectsOf = (prepared: ReturnType<typeof prepare>) => {
  if (prepared.kind === 'faults') throw manifestError(prepared.faults)
  return prepared.objects.map(({ object }) => object)
}
const faultsOf = (prepared: ReturnType<typeof prepare>) =>
  prepared.kind === 'ok' ? [] : prepared.faults.map(({ line, object, what }) => `${line} ${object} ${what}`)

describe('the name of an image', () => {
  test.each([
    ['model', { name: 'model' }],
    ['model:1.2', { name: 'model', tag: '1.2' }],
    ['registry:5000/model', { name: 'registry:5000/model' }],
    ['registry:5000/team/model:1', { name: 'registry:5000/team/model', tag: '1' }],
    [`registry:5000/model@${DIGEST}`, { name: 'registry:5000/model', digest: DIGEST }],
    [`registry:5000/model:1@${DIGEST}`, { name: 'registry:5000/model', tag: '1', digest: DIGEST }],
  ])('%s', (image, expected) => {
    expect(readImageName(image)).toEqual(expected)
  })
})

describe('images', () => {
  const pinned = `123456789012.dkr.ecr.us-east-1.amazonaws.com/model@${DIGEST}`
  const pod = {
    containers: [
      { name: 'main', image: 'registry:5000/model:1' },
      { name: 'other', image: 'registry:5000/front' },
    ],
    initContainers: [{ name: 'first', image: 'registry:5000/model' }],
    ephemeralContainers: [{ name: 'debug', image: `registry:5000/model@${DIGEST}` }],
  }

  test('are replaced by name in every kind of container, and nowhere else', () => {
    const objects = objectsOf(
      prepare(
        [
          { apiVersion: 'v1', kind: 'Pod', metadata: { name: 'pod' }, spec: pod },
          {
            apiVersion: 'batch/v1',
            kind: 'CronJob',
            metadata: { name: 'cron' },
            spec: { jobTemplate: { spec: { template: { spec: pod } } } },
          },
          { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'c' }, data: { image: 'registry:5000/model' } },
        ],
        { images: { 'registry:5000/model': pinned } },
      ),
    )
    expect(imagesOf(objects)).toEqual([pinned, 'registry:5000/front'])
    expect(objects.find(({ kind }) => kind === 'ConfigMap')?.['data']).toEqual({ image: 'registry:5000/model' })
    expect(JSON.stringify(objects).split(pinned)).toHaveLength(7)
  })

  test('that nothing has, and that have no digest, are faults', () => {
    const prepared = prepare([deploymentOf('model', 'model:1')], {
      images: { registry: pinned, model: 'registry/model:2' },
    })
    expect(faultsOf(prepared)).toEqual([
      '1 model is replaced by an image without a digest',
      '1 registry is no image of the manifests',
    ])
  })
})

describe('manifests', () => {
  test('are taken apart, put into the namespace, freed of what a server writes, and ordered', () => {
    const objects = objectsOf(
      prepare([
        {
          apiVersion: 'v1',
          kind: 'List',
          items: [
            {
              ...deploymentOf('model', 'a'),
              metadata: { name: 'model', uid: 'x', creationTimestamp: null },
              status: {},
            },
            { apiVersion: 'autoscaling/v2', kind: 'HorizontalPodAutoscaler', metadata: { name: 'model' } },
          ],
        },
        null,
        { apiVersion: 'v1', kind: 'Service', metadata: { name: 'model', namespace: 'shop' }, spec: null },
        { apiVersion: 'v1', kind: 'Secret', metadata: { name: 's' }, data: { a: 'YQ==' }, stringData: { b: 'ä' } },
        { apiVersion: 'rbac.authorization.k8s.io/v1', kind: 'ClusterRole', metadata: { name: 'r', namespace: 'shop' } },
      ]),
    )
    expect(objects).toEqual([
      { apiVersion: 'v1', kind: 'Secret', metadata: { name: 's', namespace: 'shop' }, data: { a: 'YQ==', b: 'w6Q=' } },
      { apiVersion: 'rbac.authorization.k8s.io/v1', kind: 'ClusterRole', metadata: { name: 'r' } },
      { apiVersion: 'v1', kind: 'Service', metadata: { name: 'model', namespace: 'shop' } },
      deploymentOf('model', 'a'),
      {
        apiVersion: 'autoscaling/v2',
        kind: 'HorizontalPodAutoscaler',
        metadata: { name: 'model', namespace: 'shop' },
      },
    ])
  })

  test('say all that is wrong with them at once', () => {
    const prepared = prepare([
      'text',
      { kind: 'Service', metadata: {} },
      { apiVersion: 'v1', kind: 'ConfigMap', metadata: { generateName: 'x-' } },
      { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'Bad name' } },
      { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'a', namespace: 'kube-system' } },
      { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'a', namespace: 'default' } },
      { apiVersion: 'example.com/v1', kind: 'Unheard', metadata: { name: 'a' } },
      configMapOf('twice', {}),
      configMapOf('twice', { a: '1' }),
    ])
    expect(faultsOf(prepared)).toEqual([
      '1 ?/? is no object',
      '11 Service/? has no apiVersion',
      '11 Service/? has no metadata.name',
      '21 ConfigMap/x- has generateName',
      '31 ConfigMap/Bad name has the name "Bad name"',
      '41 ConfigMap/a is to go into kube-system',
      '51 ConfigMap/a is to go into default',
      '61 Unheard/a is of a kind that the cluster does not know',
      '81 ConfigMap/twice is there twice',
    ])
    if (prepared.kind === 'faults') {
      const { facts, message } = manifestError(prepared.faults)
      expect(message).toMatch(/^E-MANIFEST: k8s\/all\.yaml:1: \?\/\? is no object, and 8 more \| /)
      expect(facts.locations).toHaveLength(9)
    }
  })

  test('may name another namespace that is allowed', () => {
    const other = { ...configMapOf('a', {}), metadata: { name: 'a', namespace: 'default' } }
    expect(objectsOf(prepare([other], { allowNamespaces: ['default'] }))).toEqual([other])
    const system = { ...other, metadata: { name: 'a', namespace: 'kube-public' } }
    expect(faultsOf(prepare([system], { allowNamespaces: ['kube-public'] }))).toHaveLength(1)
  })

  test('may define the kinds that they use', () => {
    const definition = {
      apiVersion: 'apiextensions.k8s.io/v1',
      kind: 'CustomResourceDefinition',
      metadata: { name: 'rollouts.example.com' },
      spec: { group: 'example.com', scope: 'Namespaced', names: { kind: 'Rollout' }, versions: [{ name: 'v1' }] },
    }
    const rollout = { apiVersion: 'example.com/v1', kind: 'Rollout', metadata: { name: 'model' } }
    expect(objectsOf(prepare([rollout, definition])).map(({ kind }) => kind)).toEqual([
      'CustomResourceDefinition',
      'Rollout',
    ])
    expect(
      kindsIn([{ file: 'x', line: 1, value: { apiVersion: 'v1', kind: 'List', items: [rollout, rollout] } }]),
    ).toEqual([{ apiVersion: 'example.com/v1', kind: 'Rollout' }])
  })

  test('that hold nothing are a fault', () => {
    expect(faultsOf(prepare([null]))).toEqual(['1 nothing is there to deploy'])
  })
})

test('labels and annotations are on the object alone, and what the manifests say stays', () => {
  const facts = {
    release: 'model',
    namespace: 'shop',
    appVersion: 'v1+build 7',
    commit: 'abcdef0123456789',
    repository: 'acme/retail',
    actor: 'ada',
    runUrl: 'https://github.com/acme/retail/actions/runs/1',
  }
  const object = deploymentOf('front', 'a')
  const named: KubernetesObject = {
    ...object,
    metadata: { ...object.metadata, labels: { 'app.kubernetes.io/name': 'front', team: 'a' } },
  }
  const { metadata, spec } = stamped(named, facts, 7)
  expect(metadata.labels).toEqual({
    'app.kubernetes.io/name': 'front',
    'app.kubernetes.io/instance': 'model',
    'app.kubernetes.io/part-of': 'retail',
    'app.kubernetes.io/version': 'v1-build-7',
    'app.kubernetes.io/managed-by': 'mlops-actions',
    team: 'a',
  })
  expect(metadata.annotations).toEqual({
    'kubernetes.io/change-cause': 'acme/retail@abcdef0 https://github.com/acme/retail/actions/runs/1',
    'mlops/git-sha': 'abcdef0123456789',
    'mlops/run-url': 'https://github.com/acme/retail/actions/runs/1',
    'mlops/release': 'model',
    'mlops/revision': '7',
  })
  expect(spec).toBe(named['spec'])
})
