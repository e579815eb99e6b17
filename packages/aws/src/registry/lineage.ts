import type { ModelRegistry } from '@mlops/core'
import { type Ask, isTaken, orElse } from './calls.ts'

/** The entity that SageMaker makes for a training job (SageMaker developer guide, "Lineage tracking entities"). */
const componentOf = (packageArn: string, job: string) =>
  `${packageArn.slice(0, packageArn.indexOf(':model-package/'))}:experiment-trial-component/${job}-aws-training-job`

/** Draws packages into the lineage graph: from the artifact, and from the training job that made it. */
export const lineageOf = (ask: Ask, signal: AbortSignal): ModelRegistry['link'] => {
  const abort = { abortSignal: signal }

  /** An artifact is known by its source alone; SageMaker may have made it already. */
  const artifact = async (uri: string, type: string): Promise<string> => {
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

  return async ({ packageArn, artifact: uri, trainingJob }) => {
    const entry = await artifact(packageArn, 'ModelPackage')
    await associate(await artifact(uri, 'Model'), entry)
    if (trainingJob !== undefined) await associate(componentOf(packageArn, trainingJob), entry)
  }
}
