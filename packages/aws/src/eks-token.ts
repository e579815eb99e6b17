import type { AwsSession } from './session.ts'

/** What a token says about its own life; a cluster takes it for 15 minutes all the same (aws-iam-authenticator, token.go). */
const EXPIRES_SECONDS = 60
const RENEW_MS = 10 * 60_000

/** Where the cluster is to ask who signed: the STS of the region, unless the environment names another. */
const stsUrl = async (session: AwsSession): Promise<URL> => {
  const { STSClient } = await import('./sts.ts')
  const config = session.clientConfig('sts')
  const { endpoint } = config
  if (typeof endpoint === 'string') return new URL(endpoint)
  const client = new STSClient(config)
  // Not dual-stack, whatever the session uses: EKS knows the hosts of that by other names only.
  return client.config.endpointProvider({ Region: session.region, UseFIPS: config['useFipsEndpoint'] === true }).url
}

const sign = async (session: AwsSession, cluster: string): Promise<string> => {
  const [{ SignatureV4 }, { STSClient }, { protocol, host, hostname, port }] = await Promise.all([
    import('./signature.ts'),
    import('./sts.ts'),
    stsUrl(session),
  ])
  const config = session.clientConfig('sts')
  const signer = new SignatureV4({
    service: 'sts',
    region: session.region,
    credentials: config.credentials,
    sha256: new STSClient(config).config.sha256,
  })
  const { query = {}, path } = await signer.presign(
    {
      method: 'GET',
      protocol,
      hostname,
      ...(port === '' ? {} : { port: Number(port) }),
      path: '/',
      query: { Action: 'GetCallerIdentity', Version: '2011-06-15' },
      headers: { host, 'x-k8s-aws-id': cluster },
    },
    { expiresIn: EXPIRES_SECONDS, signingDate: session.context.clock.now() / 1000 },
  )
  const parameters = new URLSearchParams(query as Record<string, string>)
  return `k8s-aws-v1.${Buffer.from(`${protocol}//${host}${path}?${parameters.toString()}`).toString('base64url')}`
}

/**
 * Tokens for an EKS cluster: each is a signed question to STS about who its bearer is, made from the session's newest
 * credentials when the last one is ten minutes old or was refused.
 */
export const eksToken = (session: AwsSession, cluster: string): ((refused?: boolean) => Promise<string>) => {
  const { clock } = session.context
  let held: { readonly token: Promise<string>; readonly at: number } | undefined
  return (refused = false) => {
    if (held !== undefined && !refused && clock.now() - held.at < RENEW_MS) return held.token
    const token = sign(session, cluster)
    const mine = { token, at: clock.now() }
    held = mine
    // One that could not be made is not kept.
    token.catch(() => {
      if (held === mine) held = undefined
    })
    return token
  }
}
