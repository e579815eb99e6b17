import type { Clock, Random } from '@mlops/core'
import { classify, type FaultClass } from './classify.ts'
import { withRetries } from './retries.ts'
import type { AwsSession } from './session.ts'
import { toActionError } from './to-action-error.ts'

interface EcrContext {
  readonly clock: Clock
  readonly random: Random
  readonly signal: AbortSignal
}

/** What stands between here and AWS, rather than in the request. */
const ON_THE_WAY: ReadonlySet<FaultClass> = new Set(['transient', 'network', 'creds', 'denied'])

/** What a session lends to the room of images, which may not know it. */
export const ecrAccess = (session: AwsSession, { clock, random, signal }: EcrContext) => ({
  config: session.clientConfig('ecr'),
  retry: <T>(call: () => Promise<T>): Promise<T> => withRetries(call, { clock, random, signal }),
  isRefusal: (error: unknown): boolean => !ON_THE_WAY.has(classify(error)),
  failed: toActionError,
  signal,
})
