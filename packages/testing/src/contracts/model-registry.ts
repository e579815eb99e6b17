import { describe, expect, test } from '@jest/globals'
import type { Arn, ModelRegistry, PackageRequest, PackageVersion, S3Uri } from '@mlops/core'

export interface RegistryUnderTest {
  readonly registry: ModelRegistry
  /** An artifact that is there, with that name. */
  readonly artifact: (name: string) => Promise<S3Uri>
  /** What the lineage graph says a package came from: source URIs, one for each edge. */
  readonly origins: (arn: Arn) => Promise<readonly string[]>
  /** Lets some time pass. */
  readonly pause: () => Promise<void>
}

const PAUSES = 200
/** What a list gives at once at most (SageMaker API, ListModelPackages). */
const PAGE = 100

/** What everything that calls itself ModelRegistry promises: the same for the fake and for the adapter over a real service. */
export const registryContract = (title: string, setUp: () => Promise<RegistryUnderTest>): void => {
  const request = (group: string, artifact: S3Uri, token: string): PackageRequest => ({
    ModelPackageGroupName: group,
    InferenceSpecification: {
      Containers: [
        { Image: '683313688378.dkr.ecr.us-east-1.amazonaws.com/sagemaker-scikit-learn:1.4-2', ModelDataUrl: artifact },
      ],
      SupportedContentTypes: ['text/csv'],
      SupportedResponseMIMETypes: ['application/json'],
      SupportedRealtimeInferenceInstanceTypes: ['ml.m5.large'],
    },
    ModelMetrics: {
      ModelQuality: {
        Statistics: {
          ContentType: 'application/json',
          ContentDigest: `sha256:${'b'.repeat(64)}`,
          S3Uri: 's3://mlops-dev/statistics.json' as S3Uri,
        },
      },
    },
    MetadataProperties: { CommitId: 'abcdef0', Repository: 'https://github.com/acme/retail', GeneratedBy: 'a run' },
    CustomerMetadataProperties: { 'artifact-digest': `sha256:${'a'.repeat(64)}`, 'training-job': 'job-1' },
    ModelApprovalStatus: 'PendingManualApproval',
    ClientToken: token,
  })
  const newGroup = async ({ registry }: RegistryUnderTest, name: string) =>
    registry.createGroup({ ModelPackageGroupName: name, ModelPackageGroupDescription: 'A group.', Tags: [] })
  const register = async (under: RegistryUnderTest, group: string, token: string) =>
    under.registry.create(request(group, await under.artifact(token), token))
  const completed = async ({ registry, pause }: RegistryUnderTest, arn: Arn) => {
    for (let pauses = 0; pauses < PAUSES; pauses += 1) {
      const found = await registry.describe(arn)
      if (found?.status === 'Completed') return found
      await pause()
    }
    return registry.describe(arn)
  }
  const listed = async ({ registry }: RegistryUnderTest, group: string) => {
    const all: PackageVersion[] = []
    for await (const version of registry.versions(group)) all.push(version)
    return all
  }

  describe(`the contract of the model registry, by ${title}`, () => {
    test('what is not there is an answer', async () => {
      const under = await setUp()
      expect(await under.registry.hasGroup('contract-nobody')).toBe(false)
      expect(await listed(under, 'contract-nobody')).toEqual([])
      const arn = 'arn:aws:sagemaker:us-east-1:123456789012:model-package/contract-nobody/1' as Arn
      expect(await under.registry.describe(arn)).toBeUndefined()
      expect(await under.registry.withArtifact([], 's3://mlops-dev/x' as S3Uri)).toEqual([])
    })

    test('a group is created once, however often it is asked for', async () => {
      const under = await setUp()
      expect(await newGroup(under, 'contract-group')).toBe('created')
      expect(await newGroup(under, 'contract-group')).toBe('exists')
      expect(await under.registry.hasGroup('contract-group')).toBe(true)
      const arn = 'arn:aws:sagemaker:us-east-1:123456789012:model-package-group/contract-group'
      expect(await under.registry.hasGroup(arn)).toBe(true)
    })

    test('nothing is registered in a group that does not exist', async () => {
      const under = await setUp()
      await expect(register(under, 'contract-nowhere', 'nowhere')).rejects.toMatchObject({
        facts: { code: 'E-REGISTRY' },
      })
    })

    test('a package is what was asked for, waits for its approval, and completes', async () => {
      const under = await setUp()
      await newGroup(under, 'contract-one')
      const arn = await register(under, 'contract-one', 'one')
      const found = await completed(under, arn)
      expect(found).toMatchObject({
        arn,
        group: 'contract-one',
        version: 1,
        status: 'Completed',
        approvalStatus: 'PendingManualApproval',
        approvalDescription: '',
        failureReason: '',
        modelDataUrl: await under.artifact('one'),
        evaluationUri: 's3://mlops-dev/statistics.json',
        evaluationDigest: `sha256:${'b'.repeat(64)}`,
        artifactDigest: `sha256:${'a'.repeat(64)}`,
        trainingJob: 'job-1',
        contentTypes: ['text/csv'],
        transformInstanceTypes: [],
        commit: 'abcdef0',
        generatedBy: 'a run',
      })
      expect(found).not.toHaveProperty('goldenUri')
    })

    test('the same request twice is one package, another request the next version', async () => {
      const under = await setUp()
      await newGroup(under, 'contract-twice')
      const first = await register(under, 'contract-twice', 'twice-1')
      expect(await register(under, 'contract-twice', 'twice-1')).toBe(first)
      const second = await register(under, 'contract-twice', 'twice-2')
      expect((await listed(under, 'contract-twice')).map(({ arn, version }) => [arn, version])).toEqual([
        [second, 2],
        [first, 1],
      ])
    })

    test('an update changes what it names and leaves the rest', async () => {
      const under = await setUp()
      await newGroup(under, 'contract-update')
      const arn = await register(under, 'contract-update', 'update')
      const before = await completed(under, arn)
      const approval = { status: 'Approved', description: 'It is better.' } as const
      await under.registry.update({ arn, approval })
      await under.registry.update({ arn, metadata: { 'champion:prod': 'yes' }, remove: ['training-job'] })
      const { trainingJob: _, ...rest } = before ?? {}
      expect(await under.registry.describe(arn)).toEqual({
        ...rest,
        approvalStatus: 'Approved',
        approvalDescription: 'It is better.',
        metadata: { 'artifact-digest': `sha256:${'a'.repeat(64)}`, 'champion:prod': 'yes' },
      })
      expect(await listed(under, 'contract-update')).toMatchObject([{ arn, approvalStatus: 'Approved' }])
    })

    test('packages of one artifact are told from others', async () => {
      const under = await setUp()
      await newGroup(under, 'contract-artifact')
      const one = await register(under, 'contract-artifact', 'artifact-1')
      const other = await register(under, 'contract-artifact', 'artifact-2')
      expect(await under.registry.withArtifact([one, other], await under.artifact('artifact-2'))).toEqual([other])
    })

    test('a group of more than one page is read to its end', async () => {
      const under = await setUp()
      await newGroup(under, 'contract-pages')
      for (let count = 0; count <= PAGE; count += 1) await register(under, 'contract-pages', `page-${count}`)
      const versions = (await listed(under, 'contract-pages')).map(({ version }) => version)
      expect(versions).toEqual(Array.from({ length: PAGE + 1 }, (_, index) => PAGE + 1 - index))
    })

    test('however often a package is drawn into the lineage, it is there once', async () => {
      const under = await setUp()
      await newGroup(under, 'contract-lineage')
      const arn = await register(under, 'contract-lineage', 'lineage')
      const origin = { packageArn: arn, artifact: await under.artifact('lineage') }
      expect(await under.origins(arn)).toEqual([])
      await under.registry.link(origin)
      await under.registry.link(origin)
      expect(await under.origins(arn)).toEqual([origin.artifact])
    })
  })
}
