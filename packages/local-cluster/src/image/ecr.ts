import { createHash } from 'node:crypto'
import { mkdirSync } from 'node:fs'
import { MAX_BYTES, unpackLayer } from './layers.ts'
import type { ImageReference } from './reference.ts'
import { type AwsCredentials, signedHeaders } from './sigv4.ts'
import { type Image, type ImageConfig, type ImageSource, PullError, type PullFault } from './source.ts'

export interface EcrOptions {
  /** Where the ECR API is. */
  readonly endpoint: string
  /** Of the node: who pulls. */
  readonly credentials: AwsCredentials
}

interface Descriptor {
  readonly mediaType: string
  readonly digest: string
  readonly size: number
}

interface Manifest {
  readonly config?: Descriptor
  readonly layers?: readonly Descriptor[]
  readonly manifests?: readonly (Descriptor & { readonly platform?: { readonly architecture?: string } })[]
}

const REGISTRY = /^(\d{12})\.dkr\.ecr(?:-fips)?\.([a-z0-9-]+)\.amazonaws\.com(?:\.cn)?$/
const MANIFESTS = [
  'application/vnd.docker.distribution.manifest.v2+json',
  'application/vnd.docker.distribution.manifest.list.v2+json',
  'application/vnd.oci.image.manifest.v1+json',
  'application/vnd.oci.image.index.v1+json',
]

const faultOf = (code: string, status: number): PullFault => {
  if (/NotFound/.test(code)) return 'not-found'
  if (status === 429 || /Throttling|TooManyRequests|LimitExceeded/.test(code)) return 'throttled'
  if (status === 403 || /AccessDenied|Unrecognized|Expired|Signature|Token/.test(code)) return 'unauthorized'
  return status >= 500 ? 'unavailable' : 'not-found'
}

const fetched = async (url: string, init: RequestInit = {}): Promise<Response> => {
  try {
    return await fetch(url, init)
  } catch (error) {
    const { cause } = error as { readonly cause?: { readonly message?: string } }
    throw new PullError('unavailable', `dial tcp: ${cause?.message ?? String(error)}`)
  }
}

const sha256 = (data: string | Buffer) => `sha256:${createHash('sha256').update(data).digest('hex')}`

const checked = (what: string, data: Buffer, digest: string): Buffer => {
  if (sha256(data) !== digest) throw new PullError('unavailable', `${what} is not what its digest says: ${digest}`)
  return data
}

interface Repository {
  readonly registryId: string
  readonly region: string
  readonly name: string
}

const repositoryOf = ({ domain, path }: ImageReference): Repository => {
  const [, registryId, region] = REGISTRY.exec(domain) ?? []
  if (registryId === undefined || region === undefined)
    throw new PullError('unavailable', `dial tcp: lookup ${domain}: no such host: this node pulls from ECR only`)
  return { registryId, region, name: path }
}

/** Pulls through the ECR API: no Docker engine, and no registry protocol. */
export const ecrImages = ({ endpoint, credentials }: EcrOptions): ImageSource => {
  const ask = async <T>({ registryId, region, name }: Repository, operation: string, members: object): Promise<T> => {
    const body = JSON.stringify({ registryId, repositoryName: name, ...members })
    const target = `AmazonEC2ContainerRegistry_V20150921.${operation}`
    const headers = { 'content-type': 'application/x-amz-json-1.1', 'x-amz-target': target }
    const signing = {
      host: new URL(endpoint).host,
      body,
      headers,
      region,
      service: 'ecr',
      credentials,
      now: new Date(),
    }
    const response = await fetched(endpoint, { method: 'POST', body, headers: signedHeaders(signing) })
    const answer = (await response.json()) as T & { readonly __type?: string; readonly message?: string }
    if (response.ok) return answer
    const { __type: type = '' } = answer
    const code = type.split('#').at(-1) ?? ''
    throw new PullError(faultOf(code, response.status), `${code}: ${answer.message ?? response.status}`)
  }

  const manifest = async (repository: Repository, imageId: object): Promise<{ text: string; digest: string }> => {
    const { images = [], failures = [] } = await ask<{
      readonly images?: readonly {
        readonly imageManifest: string
        readonly imageId: { readonly imageDigest: string }
      }[]
      readonly failures?: readonly { readonly failureCode: string; readonly failureReason: string }[]
    }>(repository, 'BatchGetImage', { imageIds: [imageId], acceptedMediaTypes: MANIFESTS })
    const [image] = images
    if (image === undefined) throw new PullError('not-found', failures[0]?.failureReason ?? 'no such image')
    const { imageDigest } = image.imageId
    checked('a manifest', Buffer.from(image.imageManifest), imageDigest)
    return { text: image.imageManifest, digest: imageDigest }
  }

  const blob = async (repository: Repository, { digest }: Descriptor): Promise<Buffer> => {
    const { downloadUrl } = await ask<{ readonly downloadUrl: string }>(repository, 'GetDownloadUrlForLayer', {
      layerDigest: digest,
    })
    const response = await fetched(downloadUrl)
    if (!response.ok) throw new PullError(faultOf('', response.status), `${response.status} for layer ${digest}`)
    return checked('a layer', Buffer.from(await response.arrayBuffer()), digest)
  }

  const pull = async (reference: ImageReference, folder: string): Promise<Image> => {
    const repository = repositoryOf(reference)
    const { digest, tag } = reference
    const top = await manifest(repository, digest === undefined ? { imageTag: tag } : { imageDigest: digest })
    const index = (JSON.parse(top.text) as Manifest).manifests
    const ours = index?.find(({ platform }) => platform?.architecture === nodeArchitecture())
    if (index !== undefined && ours === undefined) throw new PullError('not-found', 'no match for platform in manifest')
    const { text } = ours === undefined ? top : await manifest(repository, { imageDigest: ours.digest })
    const { config, layers = [] } = JSON.parse(text) as Manifest
    if (config === undefined) throw new PullError('not-found', 'the manifest has no config')
    const document = JSON.parse((await blob(repository, config)).toString()) as ImageConfig
    mkdirSync(folder, { recursive: true })
    const room = { left: MAX_BYTES }
    for (const layer of layers) await unpackLayer(await blob(repository, layer), folder, room)
    const bytes = layers.reduce((sum, { size }) => sum + size, 0)
    return { digest: top.digest, config: document, rootfs: folder, bytes }
  }
  return { pull }
}

/** How images call the architecture of this machine. */
export const nodeArchitecture = (): string => (process.arch === 'x64' ? 'amd64' : process.arch)
