import { createHash, createHmac } from 'node:crypto'
import { buffer } from 'node:stream/consumers'
import { gzipSync } from 'node:zlib'
import type { Account } from '@mlops/local-cloud'
import { pack } from 'tar-stream'
import { type AwsCredentials, signedHeaders } from '../src/image/sigv4.ts'

export const ACCOUNT = '123456789012'
const REGION = 'us-east-1'
const ADMIN: AwsCredentials = { accessKeyId: 'AKIALOCALADMIN000000', secretAccessKey: 'local-admin' }

const allow = (more: object) => ({ Version: '2012-10-17', Statement: [{ Effect: 'Allow', ...more }] })
const role = (name: string) => ({
  name,
  trust: allow({ Action: 'sts:AssumeRole', Principal: { AWS: `arn:aws:iam::${ACCOUNT}:root` } }),
  policies: {},
  maxSessionSeconds: 3600,
})

/** An account with two roles and a node that may pull images. */
export const account: Account = {
  accountId: ACCOUNT,
  region: REGION,
  admin: { accessKeyId: ADMIN.accessKeyId, secretAccessKey: ADMIN.secretAccessKey },
  oidcProviders: [],
  roles: [role('deployer'), role('stranger')],
  users: [
    {
      name: 'node',
      accessKeyId: 'AKIALOCALNODE0000000',
      secretAccessKey: 'local-node',
      policies: {
        pull: allow({ Action: ['ecr:BatchGetImage', 'ecr:GetDownloadUrlForLayer'], Resource: '*' }),
      },
    },
  ],
  buckets: [],
  objects: [],
  images: [],
  quotas: [],
}
export const NODE: AwsCredentials = { accessKeyId: 'AKIALOCALNODE0000000', secretAccessKey: 'local-node' }

interface Ask {
  readonly service: string
  readonly body: string
  readonly headers: Readonly<Record<string, string>>
}

const post = async (endpoint: string, { service, body, headers }: Ask): Promise<string> => {
  const { host } = new URL(endpoint)
  const signing = { host, body, headers, region: REGION, service, credentials: ADMIN, now: new Date() }
  const response = await fetch(endpoint, { method: 'POST', body, headers: signedHeaders(signing) })
  const text = await response.text()
  if (!response.ok) throw new Error(text)
  return text
}

/** Credentials of a session of a role. */
export const assume = async (endpoint: string, name: string): Promise<AwsCredentials> => {
  const roleArn = encodeURIComponent(`arn:aws:iam::${ACCOUNT}:role/${name}`)
  const body = `Action=AssumeRole&Version=2011-06-15&RoleArn=${roleArn}&RoleSessionName=run-7`
  const headers = { 'content-type': 'application/x-www-form-urlencoded' }
  const answer = await post(endpoint, { service: 'sts', body, headers })
  const of = (tag: string) => new RegExp(`<${tag}>([^<]*)</${tag}>`).exec(answer)?.[1] ?? ''
  return { accessKeyId: of('AccessKeyId'), secretAccessKey: of('SecretAccessKey'), sessionToken: of('SessionToken') }
}

const sha256 = (data: string | Buffer) => createHash('sha256').update(data).digest('hex')
const hmac = (key: string | Buffer, text: string) => createHmac('sha256', key).update(text).digest()
const encode = (text: string) =>
  encodeURIComponent(text).replaceAll(/[!'()*]/g, (one) => `%${one.charCodeAt(0).toString(16)}`)

/** A token for a cluster, as `aws eks get-token` makes it. */
export const eksToken = (endpoint: string, who: AwsCredentials, cluster: string, at = new Date()): string => {
  const { host } = new URL(endpoint)
  const date = at.toISOString().replaceAll(/[-:]|\.\d+/g, '')
  const scope = `${date.slice(0, 8)}/${REGION}/sts/aws4_request`
  const query = Object.entries({
    Action: 'GetCallerIdentity',
    Version: '2011-06-15',
    'X-Amz-Algorithm': 'AWS4-HMAC-SHA256',
    'X-Amz-Credential': `${who.accessKeyId}/${scope}`,
    'X-Amz-Date': date,
    'X-Amz-Expires': '60',
    ...(who.sessionToken !== undefined && { 'X-Amz-Security-Token': who.sessionToken }),
    'X-Amz-SignedHeaders': 'host;x-k8s-aws-id',
  })
    .map(([name, value]) => `${name}=${encode(value)}`)
    .join('&')
  const headers = `host:${host}\nx-k8s-aws-id:${cluster}\n`
  const canonical = ['GET', '/', query, headers, 'host;x-k8s-aws-id', sha256('')].join('\n')
  const toSign = ['AWS4-HMAC-SHA256', date, scope, sha256(canonical)].join('\n')
  const key = [REGION, 'sts', 'aws4_request'].reduce(hmac, hmac(`AWS4${who.secretAccessKey}`, date.slice(0, 8)))
  const signature = hmac(key, toSign).toString('hex')
  return `k8s-aws-v1.${Buffer.from(`http://${host}/?${query}&X-Amz-Signature=${signature}`).toString('base64url')}`
}

const ecr = async (
  endpoint: string,
  operation: string,
  members: object,
): Promise<Readonly<Record<string, unknown>>> => {
  const headers = {
    'content-type': 'application/x-amz-json-1.1',
    'x-amz-target': `AmazonEC2ContainerRegistry_V20150921.${operation}`,
  }
  return JSON.parse(await post(endpoint, { service: 'ecr', body: JSON.stringify(members), headers }))
}

const upload = async (endpoint: string, repositoryName: string, blob: Buffer, mediaType: string) => {
  const { uploadId } = await ecr(endpoint, 'InitiateLayerUpload', { repositoryName })
  const part = { partFirstByte: 0, partLastByte: blob.length - 1, layerPartBlob: blob.toString('base64') }
  await ecr(endpoint, 'UploadLayerPart', { repositoryName, uploadId, ...part })
  const digest = `sha256:${sha256(blob)}`
  await ecr(endpoint, 'CompleteLayerUpload', { repositoryName, uploadId, layerDigests: [digest] })
  return { mediaType, digest, size: blob.length }
}

/** Pushes an image of some files into a new repository and gives its reference by digest. */
export const pushImage = async (
  endpoint: string,
  repositoryName: string,
  files: Readonly<Record<string, string>>,
  config: object,
): Promise<string> => {
  await ecr(endpoint, 'CreateRepository', { repositoryName })
  const tar = pack()
  for (const [name, content] of Object.entries(files)) tar.entry({ name }, content)
  tar.finalize()
  const layer = await upload(
    endpoint,
    repositoryName,
    gzipSync(await buffer(tar)),
    'application/vnd.docker.image.rootfs.diff.tar.gzip',
  )
  const document = { architecture: process.arch === 'x64' ? 'amd64' : process.arch, os: 'linux', config }
  const blob = Buffer.from(JSON.stringify({ ...document, rootfs: { type: 'layers', diff_ids: [] } }))
  const described = await upload(endpoint, repositoryName, blob, 'application/vnd.docker.container.image.v1+json')
  const mediaType = 'application/vnd.docker.distribution.manifest.v2+json'
  const imageManifest = JSON.stringify({ schemaVersion: 2, mediaType, config: described, layers: [layer] })
  await ecr(endpoint, 'PutImage', { repositoryName, imageManifest, imageManifestMediaType: mediaType, imageTag: 'v1' })
  return `${ACCOUNT}.dkr.ecr.${REGION}.amazonaws.com/${repositoryName}@sha256:${sha256(imageManifest)}`
}
