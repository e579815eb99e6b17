import { ActionError, type ErrorFacts } from '@mlops/core'
import { classify } from './classify.ts'

const messageOf = (error: unknown) => (error instanceof Error && error.message !== '' ? error.message : String(error))
const nameOf = (error: unknown) => (error instanceof Error ? error.name : 'Error')

type Cause = Pick<ErrorFacts, 'code' | 'kind' | 'why' | 'hint'>

/** "User: <principal> is not authorized to perform: <action> on resource: <resource> because …" (IAM user guide). */
const DENIAL =
  /User: (?<principal>\S+) is not authorized to perform: (?<action>\S+) on resource: "?(?<resource>[^\s"]+)/

const denied = (message: string): Cause => {
  const { principal, action, resource } = DENIAL.exec(message)?.groups ?? {}
  const named = principal !== undefined && action !== undefined && resource !== undefined
  const because = /\bbecause (.+)$/s.exec(message)?.[1] ?? message
  const forbidden = message.includes('explicit deny')
  return {
    code: 'E-ACCESS',
    kind: 'user',
    why: named ? `${principal} may not perform ${action} on ${resource}: ${because}` : message,
    hint: [
      ...(forbidden ? ['a deny outweighs every allow: ask whoever owns the policy that AWS names'] : []),
      ...(named && !forbidden ? [`allow ${action} on ${resource} in the role's policy`] : []),
      "compare the role's policy with docs/iam of this action",
    ].join('; '),
  }
}

const CAUSES: Readonly<Record<ReturnType<typeof classify>, (message: string) => Cause>> = {
  transient: (message) => ({
    code: 'E-NETWORK',
    kind: 'remote',
    why: `AWS kept failing or throttling: ${message}`,
    hint: 'run the job again; it attaches to what is there',
  }),
  network: (message) => ({
    code: 'E-NETWORK',
    kind: 'remote',
    why: `no answer: ${message}`,
    hint: 'check proxy, endpoint and DNS of the runner (docs/network.md)',
  }),
  creds: (message) => ({
    code: 'E-CREDS',
    kind: 'user',
    why: `${message}; credentials that come from the environment cannot be renewed`,
    hint: 'pass role-to-assume and grant id-token: write, so that the action renews them itself',
  }),
  quota: (message) => ({
    code: 'E-QUOTA',
    kind: 'remote',
    why: message,
    hint: 'name another instance type, or ask for more in Service Quotas',
  }),
  denied,
  'not-found': (message) => ({ code: 'E-REQUEST', kind: 'user', why: message, hint: 'check the name and the region' }),
  'in-use': (message) => ({ code: 'E-REQUEST', kind: 'user', why: message, hint: 'choose another name' }),
  invalid: (message) => ({
    code: 'E-REQUEST',
    kind: 'user',
    why: message,
    hint: 'correct the inputs that AWS names',
  }),
  conflict: (message) => ({ code: 'E-REQUEST', kind: 'remote', why: message, hint: 'run the job again' }),
  unknown: (message) => ({
    code: 'E-REQUEST',
    kind: 'remote',
    why: message,
    hint: 'look the error up in the API reference',
  }),
}

/** Faults of the way to AWS that Node names and that no repetition cures (Node.js documentation, tls and http.Agent). */
const WAY: Readonly<Record<string, string>> = {
  CERT_HAS_EXPIRED: 'the certificate of the endpoint, or of the proxy between, has to be renewed',
  DEPTH_ZERO_SELF_SIGNED_CERT: 'give the CA of your endpoint or proxy in NODE_EXTRA_CA_CERTS',
  ERR_PROXY_INVALID_CONFIG: 'correct HTTPS_PROXY or HTTP_PROXY',
  ERR_PROXY_TUNNEL: 'check HTTPS_PROXY, its user and password, and whether it lets AWS through',
  ERR_TLS_CERT_ALTNAME_INVALID: 'check the host name in AWS_ENDPOINT_URL',
  SELF_SIGNED_CERT_IN_CHAIN: 'give the CA of your endpoint or proxy in NODE_EXTRA_CA_CERTS',
  UNABLE_TO_GET_ISSUER_CERT_LOCALLY: 'give the CA of your endpoint or proxy in NODE_EXTRA_CA_CERTS',
  UNABLE_TO_VERIFY_LEAF_SIGNATURE: 'give the CA of your endpoint or proxy in NODE_EXTRA_CA_CERTS',
}

const onTheWay = (error: unknown): Cause | undefined => {
  const code = error instanceof Error && 'code' in error ? String(error.code) : ''
  const hint = Object.hasOwn(WAY, code) ? WAY[code] : undefined
  if (hint === undefined) return undefined
  return {
    code: 'E-NETWORK',
    kind: 'user',
    why: `no connection: ${messageOf(error)}`,
    hint: `${hint} (docs/network.md)`,
  }
}

const isSkewed = (error: unknown) => ['RequestTimeTooSkewed', 'RequestInTheFuture'].includes(nameOf(error))

const causeOf = (error: unknown): Cause => {
  const cause = onTheWay(error) ?? CAUSES[classify(error)](messageOf(error))
  return isSkewed(error) ? { ...cause, why: messageOf(error), hint: "set the runner's clock" } : cause
}

/**
 * The error of a failed AWS call in the suite's own form.
 *
 * @param doing what was being done, as "listing s3://bucket/prefix"
 */
export const toActionError = (error: unknown, doing: string): ActionError => {
  if (error instanceof ActionError) return error
  return new ActionError({ ...causeOf(error), what: `${doing} failed with ${nameOf(error)}`, cause: error })
}

interface Answer {
  readonly $metadata?: { readonly httpStatusCode?: number }
  readonly $response?: { readonly headers?: Readonly<Record<string, string | undefined>> }
}

const answerOf = (error: unknown): Answer => (typeof error === 'object' && error !== null ? error : {})

/** Answers that speak of the bucket and not of an object in it (S3 API, "Error responses"). */
const OF_BUCKETS = new Set([
  'AuthorizationHeaderMalformed',
  'IllegalLocationConstraintException',
  'InvalidBucketName',
  'NoSuchBucket',
  'PermanentRedirect',
])

const bucketCause = (error: unknown, bucket: string): string | undefined => {
  const { $metadata, $response } = answerOf(error)
  const region = $response?.headers?.['x-amz-bucket-region']
  const elsewhere = region === undefined ? '' : `; S3 says that it lies in ${region}`
  if (OF_BUCKETS.has(nameOf(error)) || $metadata?.httpStatusCode === 301) return `${messageOf(error)}${elsewhere}`
  // A denial by the caller's own policy says so; the owner of a foreign bucket says nothing but "Access Denied".
  const opaque = classify(error) === 'denied' && !DENIAL.test(messageOf(error))
  if (opaque) return `the bucket ${bucket} belongs to somebody else, or a policy shuts this role out`
  return classify(error) === 'not-found' ? messageOf(error) : undefined
}

/** The same for a call on a bucket, which AWS answers curtly when the bucket is somebody else's or elsewhere. */
export const toBucketError = (error: unknown, doing: string, bucket: string): ActionError => {
  const why = error instanceof ActionError ? undefined : bucketCause(error, bucket)
  if (why === undefined) return toActionError(error, doing)
  return new ActionError({
    code: 'E-BUCKET',
    kind: 'user',
    what: `${doing} failed with ${nameOf(error)}`,
    why,
    hint: `check the name ${bucket}, its region and its account`,
    cause: error,
  })
}
