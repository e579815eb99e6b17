import {
  ActionError,
  type Arn,
  type AwsCredentials,
  type Clock,
  type IdToken,
  type Log,
  type Random,
} from '@mlops/core'
import type { RunIdentity } from '@mlops/core'
import { classify } from './classify.ts'
import { withRetries } from './retries.ts'
import { toActionError } from './to-action-error.ts'

/** A role's session lasts at least this long whatever its own maximum is (IAM API, MaxSessionDuration). */
const SESSION_SECONDS = 3600

export interface WebIdentity {
  readonly role: Arn
  readonly partition: string
  readonly identity: RunIdentity
  readonly idToken: IdToken
  readonly clock: Clock
  readonly random: Random
  readonly log: Log
  readonly signal: AbortSignal
  readonly clientConfig: () => Readonly<Record<string, unknown>>
}

/** Letters, digits and `=,.@-`, 2 to 64 of them (STS API, RoleSessionName). */
const sessionName = ({ repository, runId, runAttempt }: RunIdentity) =>
  `mlops-${repository}-${runId}-${runAttempt}`.replaceAll(/[^\w=,.@-]/g, '-').slice(0, 64)

interface Claims {
  readonly sub: string
  readonly aud: string
}

/** The claims a trust policy looks at, read from the token without verifying it: they only go into an error message. */
const claimsOf = (token: string): Claims => {
  try {
    const body = JSON.parse(Buffer.from(token.split('.')[1] ?? '', 'base64url').toString()) as Partial<Claims>
    return { sub: String(body.sub), aud: String(body.aud) }
  } catch {
    return { sub: 'unreadable', aud: 'unreadable' }
  }
}

/** `repo:o/r:…` and, for repositories made since 2026-07-15, `repo:o@id/r@id:…`. */
const otherForm = (sub: string) =>
  sub.includes('@')
    ? sub.replace(/^repo:([^@/]+)@\d+\/([^@:]+)@\d+:/, 'repo:$1/$2:')
    : sub.replace(/^repo:([^/]+)\/([^:]+):/, 'repo:$1@<owner id>/$2@<repository id>:')

const refused = (error: unknown, role: Arn, token: string): ActionError => {
  if (classify(error) === 'network' || classify(error) === 'transient') return toActionError(error, `assuming ${role}`)
  const { sub, aud } = claimsOf(token)
  return new ActionError({
    code: 'E-ASSUME-ROLE',
    kind: 'user',
    what: `${role} could not be assumed: ${error instanceof Error ? error.message : String(error)}`,
    why: `the token of this job says sub=${sub} and aud=${aud}; the role's trust policy has to expect exactly that (in the other subject format: ${otherForm(sub)})`,
    hint: 'compare sub and aud with the trust policy, letter case included, and check that the role and the OIDC provider exist in that account',
    cause: error,
  })
}

/** GitHub's documented audience, in the words of the partition (IAM user guide, "OIDC federation"). */
const audienceOf = (partition: string) => (partition === 'aws-cn' ? 'sts.amazonaws.com.cn' : 'sts.amazonaws.com')

/** Assumes the role with a new OIDC token. Throws E-ASSUME-ROLE naming the claims, never the token. */
export const assumeRole = async (options: WebIdentity): Promise<AwsCredentials> => {
  const { role, partition, identity, idToken, clock, random, log, signal, clientConfig } = options
  const { AssumeRoleWithWebIdentityCommand, STSClient } = await import('./sts.ts')
  const client = new STSClient(clientConfig())
  let token = ''
  const assume = async () => {
    // A token lives minutes; one that an attempt has used is not used again.
    token = await idToken(audienceOf(partition))
    log.mask(token)
    const command = new AssumeRoleWithWebIdentityCommand({
      RoleArn: role,
      RoleSessionName: sessionName(identity),
      WebIdentityToken: token,
      DurationSeconds: SESSION_SECONDS,
    })
    return client.send(command, { abortSignal: signal })
  }
  try {
    const { Credentials: found } = await withRetries(assume, { clock, random, signal })
    const [accessKeyId, secretAccessKey] = [found?.AccessKeyId ?? '', found?.SecretAccessKey ?? '']
    const sessionToken = found?.SessionToken ?? ''
    for (const secret of [secretAccessKey, sessionToken]) log.mask(secret)
    return { accessKeyId, secretAccessKey, sessionToken, ...(found?.Expiration && { expiration: found.Expiration }) }
  } catch (error) {
    signal.throwIfAborted()
    if (error instanceof ActionError) throw error
    throw refused(error, role, token)
  }
}
