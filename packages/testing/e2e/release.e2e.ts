import { DescribeModelPackageCommand } from '@aws-sdk/client-sagemaker'
import { afterAll, beforeAll, expect, test } from '@jest/globals'
import type { EnvironmentName } from '@mlops/core'
import { prepareLocalCloud } from '@mlops/local-cloud'
import { ApiError, type Cluster, ensureBinary } from '@mlops/local-cluster'
import {
  CLUSTER_NAME,
  DEPLOY_ROLE_PREFIX,
  namespaceOfEnvironment,
  openWorld,
  type PipelineResult,
  type PipelineRuns,
  pipelineRuns,
  runStep,
  scratchRepository,
  type ScratchRepository,
  startReleaseCluster,
  tagsIn,
  type World,
} from '../src/index.ts'

const MODEL = 'basket-sensitivity'
const PROD = { environment: 'prod' }
const DEPLOY_ONLY = { ...PROD, 'deploy-only': 'true' }

/** A workflow as somebody would write it who needs one step only. */
const WORKFLOW = '.github/workflows/composed.yml'
const composed = `
name: composed
on:
  workflow_dispatch:
    inputs: { image: { type: string, required: true } }
permissions: {}
jobs:
  release:
    runs-on: ubuntu-latest
    environment: dev
    permissions:
      contents: read
      id-token: write
    outputs:
      status: \${{ steps.release.outputs.status }}
      verdict: \${{ steps.release.outputs.verdict }}
      answer: \${{ steps.release.outputs.answer }}
    steps:
      - uses: actions/checkout@v7
      - id: release
        uses: mlops-actions/mlops-actions/actions/deploy-and-verify@v1
        with:
          aws-region: \${{ vars.AWS_REGION }}
          role-to-assume: \${{ vars.AWS_ROLE_DEPLOY_PREFIX }}-dev
          cluster: \${{ vars.EKS_CLUSTER }}
          namespace: ${MODEL}-dev
          release: ${MODEL}
          environment: dev
          overlay: examples/retail/k8s/overlays/dev
          images: ${MODEL}=\${{ inputs.image }}
          checks: examples/retail/checks.yml
          bake: \${{ vars.BAKE }}
`

let world: World
let cluster: Cluster
let repository: ScratchRepository
let runs: PipelineRuns
beforeAll(async () => {
  const python = prepareLocalCloud()
  const binary = await ensureBinary({ progress: console.log })
  world = await openWorld({ python })
  cluster = await startReleaseCluster({ cloud: world.cloud, binary, python })
  repository = scratchRepository({ [WORKFLOW]: composed })
  runs = pipelineRuns(world, repository, { variables: { BAKE: '1s' }, cluster: { bin: cluster.bin } })
}, 40 * 60_000)
afterAll(async () => {
  cluster.down()
  await world.close()
  repository.remove()
  runs.remove()
})

/** Trains for prod on data that makes a model right in that share of the rows. */
const retrain = async (quality: string) => {
  await world.put('s3://mlops-prod/raw/transactions.csv', `BASKET_ID\nquality=${quality}\n`)
  return runs.run({ inputs: { ...PROD, 'retrain-model': 'true' } })
}

const job = ({ record }: PipelineResult, name: string) =>
  record?.jobs.find(({ id }) => id === name || id.endsWith(`/${name}`))
const outputs = (result: PipelineResult, name: string) => job(result, name)?.outputs ?? {}
const step = (result: PipelineResult, id: string) =>
  job(result, 'release')?.steps.find((one) => one.id === id)?.outputs ?? {}

const ofNamespace = (environment: EnvironmentName, group: string, path: string) =>
  `${group}/namespaces/${namespaceOfEnvironment(environment)}/${path}`
interface Deployment {
  readonly spec: {
    readonly template: { readonly spec: { readonly containers: readonly [{ readonly image: string }] } }
  }
  readonly status: { readonly readyReplicas?: number; readonly replicas?: number }
}
const deployment = (environment: EnvironmentName) =>
  cluster.api.get<Deployment>(ofNamespace(environment, '/apis/apps/v1', `deployments/${MODEL}`))
const imageIn = async (environment: EnvironmentName) => {
  const { spec } = await deployment(environment)
  return spec.template.spec.containers[0].image
}
const isAbsent = (environment: EnvironmentName) =>
  deployment(environment).then(
    () => false,
    (error: unknown) => error instanceof ApiError && error.status === 404,
  )
/** What the service answers, asked through the API server. */
const asked = async <T>(environment: EnvironmentName, path: string, body?: unknown): Promise<T> => {
  const url = ofNamespace(environment, '/api/v1', `services/${MODEL}:http/proxy${path}`)
  return body === undefined ? cluster.api.get<T>(url) : cluster.api.create<T>(url, body)
}
const modelServing = async (environment: EnvironmentName) =>
  (await asked<{ readonly model_version: string }>(environment, '/health')).model_version

