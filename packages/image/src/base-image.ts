import { ActionError, type EcrImage, type EcrRepository, type ImageRegistry, type StoredManifest } from '@mlops/core'
import type { BaseImage, ImageConfig, LayerReference } from './documents.ts'

const MANIFESTS = new Set([
  'application/vnd.docker.distribution.manifest.v2+json',
  'application/vnd.oci.image.manifest.v1+json',
])
/** The bytes of both are the same. */
const GZIPPED = new Set([
  'application/vnd.docker.image.rootfs.diff.tar.gzip',
  'application/vnd.oci.image.layer.v1.tar+gzip',
])

const refuse = ({ name }: EcrRepository, why: string, hint: string) =>
  new ActionError({ code: 'E-IMAGE', kind: 'user', what: `an image of ${name} can't be used`, why, hint })

interface ManifestDocument {
  readonly config?: { readonly digest?: string }
  readonly layers?: readonly { readonly digest?: string; readonly size?: number; readonly mediaType?: string }[]
}

/** Reads an image whose manifest is at hand. Throws E-IMAGE for a list of images, and for layers that are not gzipped. */
export const readImage = async (
  registry: ImageRegistry,
  repository: EcrRepository,
  { mediaType, text }: StoredManifest,
): Promise<BaseImage> => {
  if (!MANIFESTS.has(mediaType))
    throw refuse(
      repository,
      `it is of the kind ${mediaType}, a list of images for several machines`,
      'name the digest of the one for linux/amd64',
    )
  const { config, layers = [] } = JSON.parse(text) as ManifestDocument
  const foreign = layers.find((layer) => !GZIPPED.has(layer.mediaType ?? ''))
  if (foreign !== undefined)
    throw refuse(
      repository,
      `a layer of it is of the kind ${foreign.mediaType ?? 'none'}`,
      'use one with gzipped layers',
    )
  return {
    config: JSON.parse(await registry.readText(repository, config?.digest ?? '')) as ImageConfig,
    layers: layers.map(({ digest = '', size = 0 }): LayerReference => ({ digest, size })),
  }
}

/** The base that an image is built on. Throws E-IMAGE when it is not there. */
export const readBaseImage = async (
  registry: ImageRegistry,
  base: EcrImage & { readonly digest: string },
): Promise<BaseImage> => {
  const found = await registry.manifest(base, { digest: base.digest })
  if (found !== undefined) return readImage(registry, base, found)
  throw new ActionError({
    code: 'E-IMAGE',
    kind: 'user',
    what: `the base image ${base.name}@${base.digest} is not there`,
    why: `the registry of ${base.account}, ${base.region} holds no image of that digest; a lifecycle policy may have deleted it`,
    hint: 'name the digest of an image that exists, and keep base images out of lifecycle policies',
  })
}
