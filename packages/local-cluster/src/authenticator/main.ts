// The TokenReview webhook of a local cluster: who holds a token is what STS says of the request that the token is.
import { readFileSync } from 'node:fs'
import { createServer, type IncomingMessage, request as httpRequest } from 'node:http'
import type { EksLogin } from './options.ts'
import { readToken, type SignedRequest, type User, userOf } from './token.ts'

const options = JSON.parse(readFileSync(process.argv[2] ?? '', 'utf8')) as EksLogin & { readonly port: number }

const textOf = async (message: IncomingMessage): Promise<string> => {
  const chunks: Buffer[] = []
  for await (const chunk of message) chunks.push(chunk as Buffer)
  return Buffer.concat(chunks).toString()
}

/** Sends the request on as it was signed, with the name of this cluster in the header that it covers. */
const askSts = ({ host, pathAndQuery }: SignedRequest): Promise<IncomingMessage> =>
  new Promise((resolve, reject) => {
    const headers = { host, 'x-k8s-aws-id': options.clusterName, accept: 'application/json' }
    const request = httpRequest(new URL(pathAndQuery, options.stsEndpoint), { headers, timeout: 10_000 }, resolve)
    request.on('timeout', () => request.destroy(new Error('STS did not answer in 10 s')))
    request.on('error', reject)
    request.end()
  })

const authenticate = async (token: string): Promise<User | string> => {
  const reading = readToken(token, options.stsEndpoint, Date.now())
  if ('refused' in reading) return reading.refused
  const response = await askSts(reading.request)
  const answer = await textOf(response)
  if (response.statusCode !== 200) return `STS refused (${response.statusCode}): ${answer.slice(0, 300)}`
  const arn = /arn:[^<"\s]*:assumed-role\/[^<"\s]*/.exec(answer)?.[0] ?? ''
  return userOf(arn, options.accessEntries) ?? `no access entry for ${arn || 'who is not the session of a role'}`
}

interface TokenReview {
  readonly apiVersion: string
  readonly spec: { readonly token: string }
}

const review = async (body: string) => {
  const { apiVersion, spec } = JSON.parse(body) as TokenReview
  const user = await authenticate(spec.token).catch(String)
  const refused = typeof user === 'string'
  console.log(new Date().toISOString(), refused ? `refused: ${user}` : `${user.username} ${user.groups.join(',')}`)
  const status = refused ? { authenticated: false, error: user } : { authenticated: true, user }
  return { apiVersion, kind: 'TokenReview', status }
}

createServer((request, response) => {
  textOf(request)
    .then(review)
    .then(
      (answer) => response.setHeader('content-type', 'application/json').end(JSON.stringify(answer)),
      (error: unknown) => response.writeHead(400).end(String(error)),
    )
}).listen(options.port, '127.0.0.1')
