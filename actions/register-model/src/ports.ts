import type { Context } from '@mlops/action-kit'
import { awsSession, type Locations, locations, modelRegistry, s3Objects } from '@mlops/aws'
import type { ModelRegistry, Objects } from '@mlops/core'
import type { Inputs } from './spec.ts'

export interface Ports {
  readonly region: string
  readonly accountId: () => Promise<string>
  readonly objects: Objects
  readonly places: Locations
  readonly registry: ModelRegistry
}

/** The adapters of a run. */
export const ports = ({ awsRegion, roleToAssume }: Inputs, context: Context): Ports => {
  const session = awsSession({
    ...(awsRegion === undefined ? {} : { region: awsRegion }),
    ...(roleToAssume === undefined ? {} : { roleToAssume }),
    context,
  })
  const objects = s3Objects(session, context)
  return {
    region: session.region,
    accountId: session.accountId,
    objects,
    places: locations(objects, context),
    registry: modelRegistry(session, context),
  }
}
