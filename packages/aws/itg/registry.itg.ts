import { ListArtifactsCommand, ListAssociationsCommand, SageMakerClient } from '@aws-sdk/client-sagemaker'
import { afterAll, afterEach, beforeAll, expect, test } from '@jest/globals'
import type { Arn, ModelRegistry, PackageRequest, S3Uri } from '@mlops/core'
import { registryContract } from '../../testing/src/contracts/model-registry.ts'
import { awsSession, modelRegistry, s3Objects } from '../src/index.ts'
import { BUCKET, openCloud, type Surroundings, type TestCloud } from './cloud.ts'

let cloud: TestCloud
beforeAll(async () => {
  cloud = await openCloud()
}, 120_000)
afterAll(() => cloud.stop())
afterEach(() => cloud.control.clearFaults())

const registryOf = (context: Surroundings) => modelRegistry(awsSession({ context }), context)
const artifact = async (name: string) => {
  const context = cloud.asAdmin()
  const uri = `s3://${BUCKET}/models/${name}/model.tar.gz` as S3Uri
  await s3Objects(awsSession({ context }), context).write(uri, name)
  return uri
}

const origins = async (arn: Arn): Promise<readonly string[]> => {
  const client = new SageMakerClient(awsSession({ context: cloud.asAdmin() }).clientConfig('sagemaker'))
  const uriOf = async (name: { readonly SourceUri: string } | Record<string, never>) =>
    (await client.send(new ListArtifactsCommand(name))).ArtifactSummaries ?? []
  const [entry] = await uriOf({ SourceUri: arn })
  if (entry === undefined) return []
  const edges = await client.send(new ListAssociationsCommand({ DestinationArn: entry.ArtifactArn }))
  const all = await uriOf({})
  return (edges.AssociationSummaries ?? []).map(
    ({ SourceArn }) => all.find(({ ArtifactArn }) => ArtifactArn === SourceArn)?.Source?.SourceUri ?? '',
  )
}

registryContract('SageMaker of the local cloud', () =>
  Promise.resolve({ registry: registryOf(cloud.asAdmin()), artifact, origins, pause: () => cloud.control.advance(1) }),
)

const request = (group: string, uri: S3Uri, token: string): PackageRequest => ({
  ModelPackageGroupName: group,
  InferenceSpecification: {
    Containers: [{ Image: '123456789012.dkr.ecr.us-east-1.amazonaws.com/basket:1', ModelDataUrl: uri }],
    SupportedContentTypes: ['text/csv'],
    SupportedResponseMIMETypes: ['text/csv'],
    SupportedRealtimeInferenceInstanceTypes: ['ml.m5.large'],
  },
  MetadataProperties: { CommitId: 'abcdef0', Repository: '', GeneratedBy: '' },
  CustomerMetadataProperties: { team: 'pricing' },
  ModelApprovalStatus: 'PendingManualApproval',
  ClientToken: token,
})
const newGroup = async (registry: ModelRegistry, name: string) =>
  registry.createGroup({ ModelPackageGroupName: name, ModelPackageGroupDescription: '', Tags: [] })
const versionsOf = async (registry: ModelRegistry, group: string) => {
  const found: number[] = []
  for await (const { version } of registry.versions(group)) found.push(version)
  return found
}

test.each(['throttle', '500', 'reset', 'lost-response'] as const)(
  'a creation that meets %s is one package',
  async (kind) => {
    const registry = registryOf(cloud.asAdmin())
    await newGroup(registry, `faults-${kind}`)
    await cloud.control.fault({ service: 'sagemaker', operation: 'CreateModelPackage', kind })
    const arn = await registry.create(request(`faults-${kind}`, await artifact(kind), `token-${kind}`))
    expect(await versionsOf(registry, `faults-${kind}`)).toEqual([1])
    expect((await registry.describe(arn))?.metadata).toEqual({ team: 'pricing' })
  },
)

test('a group that another process created first is there, also behind a lost answer', async () => {
  const registry = registryOf(cloud.asAdmin())
  await cloud.control.fault({ service: 'sagemaker', operation: 'CreateModelPackageGroup', kind: 'lost-response' })
  expect(await newGroup(registry, 'faults-group')).toBe('exists')
  expect(await registry.hasGroup('faults-group')).toBe(true)
})

test('a group of another account is said to be denied', async () => {
  const registry = registryOf(cloud.asAdmin())
  const foreign = 'arn:aws:sagemaker:us-east-1:999999999999:model-package-group/theirs'
  await expect(registry.hasGroup(foreign)).rejects.toMatchObject({ facts: { code: 'E-ACCESS' } })
})

test('what the policies do not allow is named by action and resource', async () => {
  const registry = registryOf(cloud.asStranger())
  await expect(newGroup(registry, 'strangers')).rejects.toMatchObject({
    facts: { code: 'E-ACCESS', why: expect.stringMatching(/may not perform sagemaker:CreateModelPackageGroup/) },
  })
})

test('a token that came with another request is a conflict, which is given up after five tries', async () => {
  const registry = registryOf(cloud.asAdmin())
  await newGroup(registry, 'conflict')
  await registry.create(request('conflict', await artifact('conflict-1'), 'same'))
  const other = request('conflict', await artifact('conflict-2'), 'same')
  await cloud.control.clearCalls()
  await expect(registry.create(other)).rejects.toMatchObject({ facts: { code: 'E-REGISTRY' } })
  const tries = (await cloud.control.calls()).filter(({ operation }) => operation === 'CreateModelPackage')
  expect(tries).toHaveLength(5)
  expect(await versionsOf(registry, 'conflict')).toEqual([1])
})

test('the training job of a package is the entity that SageMaker makes for it', async () => {
  const registry = registryOf(cloud.asAdmin())
  await newGroup(registry, 'origin')
  const uri = await artifact('origin')
  const packageArn = await registry.create(request('origin', uri, 'origin'))
  // No such job has run here, and the refusal names what was looked for.
  await expect(registry.link({ packageArn, artifact: uri, trainingJob: 'job-1' })).rejects.toMatchObject({
    facts: {
      code: 'E-REGISTRY',
      why: expect.stringContaining(
        'arn:aws:sagemaker:us-east-1:123456789012:experiment-trial-component/job-1-aws-training-job',
      ),
    },
  })
})
