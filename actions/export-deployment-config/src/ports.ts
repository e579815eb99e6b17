import type { Context } from '@mlops/action-kit'
import { awsSession, locations, type Locations, modelRegistry, s3Objects } from '@mlops/aws'
import type { ModelRegistry, Objects } from '@mlops/core'
import type { Inputs } from './spec.ts'

export interface Ports {
  readonly objects: Objects
  readonly places: Pick<Locations, 'open'>
  readonly registry: Pick<ModelRegistry, 'describe' | 'versions'>
}

/** The adapters of a run. */
export const ports = ({ awsRegion, roleToAssume }: Inputs, context: Context): Ports => {
  const session = awsSession({
    ...(awsRegion === undefined ? {} : { region: awsRegion }),
    ...(roleToAssume === undefined ? {} : { roleToAssume }),
    context,
  })
  const objects = s3Objects(session, context)
  return { objects, places: locations(objects, context), registry: modelRegistry(session, context) }
}
