import { isRecord } from '../registry/document.ts'
import type { KubernetesObject } from './kubernetes-object.ts'

/** An image as it is written in a pod. */
export interface ImageName {
  /** Registry and repository. */
  readonly name: string
  readonly tag?: string
  readonly digest?: string
}

/**
 * Reads an image as kustomize does: the first colon after the first slash begins a tag, so that the port of a registry is
 * part of the name (kustomize, api/internal/image, Split).
 */
export const readImageName = (image: string): ImageName => {
  const [whole = '', digest] = image.split('@', 2)
  const slash = Math.max(0, whole.indexOf('/'))
  const colon = whole.indexOf(':', slash)
  return {
    name: colon < 0 ? whole : whole.slice(0, colon),
    ...(colon < 0 ? {} : { tag: whole.slice(colon + 1) }),
    ...(digest === undefined ? {} : { digest }),
  }
}

/** Whether an image is named by its digest, so that it is the same one tomorrow. */
export const isPinned = (image: string): boolean => /^\S+@sha256:[0-9a-f]{64}$/.test(image)

const CONTAINERS: ReadonlySet<string> = new Set(['containers', 'initContainers', 'ephemeralContainers'])

/** The value with every image replaced that a container of it has, wherever it lies: pods, templates, CronJobs, CRDs. */
const withImages = (value: unknown, replace: (image: string) => string, ofContainer = false): unknown => {
  if (Array.isArray(value)) return value.map((item) => withImages(item, replace, ofContainer))
  if (!isRecord(value)) return value
  return Object.fromEntries(
    Object.entries(value).map(([key, field]) => [
      key,
      ofContainer && key === 'image' && typeof field === 'string'
        ? replace(field)
        : withImages(field, replace, CONTAINERS.has(key) && Array.isArray(field)),
    ]),
  )
}

/** The object with its images replaced. */
export const replaceImages = (object: KubernetesObject, replace: (image: string) => string): KubernetesObject =>
  withImages(object, replace) as KubernetesObject

/** Each image of some objects once, in their order. */
export const imagesOf = (objects: readonly KubernetesObject[]): readonly string[] => {
  const found = new Set<string>()
  for (const object of objects)
    replaceImages(object, (image) => {
      found.add(image)
      return image
    })
  return [...found]
}
