import {
  ActionError,
  type EcrImage,
  type ImageRegistry,
  type Log,
  parseEcrImage,
  type StoredManifest,
} from '@mlops/core'
import { readImage } from './base-image.ts'

const MODEL_LABEL = 'mlops.model-package-arn'

export interface ImageLookup {
  /** Undefined when nobody can say: the image is not in ECR, or ECR can't be asked. */
  readonly exists: (image: string) => Promise<boolean | undefined>
  /** The model package that the first of these images with one names. */
  readonly modelPackage: (images: readonly string[]) => Promise<string | undefined>
}

type Found = { readonly kind: 'there'; readonly manifest: StoredManifest } | { readonly kind: 'absent' | 'unknown' }

const manifestOf = (registry: ImageRegistry, { tag = 'latest', digest, ...repository }: EcrImage) =>
  registry.manifest(repository, digest === undefined ? { tag } : { digest })

/** Looks images up in ECR, each once, by one client a region. What ECR says is certain; that it can't be asked is said once, and stops nothing. */
export const imageLookup = (
  openRegistry: (region: string) => ImageRegistry | undefined,
  { warning }: Pick<Log, 'warning'>,
): ImageLookup => {
  let silent = false
  const registries = new Map<string, ImageRegistry | undefined>()
  const registryOf = (region: string) => {
    if (!registries.has(region)) registries.set(region, openRegistry(region))
    return registries.get(region)
  }
  const look = async (image: EcrImage): Promise<Found> => {
    const registry = registryOf(image.region)
    if (registry === undefined) return { kind: 'unknown' }
    try {
      const manifest = await manifestOf(registry, image)
      return manifest === undefined ? { kind: 'absent' } : { kind: 'there', manifest }
    } catch (error) {
      if (!(error instanceof ActionError) || error.facts.kind === 'cancelled') throw error
      // There is no such repository.
      if (error.facts.code === 'E-IMAGE' && error.facts.kind === 'user') return { kind: 'absent' }
      if (!silent) warning(`whether the images are there is not known: ${error.message}`)
      silent = true
      return { kind: 'unknown' }
    }
  }
  const looked = new Map<string, Promise<Found>>()
  const find = (image: string, parsed: EcrImage) => {
    const known = looked.get(image) ?? look(parsed)
    looked.set(image, known)
    return known
  }
  const labelOf = async (image: string): Promise<string | undefined> => {
    const parsed = parseEcrImage(image)
    if (parsed === undefined) return undefined
    const [registry, found] = [registryOf(parsed.region), await find(image, parsed)]
    if (registry === undefined || found.kind !== 'there') return undefined
    const read = await readImage(registry, parsed, found.manifest).catch((error: unknown) => {
      // A list of images, or one that another tool has packed, can be deployed too.
      if (error instanceof ActionError && error.facts.code === 'E-IMAGE') return undefined
      throw error
    })
    return read?.config.config?.Labels?.[MODEL_LABEL]
  }
  return {
    exists: async (image) => {
      const parsed = parseEcrImage(image)
      const found = parsed === undefined ? undefined : await find(image, parsed)
      return found === undefined || found.kind === 'unknown' ? undefined : found.kind === 'there'
    },
    modelPackage: async (images) => {
      for (const image of images) {
        const label = await labelOf(image)
        if (label !== undefined) return label
      }
      return undefined
    },
  }
}
