// GitHub's OIDC provider: https://docs.github.com/en/actions/reference/security/oidc
import { createPrivateKey, createPublicKey, createSign, generateKeyPairSync, randomUUID } from 'node:crypto'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'

export const ISSUER_URL = 'https://token.actions.githubusercontent.com'

const LIFETIME_SECONDS = 300
const KEY_ID = 'local-runner'

export type Claims = Readonly<Record<string, string>>

export interface Endpoint {
  /** Value of ACTIONS_ID_TOKEN_REQUEST_URL; a client appends `&audience=…`. */
  readonly requestUrl: string
  /** Value of ACTIONS_ID_TOKEN_REQUEST_TOKEN. */
  readonly requestToken: string
  readonly close: () => Promise<void>
}

export interface Issuer {
  readonly jwks: { readonly keys: readonly Readonly<Record<string, unknown>>[] }
  readonly privateKeyPem: string
  /** A token with these claims; `iss`, `jti`, `iat`, `nbf` and `exp` (5 minutes) are added unless given. */
  readonly tokenFor: (claims: Readonly<Record<string, string | number>>) => string
  /** Serves tokens with these claims, for whatever audience is asked, on loopback. */
  readonly serve: (claims: Claims) => Promise<Endpoint>
}

const base64url = (value: unknown) => Buffer.from(JSON.stringify(value)).toString('base64url')

const answer = (response: ServerResponse, status: number, body: unknown) => {
  response.writeHead(status, { 'content-type': 'application/json' })
  response.end(JSON.stringify(body))
}

/** Starts a server on a free loopback port. */
export const listen = async (
  handle: (request: IncomingMessage, response: ServerResponse) => void,
): Promise<{ readonly url: string; readonly close: () => Promise<void> }> => {
  const server = createServer(handle)
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject)
    server.listen(0, '127.0.0.1', resolve)
  })
  const { port } = server.address() as AddressInfo
  return {
    url: `http://127.0.0.1:${port}`,
    close: async () =>
      new Promise((resolve) => {
        server.close(() => resolve())
        server.closeAllConnections()
      }),
  }
}

const generatedKey = () =>
  generateKeyPairSync('rsa', { modulusLength: 2048 }).privateKey.export({ type: 'pkcs8', format: 'pem' }).toString()

/** Makes an issuer that signs with RS256. Without a key it generates one. */
export const createIssuer = ({ privateKeyPem = generatedKey() }: { readonly privateKeyPem?: string } = {}): Issuer => {
  const privateKey = createPrivateKey(privateKeyPem)
  const publicJwk = createPublicKey(privateKey).export({ format: 'jwk' })
  const tokenFor = (claims: Readonly<Record<string, string | number>>) => {
    const now = Math.floor(Date.now() / 1000)
    const times = { iat: now, nbf: now - 60, exp: now + LIFETIME_SECONDS }
    const header = base64url({ alg: 'RS256', typ: 'JWT', kid: KEY_ID })
    const payload = base64url({ iss: ISSUER_URL, jti: randomUUID(), ...times, ...claims })
    const signature = createSign('RSA-SHA256').update(`${header}.${payload}`).sign(privateKey, 'base64url')
    return `${header}.${payload}.${signature}`
  }
  return {
    jwks: { keys: [{ ...publicJwk, kid: KEY_ID, alg: 'RS256', use: 'sig' }] },
    privateKeyPem,
    tokenFor,
    serve: async (claims) => {
      const requestToken = randomUUID()
      const owner = `https://github.com/${claims['repository_owner'] ?? ''}`
      const server = await listen((request, response) => {
        if (request.headers.authorization !== `Bearer ${requestToken}`)
          return answer(response, 401, { message: 'Bad credentials' })
        const audience = new URL(request.url ?? '/', 'http://localhost').searchParams.get('audience')
        return answer(response, 200, { value: tokenFor({ aud: audience ?? owner, ...claims }) })
      })
      return { requestUrl: `${server.url}/idtoken?api-version=2.0`, requestToken, close: server.close }
    },
  }
}
