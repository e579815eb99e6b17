import { createHash } from 'node:crypto'
import { type Blob, canonicalJson, type StoredManifest } from '@mlops/core'
import type { Layer } from './layer.ts'

/** Docker's media types, and none of OCI's: SageMaker takes no others (aws/sagemaker-feedback issue 180). */
export const DOCKER_MANIFEST = 'application/vnd.docker.distribution.manifest.v2+json'
const DOCKER_CONFIG = 'application/vnd.docker.container.image.v1+json'
const DOCKER_LAYER = 'application/vnd.docker.image.rootfs.diff.tar.gzip'

/** What a container of an image starts as; in Docker's own field names. */
interface ContainerConfig {
  readonly Env?: readonly string[]
  readonly Entrypoint?: readonly string[]
  readonly Cmd?: readonly string[]
  readonly WorkingDir?: string
  readonly User?: string
  readonly ExposedPorts?: Readonly<Record<string, object>>
  readonly Labels?: Readonly<Record<string, string>>
  readonly [field: string]: unknown
}

/** The configuration of an image (Docker image specification 1.2). */
export interface ImageConfig {
  readonly architecture: string
  readonly os: string
  readonly created?: string
  readonly config?: ContainerConfig
  readonly rootfs: { readonly type: 'layers'; readonly diff_ids: readonly string[] }
  readonly history?: readonly object[]
  readonly [field: string]: unknown
}

export interface LayerReference {
  readonly digest: string
  readonly size: number
}

/** An image that others are built on. */
export interface BaseImage {
  readonly config: ImageConfig
  readonly layers: readonly LayerReference[]
}

export interface ImageParts {
  readonly base?: BaseImage
  readonly layers: readonly Layer[]
  readonly labels: Readonly<Record<string, string>>
  readonly workingDirectory: string
  readonly entrypoint?: readonly string[]
  readonly cmd?: readonly string[]
  readonly port: number
}

/** Everything that has to be in a registry for an image to be there. */
export interface Image {
  readonly manifest: StoredManifest
  readonly config: ImageConfig
  readonly configBlob: Blob
  /** Of the base first. */
  readonly layers: readonly (LayerReference | Layer)[]
}

const digestOf = (bytes: string | Uint8Array) => `sha256:${createHash('sha256').update(bytes).digest('hex')}`

/** A text as a blob. */
const textBlob = (text: string): Blob => {
  const bytes = Buffer.from(text)
  return {
    digest: digestOf(bytes),
    size: bytes.length,
    read: (from, length) => Promise.resolve(bytes.subarray(from, from + length)),
  }
}

/** The date that says that none is told. */
const NO_DATE = '1970-01-01T00:00:00Z'

const EMPTY: BaseImage = {
  config: { architecture: 'amd64', os: 'linux', rootfs: { type: 'layers', diff_ids: [] }, history: [] },
  layers: [],
}

const configOf = ({
  base = EMPTY,
  layers,
  labels,
  workingDirectory,
  entrypoint,
  cmd,
  port,
}: ImageParts): ImageConfig => {
  const { config: inherited = {}, rootfs, history = [] } = base.config
  return {
    architecture: base.config.architecture,
    os: base.config.os,
    ...(base.config['variant'] === undefined ? {} : { variant: base.config['variant'] }),
    created: NO_DATE,
    config: {
      ...inherited,
      WorkingDir: workingDirectory,
      ...(entrypoint === undefined ? {} : { Entrypoint: entrypoint, Cmd: [] }),
      ...(cmd === undefined ? {} : { Cmd: cmd }),
      ExposedPorts: { ...inherited.ExposedPorts, [`${port}/tcp`]: {} },
      Labels: { ...inherited.Labels, ...labels },
    },
    rootfs: { type: 'layers', diff_ids: [...rootfs.diff_ids, ...layers.map(({ diffId }) => diffId)] },
    history: [...history, ...layers.map(({ createdBy }) => ({ created: NO_DATE, created_by: createdBy }))],
  }
}

/** A manifest of one image, by the digest of its very text. */
const manifestOf = (config: Blob, layers: readonly LayerReference[]): StoredManifest => {
  const text = canonicalJson({
    schemaVersion: 2,
    mediaType: DOCKER_MANIFEST,
    config: { mediaType: DOCKER_CONFIG, digest: config.digest, size: config.size },
    layers: layers.map(({ digest, size }) => ({ mediaType: DOCKER_LAYER, digest, size })),
  })
  return { digest: digestOf(text), mediaType: DOCKER_MANIFEST, text }
}

/** Puts an image together. Equal parts give equal digests on every machine. */
export const assembleImage = (parts: ImageParts): Image => {
  const config = configOf(parts)
  const configBlob = textBlob(canonicalJson(config))
  const layers = [...(parts.base ?? EMPTY).layers, ...parts.layers]
  return { manifest: manifestOf(configBlob, layers), config, configBlob, layers }
}

/** The label that differs from build to build, though the image is the same. */
export const BUILD_LABEL = 'mlops.build-id'

/** What an image is made of, in words that are equal for equal images of different builds. */
export const contentOf = (config: ImageConfig): string => {
  const { [BUILD_LABEL]: _, ...labels } = config.config?.Labels ?? {}
  return canonicalJson({ ...config, config: { ...config.config, Labels: labels } })
}
