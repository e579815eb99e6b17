import { differences, type Log, type Objects, type RunKey, type S3Uri } from '@mlops/core'

/** What the last run of a job name prefix worked on, so that the next can say what changed. */
interface KeyRecord {
  readonly version: 1
  readonly job: string
  readonly digest: string
  readonly parts: RunKey['parts']
}

const isRecord = (value: unknown): value is KeyRecord =>
  typeof value === 'object' &&
  value !== null &&
  (value as KeyRecord).version === 1 &&
  typeof (value as KeyRecord).job === 'string' &&
  typeof (value as KeyRecord).digest === 'string' &&
  typeof (value as KeyRecord).parts === 'object'

const explain = (before: KeyRecord | undefined, key: RunKey): string => {
  if (before === undefined) return 'no earlier run is recorded'
  const changed = differences(before.parts, key.parts)
  return changed.length === 0 ? `the same content as ${before.job}, whose result is not reused` : changed.join(', ')
}

const read = async (objects: Objects, uri: S3Uri): Promise<KeyRecord | undefined> => {
  const found = await objects.read(uri)
  if (found === undefined) return undefined
  try {
    const parsed = JSON.parse(found.text) as unknown
    return isRecord(parsed) ? parsed : undefined
  } catch {
    return undefined
  }
}

/**
 * Says what changed since the last run that is recorded at `uri`, and records this one. The record explains and decides
 * nothing, so a store that refuses it costs a warning only.
 */
export const recordRun = async (objects: Objects, uri: S3Uri, job: string, key: RunKey, log: Log): Promise<string> => {
  try {
    const because = explain(await read(objects, uri), key)
    const record: KeyRecord = { version: 1, job, digest: key.digest, parts: key.parts }
    await objects.write(uri, JSON.stringify(record))
    return because
  } catch (error) {
    log.warning(`what changed since the last run cannot be told: ${String(error)}`)
    return 'what changed cannot be told'
  }
}
