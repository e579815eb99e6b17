import { join } from 'node:path'
import type { Blob, EcrRepository, ImageRegistry } from '@mlops/core'
import type { Image, LayerReference } from './documents.ts'
import { blobFile } from './layer.ts'

/** Layers that are on their way at once; the parts of one follow each other. */
const AT_ONCE = 4

export interface Pushed {
  readonly layers: number
  readonly bytes: number
}

export interface PushOptions {
  /** Where the layers of the base lie. */
  readonly base?: EcrRepository
  /** Folder for layers that have to be copied from there. */
  readonly folder: string
  readonly signal: AbortSignal
}

const isBlob = (layer: LayerReference | Blob): layer is Blob => 'read' in layer

/** Brings a layer of the base here, as ECR's API can't copy one between repositories. */
const fetchLayer = async (
  registry: ImageRegistry,
  { digest, size }: LayerReference,
  { base, folder }: PushOptions,
): Promise<Blob> => {
  if (base === undefined) throw new Error(`nobody knows where ${digest} lies`)
  const path = join(folder, digest.replace(':', '-'))
  await registry.fetch(base, digest, path)
  return blobFile(path, digest, size)
}

/** Runs work on all items, a few at once; the first failure ends it once those under way have ended. */
const inParallel = async <T>(items: readonly T[], work: (item: T) => Promise<void>): Promise<void> => {
  const waiting = [...items]
  let failure: { readonly error: unknown } | undefined
  const worker = async () => {
    for (let item = waiting.shift(); item !== undefined && failure === undefined; item = waiting.shift())
      try {
        await work(item)
      } catch (error) {
        failure ??= { error }
      }
  }
  await Promise.all(Array.from({ length: AT_ONCE }, worker))
  if (failure !== undefined) throw failure.error
}

/**
 * Pushes an image without a tag: whatever its repository has already is not sent again, so a push that was interrupted goes
 * on where it was. Nobody who pulls by tag can meet the image yet.
 */
export const pushImage = async (
  registry: ImageRegistry,
  repository: EcrRepository,
  { manifest, configBlob, layers }: Image,
  options: PushOptions,
): Promise<Pushed> => {
  const all = [...layers, configBlob]
  const missing = new Set(
    await registry.missing(
      repository,
      all.map(({ digest }) => digest),
    ),
  )
  // A layer may come twice in an image.
  const wanted = [...new Map(all.map((one) => [one.digest, one])).values()].filter(({ digest }) => missing.has(digest))
  await inParallel(wanted, async (one) => {
    options.signal.throwIfAborted()
    await registry.upload(repository, isBlob(one) ? one : await fetchLayer(registry, one, options))
  })
  await registry.put(repository, manifest)
  const sent = wanted.filter(({ digest }) => digest !== configBlob.digest)
  return { layers: sent.length, bytes: wanted.reduce((sum, { size }) => sum + size, 0) }
}
