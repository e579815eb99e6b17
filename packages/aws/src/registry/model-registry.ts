import type { CreateModelPackageCommandInput, CreateModelPackageGroupCommandInput } from '@aws-sdk/client-sagemaker'
import type { Arn, ModelRegistry, PackageChange, PackageVersion } from '@mlops/core'
import type { AwsSession } from '../session.ts'
import { asker, isMissing, isTaken, orElse, type RegistryContext } from './calls.ts'
import { packageOf, versionOf } from './package-state.ts'

/** What ListModelPackages and BatchDescribeModelPackage take at most. */
const PAGE = 100

const changeOf = ({ arn, approval, metadata, remove = [] }: PackageChange) => ({
  ModelPackageArn: arn,
  ...(approval === undefined
    ? {}
    : { ModelApprovalStatus: approval.status, ApprovalDescription: approval.description }),
  ...(metadata === undefined ? {} : { CustomerMetadataProperties: metadata }),
  ...(remove.length === 0 ? {} : { CustomerMetadataPropertiesToRemove: [...remove] }),
})

type Facade = typeof import('./sagemaker.ts')

interface Opened {
  readonly facade: Facade
  readonly client: InstanceType<Facade['SageMakerClient']>
}

const opener = (session: AwsSession) => {
  let opened: Promise<Opened> | undefined
  return () =>
    (opened ??= (async () => {
      const facade = await import('./sagemaker.ts')
      return { facade, client: new facade.SageMakerClient(session.clientConfig('sagemaker')) }
    })())
}

/** The entity that SageMaker makes for a training job (SageMaker developer guide, "Lineage tracking entities"). */
const componentOf = (packageArn: string, job: string) =>
  `${packageArn.slice(0, packageArn.indexOf(':model-package/'))}:experiment-trial-component/${job}-aws-training-job`

/** The model registry of the session's account and region; groups of others are reached by their ARN. */
export const modelRegistry = (session: AwsSession, context: RegistryContext): ModelRegistry => {
  const ask = asker(opener(session), context)
  const abort = { abortSignal: context.signal }

  const hasGroup: ModelRegistry['hasGroup'] = (group) =>
    orElse(
      ask(`asking about the group ${group}`, async ({ client, facade }) => {
        await client.send(new facade.DescribeModelPackageGroupCommand({ ModelPackageGroupName: group }), abort)
        return true
      }),
      isMissing,
      false,
    )

  const createGroup: ModelRegistry['createGroup'] = (request) =>
    orElse(
      ask(`creating the group ${request.ModelPackageGroupName}`, async ({ client, facade }) => {
        const command = new facade.CreateModelPackageGroupCommand(request as CreateModelPackageGroupCommandInput)
        await client.send(command, abort)
        return 'created' as const
      }),
      isTaken,
      'exists' as const,
    )

  const page = (group: string, token: string | undefined) =>
    orElse(
      ask(`listing the packages of ${group}`, ({ client, facade }) =>
        client.send(
          new facade.ListModelPackagesCommand({
            ModelPackageGroupName: group,
            SortBy: 'CreationTime',
            SortOrder: 'Descending',
            MaxResults: PAGE,
            NextToken: token,
          }),
          abort,
        ),
      ),
      isMissing,
      { ModelPackageSummaryList: [], NextToken: undefined },
    )

  async function* versions(group: string): AsyncGenerator<PackageVersion> {
    let token: string | undefined
    do {
      const found = await page(group, token)
      yield* (found.ModelPackageSummaryList ?? []).map(versionOf)
      token = found.NextToken
    } while (token !== undefined)
  }

  const describe: ModelRegistry['describe'] = (arn) =>
    orElse(
      ask(`asking about ${arn}`, async ({ client, facade }) =>
        packageOf(await client.send(new facade.DescribeModelPackageCommand({ ModelPackageName: arn }), abort)),
      ),
      isMissing,
      undefined,
    )

  const withArtifact: ModelRegistry['withArtifact'] = async (arns, artifact) => {
    if (arns.length === 0) return []
    const { ModelPackageSummaries: found = {} } = await ask('asking about packages', ({ client, facade }) =>
      client.send(new facade.BatchDescribeModelPackageCommand({ ModelPackageArnList: [...arns] }), abort),
    )
    // What was deleted since it was listed stands in the answer's map of errors.
    return arns.filter((arn) => {
      const [container] = found[arn]?.InferenceSpecification?.Containers ?? []
      return container?.ModelDataUrl === artifact
    })
  }

  /** An artifact is known by its source alone; SageMaker may have made it already. */
  const lineageEntry = async (uri: string, type: string): Promise<string> => {
    const created = await orElse(
      ask(`drawing ${uri} into the lineage`, ({ client, facade }) =>
        client.send(new facade.CreateArtifactCommand({ Source: { SourceUri: uri }, ArtifactType: type }), abort),
      ),
      isTaken,
      undefined,
    )
    if (created?.ArtifactArn !== undefined) return created.ArtifactArn
    const { ArtifactSummaries: found = [] } = await ask(`looking for ${uri} in the lineage`, ({ client, facade }) =>
      client.send(new facade.ListArtifactsCommand({ SourceUri: uri, MaxResults: 1 }), abort),
    )
    return found[0]?.ArtifactArn ?? ''
  }

  const associate = (from: string, to: string) =>
    orElse(
      ask(`drawing an edge to ${to}`, async ({ client, facade }) => {
        const ends = { SourceArn: from, DestinationArn: to }
        await client.send(new facade.AddAssociationCommand({ ...ends, AssociationType: 'ContributedTo' }), abort)
      }),
      isTaken,
      undefined,
    )

  const link: ModelRegistry['link'] = async ({ packageArn, artifact, trainingJob }) => {
    const entry = await lineageEntry(packageArn, 'ModelPackage')
    await associate(await lineageEntry(artifact, 'Model'), entry)
    if (trainingJob !== undefined) await associate(componentOf(packageArn, trainingJob), entry)
  }

  return {
    hasGroup,
    createGroup,
    versions,
    describe,
    withArtifact,
    create: (request) =>
      ask(`registering in ${request.ModelPackageGroupName}`, async ({ client, facade }) => {
        // Our lists are readonly and our instance types strings; the SDK's are closed unions that lag behind the service.
        const command = new facade.CreateModelPackageCommand(request as unknown as CreateModelPackageCommandInput)
        return ((await client.send(command, abort)).ModelPackageArn ?? '') as Arn
      }),
    update: async (change) => {
      await ask(`updating ${change.arn}`, ({ client, facade }) =>
        client.send(new facade.UpdateModelPackageCommand(changeOf(change)), abort),
      )
    },
    link,
  }
}
