import type { Clock, Objects, S3Uri, StoredObject } from '@mlops/core'

const TRIES = 5
const BETWEEN_MS = 2500

/** Looks for an object that must be there by now, five times within ten seconds; undefined when it is not. */
export const awaitObject = async (
  objects: Objects,
  uri: S3Uri,
  { clock, signal }: { readonly clock: Clock; readonly signal: AbortSignal },
): Promise<StoredObject | undefined> => {
  for (let tries = 1; ; tries += 1) {
    const found = await objects.head(uri)
    if (found !== undefined || tries === TRIES) return found
    await clock.sleep(BETWEEN_MS, signal)
  }
}