const packageOf = (arn = '') => world.sagemaker.send(new DescribeModelPackageCommand({ ModelPackageName: arn }))
const arnOf = (version: number) => `arn:aws:sagemaker:us-east-1:123456789012:model-package/${MODEL}/${version}`

// One story: each run finds registry and cluster as the run before has left them.

test('in dev an image without a model may be tried, before there is any; elsewhere there is nothing to deploy', async () => {
  const tried = await runs.run({ inputs: { environment: 'dev', 'deploy-only': 'true' } })
  expect(tried.code).toBe(0)
  expect(outputs(tried, 'release')).toMatchObject({ status: 'deployed', verdict: 'healthy', revision: '1' })
  expect(outputs(tried, 'build-image')).toMatchObject({ 'package-arn': '', image: await imageIn('dev') })
  expect(await modelServing('dev')).toBe('placeholder')
  const refused = await runs.run({ inputs: DEPLOY_ONLY })
  expect(refused.code).toBe(1)
  expect(job(refused, 'release')?.result).toBe('skipped')
  expect(await isAbsent('prod')).toBe(true)
}, 240_000)

test('the first model is trained, judged, built, released, and proven healthy', async () => {
  const result = await retrain('0.85')
  expect(result.code).toBe(0)
  expect(outputs(result, 'evaluate')).toMatchObject({ verdict: 'approve', 'package-arn': arnOf(1) })
  const { image = '', tag = '' } = outputs(result, 'build-image')
  expect(outputs(result, 'release')).toMatchObject({ status: 'deployed', verdict: 'healthy', revision: '1' })
  expect(await imageIn('prod')).toBe(image)
  expect(await modelServing('prod')).toBe('0.85')
  expect(await asked('prod', '/predict', { row: 2 })).toEqual({ prediction: 'High' })
  expect(await tagsIn(world)).toEqual(expect.arrayContaining([tag, 'latest-prod', 'healthy-prod-1']))
  expect((await packageOf(arnOf(1))).CustomerMetadataProperties).toHaveProperty(['champion:prod'])
}, 240_000)

test('only the role of the environment has touched the cluster, and only the other one all else', async () => {
  const calls = await world.control.calls()
  const whoAsked = (service: string) =>
    new Set(calls.filter((call) => call.service === service).map(({ principal }) => principal.split('/')[1]))
  expect(whoAsked('eks')).toEqual(new Set(['deploy-dev', 'deploy-prod']))
  expect(calls.flatMap(({ checks }) => checks).filter(({ allowed }) => !allowed)).toEqual([])
  const writers = (environment: EnvironmentName) =>
    new Set(
      cluster
        .calls()
        .filter(({ namespace, user }) => namespace === namespaceOfEnvironment(environment) && user.includes('sts'))
        .map(({ user }) => user.split('/')[1]),
    )
  expect([writers('dev'), writers('prod')]).toEqual([new Set(['deploy-dev']), new Set(['deploy-prod'])])
})

test('a job of the same repository that belongs to no environment can release nothing', async () => {
  const { code, annotations } = await runStep({
    action: 'deploy-eks',
    inputs: {
      'role-to-assume': `${DEPLOY_ROLE_PREFIX}-prod`,
      cluster: CLUSTER_NAME,
      namespace: namespaceOfEnvironment('prod'),
      release: MODEL,
      overlay: 'examples/retail/k8s/overlays/prod',
      'dry-run': 'true',
    },
    environment: { ...world.environment, PATH: `${cluster.bin}:${process.env['PATH'] ?? ''}` },
    workspace: repository.folder,
  })
  expect([code, annotations[0]?.message]).toEqual([1, expect.stringContaining('E-ASSUME-ROLE')])
}, 60_000)

test('a better model takes its place, and becomes the champion', async () => {
  const result = await retrain('0.9')
  expect(result.code).toBe(0)
  expect(outputs(result, 'release')).toMatchObject({ status: 'deployed', verdict: 'healthy', revision: '2' })
  expect(await modelServing('prod')).toBe('0.9')
  expect((await packageOf(arnOf(1))).CustomerMetadataProperties).not.toHaveProperty(['champion:prod'])
  expect((await packageOf(arnOf(2))).CustomerMetadataProperties).toHaveProperty(['champion:prod'])
}, 240_000)

test('a model that answers differently where it serves is rolled back and not taken again', async () => {
  const before = await imageIn('prod')
  const result = await retrain('0.95 moody')
  expect(outputs(result, 'evaluate')).toMatchObject({ verdict: 'approve', 'package-arn': arnOf(3) })
  expect(result.code).toBe(1)
  expect(outputs(result, 'release')).toMatchObject({ status: 'rolled-back', verdict: 'unhealthy', revision: '3' })
  expect(step(result, 'health')).toMatchObject({
    'rolled-back': 'true',
    'restored-revision': '2',
    'rollback-verdict': 'healthy',
    'first-bad-check': 'it predicts what was judged',
  })
  expect(await imageIn('prod')).toBe(before)
  expect(await modelServing('prod')).toBe('0.9')
  const { ModelApprovalStatus, CustomerMetadataProperties } = await packageOf(arnOf(3))
  expect(ModelApprovalStatus).toBe('Rejected')
  expect(CustomerMetadataProperties).toMatchObject({ 'health:prod': 'unhealthy' })
  expect((await packageOf(arnOf(2))).CustomerMetadataProperties).toHaveProperty(['champion:prod'])
}, 240_000)

