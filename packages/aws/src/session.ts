import {
  ActionError,
  type Arn,
  type AwsCredentials,
  type Clock,
  type Environment,
  type IdToken,
  type Log,
  type Random,
  type RunIdentity,
} from '@mlops/core'
import type { NodeHttpHandler } from '@smithy/node-http-handler'
import { classify } from './classify.ts'
import { ambient, renewing } from './credentials.ts'
import { requestHandler, SILENT } from './network.ts'
import { withRetries } from './retries.ts'
import { toActionError } from './to-action-error.ts'
import { assumeRole } from './web-identity.ts'

export interface SessionContext {
  readonly environment: Environment
  readonly clock: Clock
  readonly random: Random
  readonly log: Log
  readonly idToken: IdToken
  readonly identity: RunIdentity
  readonly signal: AbortSignal
}

export interface SessionOptions {
  /** Falls back to AWS_REGION and AWS_DEFAULT_REGION. */
  readonly region?: string
  /** Falls back to AWS_ROLE_TO_ASSUME; without either, ambient credentials are used. */
  readonly roleToAssume?: Arn
  readonly context: SessionContext
}

type Service = 'sagemaker' | 's3' | 'sts' | 'cloudwatch' | 'cloudwatch-logs' | 'ecr' | 'eks'

interface ClientConfig {
  readonly region: string
  readonly credentials: () => Promise<AwsCredentials>
  readonly requestHandler: NodeHttpHandler
  readonly [option: string]: unknown
}

/** Who calls AWS, from where and how; every client of a step is made from one. */
export interface AwsSession {
  readonly region: string
  readonly partition: string
  /** What the session was made from. */
  readonly context: SessionContext
  readonly clientConfig: (service: Service) => ClientConfig
  readonly accountId: () => Promise<string>
  /** ARN of whom the credentials belong to; of a role it names the session. */
  readonly callerArn: () => Promise<string>
  /** Warns, once, when the credentials at hand may end before a wait of that many seconds does. */
  readonly warnIfShortLived: (seconds: number) => void
}

/** First letters of the region names of a partition (AWS General Reference, "Partitions"). */
const PARTITIONS = [
  ['cn-', 'aws-cn'],
  ['us-gov-', 'aws-us-gov'],
  ['us-iso-', 'aws-iso'],
  ['us-isob-', 'aws-iso-b'],
  ['eusc-', 'aws-eusc'],
] as const

const partitionOf = (region: string) => PARTITIONS.find(([prefix]) => region.startsWith(prefix))?.[1] ?? 'aws'

const nonEmpty = (...values: readonly (string | undefined)[]) =>
  values.find((value) => value !== undefined && value !== '')

/** The region that a session would be of: the one that is given, else the environment's. */
export const knownRegion = (given: string | undefined, environment: Environment): string | undefined =>
  nonEmpty(given, environment['AWS_REGION'], environment['AWS_DEFAULT_REGION'])

const regionOf = (given: string | undefined, environment: Environment): string => {
  const region = knownRegion(given, environment)
  if (region !== undefined) return region
  throw new ActionError({
    code: 'E-REGION',
    kind: 'user',
    what: 'no AWS region is known',
    why: 'neither the input aws-region nor AWS_REGION is given',
    hint: 'set AWS_REGION in env: of the workflow',
  })
}

/** The variables are the SDK's own; read here so that no profile file has to be opened at start. */
const endpointOf = (service: Service, environment: Environment) =>
  nonEmpty(
    environment[`AWS_ENDPOINT_URL_${service.replaceAll('-', '_').toUpperCase()}`],
    environment['AWS_ENDPOINT_URL'],
  )

/** Sessions made elsewhere with GitHub's token last an hour (aws-actions/configure-aws-credentials issue 359). */
const AMBIENT_SECONDS = 3600
const VERSION = '0'

/** Repeating is ours alone (retries.ts); the SDK only has to tell when it met expired credentials. */
const noRetries = (onExpired: () => void) => ({
  mode: 'none',
  acquireInitialRetryToken: () => Promise.resolve({ getRetryCount: () => 0, getRetryDelay: () => 0 }),
  refreshRetryTokenForRetry: (_: unknown, { error }: { readonly error?: unknown }) => {
    if (classify(error) === 'creds') onExpired()
    return Promise.reject(new Error('repeated by withRetries'))
  },
  recordSuccess: () => undefined,
})

/** Opens a session. Nothing is called before a client needs it. Throws E-REGION. */
export const awsSession = ({ region: given, roleToAssume, context }: SessionOptions): AwsSession => {
  const { environment, clock, random, log, signal } = context
  const region = regionOf(given, environment)
  const partition = partitionOf(region)
  const role = nonEmpty(roleToAssume, environment['AWS_ROLE_TO_ASSUME']) as Arn | undefined
  const handler = requestHandler(environment)
  const transport = (service: Service, onExpired: () => void) => {
    const endpoint = endpointOf(service, environment)
    return {
      region,
      requestHandler: handler,
      logger: SILENT,
      retryStrategy: noRetries(onExpired),
      customUserAgent: [['mlops-actions', VERSION]] as [string, string][],
      useFipsEndpoint: environment['AWS_USE_FIPS_ENDPOINT'] === 'true',
      useDualstackEndpoint: environment['AWS_USE_DUALSTACK_ENDPOINT'] === 'true',
      ...(endpoint === undefined ? {} : { endpoint, forcePathStyle: true }),
    }
  }
  const make = () =>
    role === undefined
      ? ambient(environment, region)
      : assumeRole({ ...context, role, partition, clientConfig: () => transport('sts', () => undefined) })
  const credentials = renewing(make, clock)
  // The SDK keeps what a provider gave until its date; `memoized` tells it that we do that (and know better).
  const provider = Object.assign(() => credentials.get(), { memoized: true })
  const clientConfig = (service: Service) => ({ ...transport(service, credentials.invalidate), credentials: provider })
  const whoAmI = async () => {
    const { GetCallerIdentityCommand, STSClient } = await import('./sts.ts')
    const client = new STSClient(clientConfig('sts'))
    try {
      return await withRetries(() => client.send(new GetCallerIdentityCommand({})), { clock, random, signal })
    } catch (error) {
      throw toActionError(error, 'asking who the credentials belong to')
    }
  }
  let warned = false
  return {
    region,
    partition,
    context,
    clientConfig,
    accountId: async () => (await whoAmI()).Account ?? '',
    callerArn: async () => (await whoAmI()).Arn ?? '',
    warnIfShortLived: (seconds) => {
      const temporary = role === undefined && (environment['AWS_SESSION_TOKEN'] ?? '') !== ''
      if (warned || !temporary || seconds <= AMBIENT_SECONDS) return
      warned = true
      log.warning(
        'the credentials of the environment may end before the job does and cannot be renewed: pass role-to-assume',
      )
    },
  }
}
