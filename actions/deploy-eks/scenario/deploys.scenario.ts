import { mkdtempSync, readFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, jest, test } from '@jest/globals'
import {
  type AnyObject,
  type ClusterWorld,
  configMap,
  deployStep,
  type ManifestObject,
  manifestFolder,
  modelServer,
  type Namespace,
  openClusterWorld,
  putService,
  runStep,
  secret,
} from '@mlops/testing'

jest.setTimeout(60_000)
let world: ClusterWorld
beforeAll(async () => {
  world = await openClusterWorld({ action: 'deploy-eks' })
}, 40 * 60_000)
afterAll(() => world.close())

type Texts = Readonly<Record<string, string>>

/** A step that logs in to EKS with the role of the run. */
const step = (namespace: Namespace, objects: readonly ManifestObject[], inputs: Texts = {}) =>
  deployStep(
    world,
    namespace,
    manifestFolder(objects),
    { kubeconfig: '', cluster: world.clusterName, ...inputs },
    // Kept, so that the files of a step can be read after it.
    { environment: { RUNNER_TEMP: mkdtempSync(join(tmpdir(), 'runner-')) } },
  )

const ARN = 'arn:aws:sagemaker:us-east-1:123456789012:model-package/basket-sensitivity/7'

const versionOf = async (namespace: Namespace) => (await namespace.ask('model:http', '/version')).body

const recordsIn = async (namespace: Namespace) =>
  (await namespace.list('Secret'))
    .filter(({ metadata }) => metadata?.name?.startsWith('mlops-release.'))
    .map(({ metadata }) => metadata?.name)

test('the first deploy ever: the service answers, and everything says what was deployed', async () => {
  const namespace = await world.namespace()
  const image = await putService(world, { version: '7', labels: { 'mlops.model-package-arn': ARN } })
  const { code, outputs, summary, text } = await runStep(
    step(namespace, modelServer('model', 'model'), { images: `model=${image}` }),
  )
  expect([code, outputs['status'], text]).toEqual([0, 'deployed', expect.anything()])
  expect(await versionOf(namespace)).toMatchObject({ model_version: '7' })
  expect(outputs).toMatchObject({
    release: 'model',
    revision: '1',
    'previous-revision': '',
    'failure-class': '',
    'model-package-arn': ARN,
  })
  const deployment = await namespace.get('Deployment', 'model')
  expect(deployment).toMatchObject({
    metadata: {
      labels: { 'app.kubernetes.io/managed-by': 'mlops-actions', 'app.kubernetes.io/version': 'abcdef0-m7' },
      annotations: {
        'mlops/release': 'model',
        'mlops/revision': '1',
        'mlops/git-sha': 'abcdef0123456789abcdef0123456789abcdef01',
        'mlops/model-package-arn': ARN,
      },
    },
    spec: { template: { spec: { containers: [{ image }] } } },
  })
  expect(JSON.stringify(deployment?.['spec'])).not.toContain('mlops/')
  expect(await recordsIn(namespace)).toEqual(['mlops-release.model.v1'])
  expect(await namespace.get<AnyObject & { spec: object }>('Lease', 'mlops-deploy-model')).not.toHaveProperty(
    'spec.holderIdentity',
    expect.stringMatching(/./),
  )
  expect(readFileSync(outputs['rendered-path'] ?? '', 'utf8')).toContain('kind: Deployment')
  expect(summary).toContain('Release model, revision 1')
})

test('a new model is deployed over the old one, and the same run once more writes nothing', async () => {
  const namespace = await world.namespace()
  const deploy = async (version: string) => {
    const image = await putService(world, { version })
    return runStep(step(namespace, modelServer('model', 'model'), { images: `model=${image}` }))
  }
  const [first, second] = [await deploy('1'), await deploy('2')]
  expect([first.code, second.code, second.outputs]).toMatchObject([
    0,
    0,
    { status: 'deployed', revision: '2', 'previous-revision': '1' },
  ])
  expect(await versionOf(namespace)).toMatchObject({ model_version: '2' })
  const before = namespace.writes().length
  const again = await deploy('2')
  expect([again.code, again.outputs]).toMatchObject([
    0,
    { status: 'unchanged', revision: '2', 'previous-revision': '2' },
  ])
  expect(namespace.writes().slice(before)).toEqual([])
})

test('a dry run shows what differs, values of Secrets only as digests, and writes nothing', async () => {
  const namespace = await world.namespace()
  const image = await putService(world)
  const objects = (level: string, token: string) => [
    ...modelServer('model', image),
    configMap('settings', { level }),
    secret('key', { token }),
  ]
  expect((await runStep(step(namespace, objects('low', 'tell-nobody')))).code).toBe(0)
  const before = namespace.writes().length
  const more = configMap('more', { is: 'new' })
  const { code, outputs, summary } = await runStep(
    step(namespace, [...objects('high', 'or-anybody'), more], { 'dry-run': 'true' }),
  )
  expect([code, outputs['status']]).toEqual([0, 'planned'])
  expect(summary).toContain('would create 1, change 2, leave 2; no pod would be replaced')
  const diff = readFileSync(outputs['diff-path'] ?? '', 'utf8').split('\n')
  expect(diff).toContain('ConfigMap/more: create')
  expect(diff).toContain('  data.level: low -> high')
  expect(diff.find((line) => line.startsWith('  data.token: '))).toMatch(
    /^ {2}data\.token: 11 bytes, sha256 [0-9a-f]{8} -> 10 bytes, sha256 [0-9a-f]{8}$/,
  )
  expect(diff + summary).not.toMatch(/tell-nobody|or-anybody|dGVsbC1ub2JvZHk|b3ItYW55Ym9keQ/)
  expect(namespace.writes().slice(before)).toEqual([])
})
