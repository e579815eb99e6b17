import type { Context } from '@mlops/action-kit'
import {
  awsSession,
  classify,
  type FaultClass,
  type Locations,
  locations,
  modelRegistry,
  s3Objects,
  toActionError,
  withRetries,
} from '@mlops/aws'
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

/** What stands between here and AWS, rather than in the request. */
const ON_THE_WAY: ReadonlySet<FaultClass> = new Set(['transient', 'network', 'creds', 'denied'])

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
    images: ecrRegistry({
      config: session.clientConfig('ecr'),
      retry: (call) => withRetries(call, context),
      isRefusal: (error) => !ON_THE_WAY.has(classify(error)),
      failed: toActionError,
      signal: context.signal,
    }),
  }
}
