import { ActionError, type AwsCredentials, type Clock, type Credentials, type Environment } from '@mlops/core'

/** The margin in which a call may still be under way with the old session. */
const RENEW_BEFORE_MS = 5 * 60_000

export interface RenewableCredentials {
  readonly get: Credentials
  /** AWS called them expired: the next `get` makes new ones, whatever their date says. */
  readonly invalidate: () => void
}

/** Hands out credentials and makes new ones five minutes before they expire; one at a time, however many ask. */
export const renewing = (make: () => Promise<AwsCredentials>, clock: Clock): RenewableCredentials => {
  let held: AwsCredentials | undefined
  let making: Promise<AwsCredentials> | undefined
  const left = ({ expiration }: AwsCredentials) =>
    expiration === undefined ? Infinity : expiration.getTime() - clock.now()
  const renew = async (old: AwsCredentials | undefined) => {
    try {
      held = await make()
      return held
    } catch (error) {
      // A passing fault in the margin is no reason to fail while the old session is good.
      if (old !== undefined && left(old) > 0) return old
      throw error
    } finally {
      making = undefined
    }
  }
  return {
    get: () => (held !== undefined && left(held) > RENEW_BEFORE_MS ? Promise.resolve(held) : (making ??= renew(held))),
    invalidate: () => {
      held = undefined
    },
  }
}

const fromEnvironment = (environment: Environment): AwsCredentials | undefined => {
  const { AWS_ACCESS_KEY_ID: id = '', AWS_SECRET_ACCESS_KEY: secret = '', AWS_SESSION_TOKEN: token = '' } = environment
  if (id === '' || secret === '') return undefined
  return { accessKeyId: id, secretAccessKey: secret, ...(token === '' ? {} : { sessionToken: token }) }
}

const noCredentials = (cause: unknown) =>
  new ActionError({
    code: 'E-NO-CREDENTIALS',
    kind: 'user',
    what: 'no AWS credentials were found',
    why: 'neither role-to-assume nor AWS_ROLE_TO_ASSUME is given, and the environment offers none',
    hint: 'give role-to-assume and grant the job id-token: write',
    cause,
  })

/** The credentials the runner offers by itself: keys in the environment, else the SDK's default chain. */
export const ambient = async (environment: Environment, region: string): Promise<AwsCredentials> => {
  const given = fromEnvironment(environment)
  if (given !== undefined) return given
  try {
    const { defaultProvider } = await import('./ambient.ts')
    return await defaultProvider({ clientConfig: { region } })()
  } catch (error) {
    throw noCredentials(error)
  }
}
