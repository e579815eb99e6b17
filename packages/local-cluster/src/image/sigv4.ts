import { createHash, createHmac } from 'node:crypto'

export interface AwsCredentials {
  readonly accessKeyId: string
  readonly secretAccessKey: string
  readonly sessionToken?: string | undefined
}

export interface SignOptions {
  readonly host: string
  readonly body: string
  readonly headers: Readonly<Record<string, string>>
  readonly region: string
  readonly service: string
  readonly credentials: AwsCredentials
  readonly now: Date
}

const sha256 = (text: string) => createHash('sha256').update(text).digest('hex')
const hmac = (key: string | Buffer, text: string) => createHmac('sha256', key).update(text).digest()

/**
 * Headers of a POST to `/` with its signature.
 *
 * @see https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv-create-signed-request.html
 */
export const signedHeaders = (options: SignOptions): Readonly<Record<string, string>> => {
  const { host, body, region, service, credentials, now } = options
  const date = now.toISOString().replaceAll(/[-:]|\.\d+/g, '')
  const headers: Readonly<Record<string, string>> = {
    ...options.headers,
    host,
    'x-amz-date': date,
    ...(credentials.sessionToken !== undefined && { 'x-amz-security-token': credentials.sessionToken }),
  }
  const names = Object.keys(headers).toSorted()
  const canonicalHeaders = names.map((name) => `${name}:${headers[name]?.trim()}\n`).join('')
  const canonical = ['POST', '/', '', canonicalHeaders, names.join(';'), sha256(body)].join('\n')
  const scope = `${date.slice(0, 8)}/${region}/${service}/aws4_request`
  const toSign = ['AWS4-HMAC-SHA256', date, scope, sha256(canonical)].join('\n')
  const day = hmac(`AWS4${credentials.secretAccessKey}`, date.slice(0, 8))
  const key = hmac(hmac(hmac(day, region), service), 'aws4_request')
  const signature = hmac(key, toSign).toString('hex')
  const credential = `${credentials.accessKeyId}/${scope}`
  return {
    ...headers,
    authorization: `AWS4-HMAC-SHA256 Credential=${credential}, SignedHeaders=${names.join(';')}, Signature=${signature}`,
  }
}
