import { describe, expect, test } from '@jest/globals'
import {
  adoptedFields,
  diffOf,
  foreignOwner,
  type KubernetesObject,
  type PlannedObject,
  podNeeds,
  project,
  quotaShortages,
  referenceOf,
  replicasToApply,
} from '../../src/index.ts'
import { configMapOf, deploymentOf } from './objects.ts'

const managed = (object: KubernetesObject, managedFields: readonly object[]): KubernetesObject => ({
  ...object,
  metadata: { ...object.metadata, managedFields },
})
const entry = (manager: string, operation: string, fieldsV1: object, more: object = {}) => ({
  manager,
  operation,
  apiVersion: 'apps/v1',
  time: '2026-11-26T00:00:00Z',
  fieldsType: 'FieldsV1',
  fieldsV1,
  ...more,
})

test('what kubectl has applied is handed over, and what others own is not', () => {
  const image = { 'f:spec': { 'f:image': {} } }
  const other = entry('kube-controller-manager', 'Update', { 'f:status': {} }, { subresource: 'status' })
  const live = managed(deploymentOf('model', 'a'), [
    entry('kubectl-client-side-apply', 'Update', { 'f:spec': { 'f:replicas': {} } }),
    other,
    entry('mlops-deploy', 'Apply', image),
  ])
  expect(adoptedFields(live)).toEqual([
    other,
    entry('mlops-deploy', 'Apply', { 'f:spec': { 'f:replicas': {}, 'f:image': {} } }),
  ])
  expect(adoptedFields(managed(live, [other]))).toBeUndefined()
})

test.each([
  [{ labels: { 'argocd.argoproj.io/instance': 'x' } }, 'Argo CD'],
  [{ labels: { 'kustomize.toolkit.fluxcd.io/name': 'x' } }, 'Flux'],
  [{ annotations: { 'meta.helm.sh/release-name': 'x' } }, 'Helm'],
  [{ managedFields: [entry('argocd-controller', 'Apply', {})] }, 'Argo CD'],
  [
    { annotations: { 'mlops/release': 'other' }, managedFields: [entry('mlops-deploy', 'Apply', {})] },
    'the release other',
  ],
  [{ annotations: { 'mlops/release': 'other' } }, undefined],
  [{ managedFields: [entry('kubectl', 'Update', {})] }, undefined],
])('%j belongs to %s', (metadata, owner) => {
  const object = configMapOf('a', {})
  expect(foreignOwner({ ...object, metadata: { ...object.metadata, ...metadata } }, 'model')?.owner).toBe(owner)
})

describe('replicas', () => {
  const scaled = { 'f:spec': { 'f:replicas': {} } }
  const live = (manager: string, operation: string) =>
    managed(deploymentOf('model', 'a', { replicas: 5 }), [entry(manager, operation, scaled)])
  const sent = (object: KubernetesObject, there: KubernetesObject | undefined, autoscaled: boolean) => {
    const { replicas } = replicasToApply(object, there, autoscaled)['spec'] as { readonly replicas?: number }
    return replicas
  }
  const three = deploymentOf('model', 'a', { replicas: 3 })
  const silent = deploymentOf('model', 'a')

  test.each([
    ['of the manifests, when nobody scales', three, live('mlops-deploy', 'Apply'), false, 3],
    ['of the manifests, when it is new', three, undefined, true, 3],
    ['none, when the autoscaler owns them', three, live('kube-controller-manager', 'Update'), true, undefined],
    ['as they are, when an autoscaler is new and we own them', three, live('mlops-deploy', 'Apply'), true, 5],
    ['as they are, when kubectl hands them over', three, live('kubectl-client-side-apply', 'Update'), true, 5],
    ['as they are, when the manifests stop saying them', silent, live('mlops-deploy', 'Apply'), false, 5],
    ['none, when somebody else says them', silent, live('kubectl', 'Update'), false, undefined],
  ])('%s', (_, object, there, autoscaled, expected) => {
    expect(sent(object, there, autoscaled)).toBe(expected)
  })
})

test('of a live object only what was sent is compared', () => {
  const sent = {
    labels: { a: '1' },
    containers: [
      { name: 'main', env: [{ name: 'A', value: '1' }], args: ['x'], volumeMounts: [{ name: 'v', mountPath: '/a' }] },
    ],
  }
  const live = {
    labels: { a: '2', b: '3' },
    containers: [
      { name: 'sidecar', image: 'x' },
      {
        name: 'main',
        imagePullPolicy: 'Always',
        args: ['x', 'y'],
        env: [
          { name: 'B', value: '2' },
          { name: 'A', value: '1' },
        ],
        volumeMounts: [
          { name: 'v', mountPath: '/b' },
          { name: 'v', mountPath: '/a', readOnly: true },
        ],
      },
    ],
  }
  expect(project(live, sent)).toEqual({
    labels: { a: '2' },
    containers: [
      {
        name: 'main',
        args: ['x', 'y'],
        env: [{ name: 'A', value: '1' }],
        volumeMounts: [{ name: 'v', mountPath: '/a' }],
      },
    ],
  })
})

const planned = (result: KubernetesObject, live?: KubernetesObject, rollout = true): PlannedObject => ({
  reference: referenceOf(result),
  send: result,
  applied: result,
  result,
  ...(live === undefined ? {} : { live }),
  change: live === undefined ? 'create' : 'change',
  rollout,
  takesOver: [],
  recreate: false,
})

