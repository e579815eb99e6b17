import { afterAll, beforeAll, expect, jest, test } from '@jest/globals'
import {
  type ClusterWorld,
  deployment,
  deployStep,
  imageReference,
  type ManifestObject,
  manifestFolder,
  modelServer,
  type Namespace,
  openClusterWorld,
  putService,
  runStep,
  service,
} from '@mlops/testing'

jest.setTimeout(60_000)
let world: ClusterWorld
let image: string
beforeAll(async () => {
  world = await openClusterWorld({ action: 'deploy-eks', denied: ['list secrets', 'patch services'] })
  image = await putService(world)
}, 40 * 60_000)
afterAll(() => world.close())

const deploy = (
  namespace: Namespace,
  objects: readonly ManifestObject[],
  inputs: Readonly<Record<string, string>> = {},
) => runStep(deployStep(world, namespace, manifestFolder(objects), inputs))

/** What a step says and does that must not write anything. */
const refusal = async (
  namespace: Namespace,
  objects: readonly ManifestObject[],
  inputs: Readonly<Record<string, string>> = {},
) => {
  const before = namespace.writes().length
  const { code, outputs, annotations, summary } = await deploy(namespace, objects, inputs)
  expect(namespace.writes().slice(before)).toEqual([])
  return {
    code,
    status: outputs['status'],
    failureClass: outputs['failure-class'],
    said: annotations.map(({ message }) => message).join('\n'),
    outputs,
    summary,
  }
}

const REFUSED = { code: 1, status: 'refused' }

test('an image that does not exist', async () => {
  const missing = imageReference(`sha256:${'f'.repeat(64)}`)
  const refused = await refusal(await world.namespace(), modelServer('model', 'model'), { images: `model=${missing}` })
  expect(refused).toMatchObject({ ...REFUSED, failureClass: 'image-not-found' })
  expect(refused.said).toContain('E-PREFLIGHT: ')
})

test('a selector that is not the one of the Deployment that is there', async () => {
  const namespace = await world.namespace()
  expect((await deploy(namespace, modelServer('model', image))).code).toBe(0)
  const spec = { selector: { matchLabels: { app: 'model', tier: 'front' } } }
  const objects = [deployment('model', image, { spec, labels: { tier: 'front' } }), service('model')]
  expect(await refusal(namespace, objects)).toMatchObject({ ...REFUSED, failureClass: 'immutable-field' })
  expect((await namespace.ask('model:http', '/version')).status).toBe(200)
})

test('a ConfigMap that nobody has made, and a key that it lacks: both at once', async () => {
  const namespace = await world.namespace()
  await namespace.create({ apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'there' }, data: { other: 'x' } })
  const env = [
    { name: 'A', valueFrom: { configMapKeyRef: { name: 'nowhere', key: 'a' } } },
    { name: 'B', valueFrom: { configMapKeyRef: { name: 'there', key: 'b' } } },
  ]
  const refused = await refusal(namespace, [deployment('model', image, { container: { env } })])
  expect(refused).toMatchObject({ ...REFUSED, failureClass: 'config-missing' })
  const found = JSON.parse(refused.outputs['failed-workloads'] ?? '') as readonly { class: string; sentence: string }[]
  expect(found.map(({ class: one }) => one)).toEqual(['config-missing', 'config-missing'])
  expect(found.map(({ sentence }) => sentence).join()).toMatch(/nowhere.*there/)
})

test('no rights at all, and one that is missing', async () => {
  const namespace = await world.namespace()
  const role = await namespace.get<{ rules: readonly { resources: readonly string[] }[] }>('Role', 'mlops-deploy-eks')
  const rules = (role?.rules ?? []).map(({ resources, ...rule }) => ({
    ...rule,
    resources: resources.filter((resource) => resource !== 'services'),
  }))
  await namespace.edit('Role', 'mlops-deploy-eks', { rules })
  const one = await refusal(namespace, modelServer('model', image))
  expect(one).toMatchObject({ ...REFUSED, failureClass: 'rbac-forbidden' })
  expect(one.said).toContain('services')
  await namespace.remove('RoleBinding', 'mlops-deploy-eks')
  const none = await refusal(namespace, modelServer('model', image))
  expect(none).toMatchObject({ ...REFUSED, failureClass: 'rbac-forbidden' })
})

test('an admission rule that denies the Deployment', async () => {
  const namespace = await world.namespace()
  const name = `deny-${namespace.name}`
  const api = '/apis/admissionregistration.k8s.io/v1'
  const here = { matchLabels: { 'kubernetes.io/metadata.name': namespace.name } }
  const rule = {
    apiGroups: ['apps'],
    apiVersions: ['v1'],
    operations: ['CREATE', 'UPDATE'],
    resources: ['deployments'],
  }
  await world.cluster.api.create(`${api}/validatingadmissionpolicies`, {
    apiVersion: 'admissionregistration.k8s.io/v1',
    kind: 'ValidatingAdmissionPolicy',
    metadata: { name },
    spec: {
      failurePolicy: 'Fail',
      matchConstraints: { resourceRules: [rule] },
      validations: [{ expression: "'team' in object.metadata.labels", message: 'every Deployment names its team' }],
    },
  })
  await world.cluster.api.create(`${api}/validatingadmissionpolicybindings`, {
    apiVersion: 'admissionregistration.k8s.io/v1',
    kind: 'ValidatingAdmissionPolicyBinding',
    metadata: { name },
    spec: { policyName: name, validationActions: ['Deny'], matchResources: { namespaceSelector: here } },
  })
  // The API server takes up to some seconds to know its policies.
  let refused = await refusal(namespace, modelServer('model', image), { 'dry-run': 'true' })
  for (let tries = 0; refused.code === 0 && tries < 20; tries += 1)
    refused = await refusal(namespace, modelServer('model', image), { 'dry-run': 'true' })
  expect(refused).toMatchObject({ ...REFUSED, failureClass: 'admission-denied' })
  expect(refused.said).toContain('every Deployment names its team')
})

test('objects that another tool manages', async () => {
  const namespace = await world.namespace()
  const [model] = modelServer('model', image)
  const metadata = {
    name: 'model',
    annotations: { 'argocd.argoproj.io/tracking-id': 'retail:apps/Deployment:x/model' },
  }
  await namespace.create({ ...model, metadata })
  expect(await refusal(namespace, modelServer('model', image))).toMatchObject({
    ...REFUSED,
    failureClass: 'foreign-owner',
  })
})

test('manifests that cannot be meant: all faults at once, each at its line', async () => {
  const namespace = await world.namespace()
  const [model, front] = modelServer('model', image)
  const objects = [
    { ...model, metadata: { name: 'model', namespace: 'elsewhere' } },
    { ...front, metadata: { name: 'front', generateName: 'front-' } },
  ] as readonly ManifestObject[]
  const refused = await refusal(namespace, objects, { images: `nobody=${image}` })
  expect(refused).toMatchObject({ ...REFUSED, failureClass: 'invalid-object' })
  expect(refused.said).toContain('E-MANIFEST')
  expect(refused.said).toContain('2 more')
})

test('inputs that cannot be meant', async () => {
  const namespace = await world.namespace()
  const refused = await refusal(namespace, modelServer('model', image), {
    namespace: 'kube-system',
    images: 'model=',
    overlay: 'k8s',
  })
  expect(refused).toMatchObject({ code: 1, status: 'failed', failureClass: 'configuration' })
  expect(refused.summary).toContain('3 inputs are wrong')
})
