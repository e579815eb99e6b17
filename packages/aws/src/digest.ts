import { createHash } from 'node:crypto'
import { ActionError, type OpenObject, type S3Uri } from '@mlops/core'
import type { Locations } from './locations.ts'

const missing = (location: string, what: string) =>
  new ActionError({
    code: 'E-NO-DATA',
    kind: 'user',
    what: `${what} is not there`,
    why: `nothing lies at ${location}`,
    hint: 'check the place, and whether the step that writes there has run',
  })

const opened = async (places: Pick<Locations, 'open'>, location: string, what: string): Promise<OpenObject> => {
  const found = await places.open(location)
  if (found === undefined) throw missing(location, what)
  return found
}

export interface DigestedBytes {
  /** `sha256:<hex>`. */
  readonly digest: string
  readonly etag: string
}

/**
 * Digest of a file of any size, with the ETag of the very version that was read. Throws E-NO-DATA when it is not there.
 *
 * @param what what the file is, for the message
 */
export const digestOf = async (
  places: Pick<Locations, 'open'>,
  location: S3Uri | string,
  what: string,
): Promise<DigestedBytes> => {
  const { body, etag } = await opened(places, location, what)
  const hash = createHash('sha256')
  for await (const chunk of body) hash.update(chunk)
  return { digest: `sha256:${hash.digest('hex')}`, etag }
}

/** A whole small file with its digest. Throws E-NO-DATA when it is not there, E-FORMAT when it is larger than `limit`. */
export const readDigested = async (
  places: Pick<Locations, 'open'>,
  location: S3Uri | string,
  what: string,
  limit: number,
): Promise<{ readonly bytes: Uint8Array; readonly digest: string }> => {
  const { body, size } = await opened(places, location, what)
  if (size > limit)
    throw new ActionError({
      code: 'E-FORMAT',
      kind: 'user',
      what: `${what} has ${size} bytes`,
      why: `at most ${limit} are read (${location})`,
      hint: 'give the file that the gate has written',
    })
  const chunks: Uint8Array[] = []
  for await (const chunk of body) chunks.push(chunk)
  const bytes = Buffer.concat(chunks)
  return { bytes, digest: `sha256:${createHash('sha256').update(bytes).digest('hex')}` }
}