describe('a difference', () => {
  const facts = {
    release: 'model',
    namespace: 'shop',
    appVersion: '1',
    commit: 'a',
    repository: 'a/b',
    actor: 'ada',
    runUrl: '',
  }
  const diff = (objects: readonly PlannedObject[], prune: readonly KubernetesObject[] = []) =>
    diffOf(
      {
        facts,
        revision: 2,
        objects,
        prune: prune.map((live) => ({ reference: referenceOf(live), live })),
        unchanged: false,
        images: {},
      },
      (text) => `${String(text.length).repeat(8)}…`,
    )

  test('is said by the smallest part', () => {
    const [one] = diff([planned(deploymentOf('model', 'b'), deploymentOf('model', 'a'))])
    expect(one?.lines).toEqual([{ path: 'spec.template.spec.containers[name=main].image', before: 'a', after: 'b' }])
  })

  test('never shows a value of a Secret, nor what kubectl keeps of it', () => {
    const secret = (data: object, annotations = {}): KubernetesObject => ({
      apiVersion: 'v1',
      kind: 'Secret',
      metadata: { name: 'key', namespace: 'shop', annotations },
      data,
    })
    const last = { 'kubectl.kubernetes.io/last-applied-configuration': '{"data":{"password":"aHVudGVyMg=="}}' }
    const [one] = diff([planned(secret({ password: 'bmV3' }), secret({ password: 'aHVudGVyMg==' }, last))])
    expect(one?.lines).toEqual([
      { path: 'data.password', before: '7 bytes, sha256 12121212', after: '3 bytes, sha256 44444444' },
    ])
    expect(JSON.stringify(one)).not.toContain('aHVudGVyMg')
  })

  test('names what is deleted', () => {
    expect(diff([], [configMapOf('old', {})])).toMatchObject([{ reference: { name: 'old' }, change: 'delete' }])
  })
})

describe('a quota', () => {
  const quota = (hard: object, used: object, spec = {}): KubernetesObject => ({
    apiVersion: 'v1',
    kind: 'ResourceQuota',
    metadata: { name: 'compute', namespace: 'shop' },
    spec,
    status: { hard, used },
  })
  const workload = (replicas: number, cpu: string, strategy: object = {}) =>
    deploymentOf('model', 'a', {
      replicas,
      strategy,
      template: { spec: { containers: [{ name: 'main', image: 'a', resources: { requests: { cpu } } }] } },
    })
  const strict = { rollingUpdate: { maxUnavailable: 0, maxSurge: 1 } }

  test.each([
    ['has room for what is new', { cpu: '1' }, { cpu: '0' }, planned(workload(4, '250m')), undefined],
    ['has none', { 'requests.cpu': '1' }, { 'requests.cpu': '100m' }, planned(workload(4, '250m')), 1],
    [
      'has none for the first pod that must come before an old one goes',
      { pods: '4' },
      { pods: '4' },
      planned(workload(4, '1m', strict), workload(4, '1m', strict)),
      1,
    ],
    [
      'needs none when an old pod may go first',
      { pods: '4' },
      { pods: '4' },
      planned(workload(4, '1m'), workload(4, '1m')),
      undefined,
    ],
    ['counts only what grows', { cpu: '1' }, { cpu: '1' }, planned(workload(4, '550m'), workload(4, '500m')), 0.2],
  ])('%s', (_, hard, used, object, needed) => {
    const [shortage] = quotaShortages([quota(hard, used)], [object])
    if (needed === undefined) expect(shortage).toBeUndefined()
    else expect(shortage?.needed).toBeCloseTo(needed)
  })

  test('for some pods only is left to the rollout', () => {
    const scoped = quota({ pods: '0' }, { pods: '0' }, { scopes: ['BestEffort'] })
    expect(quotaShortages([scoped], [planned(workload(1, '1m'))])).toEqual([])
  })
})

test('what a pod needs is found wherever it is named, and nothing that is optional', () => {
  const object = deploymentOf('model', 'a', {
    template: {
      spec: {
        serviceAccountName: 'robot',
        priorityClassName: 'high',
        initContainers: [{ name: 'i', envFrom: [{ secretRef: { name: 's1' } }] }],
        containers: [
          {
            name: 'main',
            env: [
              { name: 'A', valueFrom: { configMapKeyRef: { name: 'c1', key: 'k' } } },
              { name: 'B', valueFrom: { secretKeyRef: { name: 's2', key: 'k', optional: true } } },
            ],
          },
        ],
        volumes: [
          { name: 'a', configMap: { name: 'c2', items: [{ key: 'x', path: 'y' }] } },
          { name: 'b', secret: { secretName: 's3' } },
          { name: 'c', persistentVolumeClaim: { claimName: 'disk' } },
          {
            name: 'd',
            projected: { sources: [{ configMap: { name: 'c3' } }, { secret: { name: 's4', optional: true } }] },
          },
        ],
      },
    },
  })
  expect(
    podNeeds(object).map(({ reference, key }) => `${reference.kind}/${reference.name} ${key ?? ''}`.trim()),
  ).toEqual([
    'Secret/s1',
    'ConfigMap/c1 k',
    'ConfigMap/c2 x',
    'Secret/s3',
    'PersistentVolumeClaim/disk',
    'ConfigMap/c3',
    'ServiceAccount/robot',
    'PriorityClass/high',
  ])
})
