import type { Context } from '@mlops/action-kit'
import { awsSession, ecrAccess, type Locations, locations, modelRegistry, s3Objects } from '@mlops/aws'
import type { ImageRegistry, ModelRegistry } from '@mlops/core'
import { ecrRegistry } from '@mlops/image'
import type { Inputs } from './spec.ts'

export interface Ports {
  readonly region: string
  readonly accountId: () => Promise<string>
  readonly places: Locations
  readonly registry: ModelRegistry
  readonly images: ImageRegistry
}

/** The adapters of a run. */
export const ports = ({ awsRegion, roleToAssume }: Inputs, context: Context): Ports => {
  const session = awsSession({
    ...(awsRegion === undefined ? {} : { region: awsRegion }),
    ...(roleToAssume === undefined ? {} : { roleToAssume }),
    context,
  })
  return {
    region: session.region,
    accountId: session.accountId,
    places: locations(s3Objects(session, context), context),
    registry: modelRegistry(session, context),
    images: ecrRegistry(ecrAccess(session, context)),
  }
}
