import type { AccessEntry } from './options.ts'

/** A request to STS that somebody else signed, as it is to be sent. */
export interface SignedRequest {
  /** The host that was signed; the request goes to where STS really is. */
  readonly host: string
  readonly pathAndQuery: string
}

export type Reading = { readonly request: SignedRequest } | { readonly refused: string }

const PREFIX = 'k8s-aws-v1.'
const CLUSTER_HEADER = 'x-k8s-aws-id'
const LARGEST = 8192
// STS holds a presigned request for good this long whatever it says itself, and so does the authenticator:
// https://github.com/kubernetes-sigs/aws-iam-authenticator/blob/master/pkg/token/token.go (presignedURLExpiration)
const LIFETIME_MS = 15 * 60_000
const PARAMETERS = new Set([
  'action',
  'version',
  'x-amz-algorithm',
  'x-amz-credential',
  'x-amz-date',
  'x-amz-expires',
  'x-amz-security-token',
  'x-amz-signature',
  'x-amz-signedheaders',
])
const STS_HOST = /^sts(-fips)?(\.[a-z0-9-]+)?\.amazonaws\.com(\.cn)?$/

const decoded = (token: string): URL | undefined => {
  const text = Buffer.from(token.slice(PREFIX.length), 'base64url').toString()
  return URL.canParse(text) ? new URL(text) : undefined
}

/** Milliseconds since 1970 of `20261125T230000Z`. */
const timeOf = (date: string): number =>
  Date.parse(date.replace(/^(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)Z$/, '$1-$2-$3T$4:$5:$6Z'))

const faultOf = (url: URL, stsHost: string, now: number): string | undefined => {
  const all = [...url.searchParams].map(([name, value]) => [name.toLowerCase(), value] as const)
  const query = new Map(all)
  const unknown = all.find(([name]) => !PARAMETERS.has(name))
  if (unknown !== undefined) return `non-whitelisted query parameter "${unknown[0]}"`
  if (query.size !== all.length) return 'query parameter with multiple values'
  if (url.host !== stsHost && !STS_HOST.test(url.host)) return `unexpected hostname "${url.host}" in pre-signed URL`
  if (url.pathname !== '/') return 'unexpected path in pre-signed URL'
  if (query.get('action') !== 'GetCallerIdentity') return 'unexpected action parameter in pre-signed URL'
  const signed = (query.get('x-amz-signedheaders') ?? '').toLowerCase().split(';')
  if (!signed.includes(CLUSTER_HEADER)) return `client did not sign the ${CLUSTER_HEADER} header in the pre-signed URL`
  const expires = query.get('x-amz-expires') ?? ''
  if (!/^\d{1,3}$/.test(expires) || Number(expires) > 900) return 'invalid X-Amz-Expires parameter in pre-signed URL'
  const time = timeOf(query.get('x-amz-date') ?? '')
  if (Number.isNaN(time)) return 'error parsing X-Amz-Date parameter'
  if (time + LIFETIME_MS < now)
    return `X-Amz-Date parameter is expired (15 minute expiration) ${new Date(time).toISOString()}`
  return undefined
}

/**
 * Reads a bearer token as EKS's authenticator does: nothing but a presigned GetCallerIdentity of STS, whose signature covers
 * the name of a cluster, and not older than 15 minutes.
 */
export const readToken = (token: string, stsEndpoint: string, now: number): Reading => {
  if (!token.startsWith(PREFIX)) return { refused: `token is missing expected "${PREFIX}" prefix` }
  if (token.length > LARGEST) return { refused: 'token is too large' }
  const url = decoded(token)
  if (url === undefined) return { refused: 'token holds no URL' }
  const fault = faultOf(url, new URL(stsEndpoint).host, now)
  return fault === undefined
    ? { request: { host: url.host, pathAndQuery: `${url.pathname}${url.search}` } }
    : { refused: fault }
}

export interface User {
  readonly username: string
  readonly groups: readonly string[]
}

const SESSION = /^arn:(aws[\w-]*):sts::(\d{12}):assumed-role\/([\w+=,.@-]+)\/([\w+=,.@-]+)$/

/** Who the session of a role is to the cluster; undefined when no access entry lets the role in. */
export const userOf = (sessionArn: string, entries: readonly AccessEntry[]): User | undefined => {
  const [, partition, account, role] = SESSION.exec(sessionArn) ?? []
  // The ARN of a session leaves out the path of its role, and so must the comparison.
  const entry = entries.find(
    ({ roleArn }) => roleArn.replace(/:role\/.*\//, ':role/') === `arn:${partition}:iam::${account}:role/${role}`,
  )
  return entry && { username: sessionArn, groups: entry.groups }
}
