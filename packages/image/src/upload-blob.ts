import type { Blob, EcrRepository } from '@mlops/core'
import { inRepository, nameOf } from './calls.ts'
import type { EcrClient } from './ecr-client.ts'

/** How often an upload that ECR has lost is begun anew, and a part that it does not take is sent. */
const TRIES = 3
/** Parts of less are refused, but for the last one (API reference, CompleteLayerUpload). */
const SMALLEST_PART = 5 * 2 ** 20
const LARGEST_PART = 20 * 2 ** 20

/** Where ECR stands, when it says that a part does not follow what it has. */
const receivedSoFar = (error: unknown): number | undefined => {
  if (nameOf(error) !== 'InvalidLayerPartException') return undefined
  const last = (error as { readonly lastValidByteReceived?: number }).lastValidByteReceived
  return last === undefined ? undefined : last + 1
}

/**
 * Uploads a blob in parts, one after the other: ECR takes none that does not follow the last. A part whose answer was lost
 * is not sent again, as ECR tells how far it is.
 */
const uploadOnce = async (ecr: EcrClient, repository: EcrRepository, blob: Blob) => {
  const where = inRepository(repository)
  const { uploadId, partSize = LARGEST_PART } = await ecr.initiateLayerUpload(where)
  const size = Math.min(LARGEST_PART, Math.max(SMALLEST_PART, partSize))
  for (let from = 0, stuck = 0; from < blob.size;) {
    const bytes = await blob.read(from, size)
    const part = { partFirstByte: from, partLastByte: from + bytes.length - 1, layerPartBlob: bytes }
    try {
      await ecr.uploadLayerPart({ ...where, uploadId, ...part })
      from += bytes.length
    } catch (error) {
      const received = receivedSoFar(error)
      stuck = received === from ? stuck + 1 : 0
      if (received === undefined || received > blob.size || stuck === TRIES) throw error
      from = received
    }
  }
  await ecr.completeLayerUpload({ ...where, uploadId, layerDigests: [blob.digest] })
}

/**
 * Uploads a blob; one that somebody else has uploaded meanwhile is as good.
 *
 * @param isThere asks ECR whether it has the blob: an upload that it no longer knows may have been completed
 */
export const uploadBlob = async (
  ecr: EcrClient,
  repository: EcrRepository,
  blob: Blob,
  isThere: () => Promise<boolean>,
): Promise<void> => {
  for (let tries = 1; ; tries += 1)
    try {
      return await uploadOnce(ecr, repository, blob)
    } catch (error) {
      if (nameOf(error) === 'LayerAlreadyExistsException') return
      if (nameOf(error) !== 'UploadNotFoundException') throw error
      if (await isThere()) return
      if (tries === TRIES) throw error
    }
}
