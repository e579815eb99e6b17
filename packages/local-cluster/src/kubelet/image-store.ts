import { join } from 'node:path'
import { type ImageReference, parseReference } from '../image/reference.ts'
import { type Image, type ImageSource, PullError, type PullFault, pullMessage } from '../image/source.ts'

/** A trouble that is to befall pulls. */
export interface PullTrouble {
  /** Part of the references that it befalls. */
  readonly reference: string
  readonly fault: PullFault
  /** How long; until it is cleared when not given. */
  readonly seconds?: number
}

/** Why a container has no image: the reason of its waiting state. */
export class ImageError extends Error {
  readonly reason: 'ErrImagePull' | 'InvalidImageName' | 'ErrImageNeverPull'
  constructor(reason: ImageError['reason'], message: string) {
    super(message)
    this.reason = reason
  }
}

/** Reads the name of an image. Throws ImageError. */
export const checkReference = (text: string): ImageReference => {
  const reference = parseReference(text)
  if (reference !== undefined) return reference
  const why = `couldn't parse image name "${text}": invalid reference format`
  throw new ImageError('InvalidImageName', `Failed to apply default image tag "${text}": ${why}`)
}

export interface ImageStore {
  readonly find: (reference: string) => Image | undefined
  /** Pulls, once at a time for each reference. Throws ImageError. */
  readonly pull: (reference: string) => Promise<Image>
  readonly trouble: (trouble: PullTrouble) => void
  readonly clearTroubles: () => void
}

/** The images of a node, unpacked below a folder. */
export const createImageStore = (source: ImageSource, folder: string): ImageStore => {
  const present = new Map<string, Image>()
  const pulling = new Map<string, Promise<Image>>()
  let troubles: readonly (PullTrouble & { readonly until: number })[] = []
  let pulls = 0

  const fetchImage = async (text: string): Promise<Image> => {
    const reference = checkReference(text)
    const found = troubles.find((one) => text.includes(one.reference) && one.until > Date.now())
    try {
      if (found !== undefined) throw new PullError(found.fault, 'so it was asked for')
      pulls += 1
      const image = await source.pull(reference, join(folder, String(pulls)))
      present.set(text, image)
      return image
    } catch (error) {
      const fault = error instanceof PullError ? error : new PullError('unavailable', String(error))
      throw new ImageError('ErrImagePull', pullMessage(reference, fault))
    }
  }

  return {
    find: (text) => present.get(text),
    pull: (text) => {
      const running = pulling.get(text) ?? fetchImage(text).finally(() => pulling.delete(text))
      pulling.set(text, running)
      return running
    },
    trouble: (trouble) => {
      troubles = [...troubles, { ...trouble, until: Date.now() + (trouble.seconds ?? Infinity) * 1000 }]
    },
    clearTroubles: () => {
      troubles = []
    },
  }
}