test('a push of other code carries the champion on; to deploy the same again changes nothing', async () => {
  const before = await imageIn('prod')
  const push = await runs.push({ 'other/code.txt': 'changed' })
  expect(push.code).toBe(0)
  expect(job(push, 'train')?.result).toBe('skipped')
  expect(outputs(push, 'build-image')).toMatchObject({ 'package-arn': arnOf(2) })
  expect(outputs(push, 'release')).toMatchObject({ status: 'deployed', verdict: 'healthy' })
  const carried = await imageIn('prod')
  expect(carried).not.toBe(before)
  const again = await runs.run({ inputs: DEPLOY_ONLY })
  expect(again.code).toBe(0)
  expect(outputs(again, 'build-image')).toMatchObject({ 'package-arn': arnOf(2), image: carried })
  expect(outputs(again, 'release')).toMatchObject({ status: 'unchanged', verdict: 'healthy' })
  expect(await imageIn('prod')).toBe(carried)
}, 240_000)

test('a rollback by hand puts the release before it back, with its reason', async () => {
  const before = await imageIn('prod')
  const reason = 'the shops in the north complain'
  const result = await runs.run({ workflow: 'rollback.yml', inputs: { ...PROD, reason } })
  expect(result.code).toBe(0)
  expect(runs.summary()).toContain(reason)
  expect(await imageIn('prod')).not.toBe(before)
  expect(await modelServing('prod')).toBe('0.9')
}, 240_000)

test('an alarm about an environment that nobody knows starts nothing', async () => {
  await world.control.clearCalls()
  const client_payload = { environment: 'production', release: MODEL }
  const result = await runs.run({
    workflow: 'rollback.yml',
    event: 'repository_dispatch',
    payload: { action: 'alarm', client_payload },
  })
  expect(job(result, 'rollback')?.result).toBe('skipped')
  expect(await world.control.calls()).toEqual([])
}, 60_000)

test('an alarm about a release that is well leaves it as it is', async () => {
  const before = await deployment('prod')
  const client_payload = { ...PROD, release: MODEL }
  const result = await runs.run({
    workflow: 'rollback.yml',
    event: 'repository_dispatch',
    payload: { action: 'alarm', client_payload },
  })
  expect(result.code).toBe(0)
  expect((await deployment('prod')).spec).toEqual(before.spec)
}, 240_000)

test('one step deploys and proves, for those who need no pipeline', async () => {
  const image = await imageIn('prod')
  const result = await runs.run({ workflow: 'composed.yml', inputs: { image } })
  expect(result.code).toBe(0)
  expect(outputs(result, 'release')).toMatchObject({ status: 'deployed', verdict: 'healthy' })
  expect(JSON.parse(outputs(result, 'release')['answer'] ?? '')).toMatchObject({ prediction: expect.any(String) })
  expect(await imageIn('dev')).toBe(image)
}, 240_000)

test('a model that is rejected is not released: the champion goes on, and the run is green', async () => {
  const result = await retrain('0.7')
  expect(result.code).toBe(0)
  expect(outputs(result, 'evaluate')).toMatchObject({ verdict: 'reject', 'approval-status': 'Rejected' })
  expect(outputs(result, 'build-image')).toMatchObject({ 'package-arn': arnOf(2), image: await imageIn('prod') })
  expect(outputs(result, 'release')).toMatchObject({ verdict: 'healthy' })
  expect(await modelServing('prod')).toBe('0.9')
}, 240_000)

test('a change that crashes the service is named and undone, and the service answers all along', async () => {
  const before = await imageIn('prod')
  repository.push({ 'examples/retail/pipeline/serving.py': 'raise SystemExit("there is no such column: hour")\n' })
  const result = await runs.run({ inputs: DEPLOY_ONLY })
  expect(result.code).toBe(1)
  expect(outputs(result, 'release')).toMatchObject({ status: 'rolled-back', 'failure-class': 'crash-loop' })
  expect(step(result, 'deploy')['failed-workloads']).toContain('crash-loop')
  expect(runs.summary()).toContain('there is no such column: hour')
  expect(await imageIn('prod')).toBe(before)
  expect(await modelServing('prod')).toBe('0.9')
}, 240_000)

test('a pull request gets no role, and releases nothing', async () => {
  await world.control.clearCalls()
  const before = await deployment('prod')
  const result = await runs.run({ event: 'pull_request', ref: 'refs/pull/7/merge' })
  expect(job(result, 'release')?.result).toBe('skipped')
  expect(await world.control.calls()).toEqual([])
  expect((await deployment('prod')).spec).toEqual(before.spec)
}, 240_000)
