import type { S3Uri } from '../brand.ts'
import type { Sha256 } from '../naming.ts'
import type { StoredObject } from '../objects.ts'
import { canonicalJson, type RunKey } from './run-key.ts'

/** latest.json: which data set counts. Part of the public interface: a field is added, never renamed. */
export interface DataManifest {
  readonly version: 1
  readonly job: string
  readonly runKey: string
  readonly parts: RunKey['parts']
  /** Id of the workflow run that published it. */
  readonly runId: string
  readonly sha: string
  readonly fingerprint: string
  readonly outputs: Readonly<Record<string, S3Uri>>
}

const isTexts = (value: unknown): value is Readonly<Record<string, string>> =>
  typeof value === 'object' && value !== null && Object.values(value).every((text) => typeof text === 'string')

/** Undefined when the text is not a manifest that this version can read. */
export const parseManifest = (text: string): DataManifest | undefined => {
  try {
    const value = JSON.parse(text) as Partial<Record<keyof DataManifest, unknown>> | null
    const { version, job, runKey, parts, runId, sha, fingerprint, outputs } = value ?? {}
    const areTexts = [job, runKey, runId, sha, fingerprint].every((field) => typeof field === 'string')
    return version === 1 && areTexts && isTexts(parts) && isTexts(outputs) ? (value as DataManifest) : undefined
  } catch {
    return undefined
  }
}

/**
 * Whether `mine` may take the place of `current`. GitHub numbers runs in the order they were started, so a run that was
 * overtaken never puts its older data back; ids of other systems have no order, and there the last one counts.
 */
export const maySupersede = (current: DataManifest | undefined, mine: Pick<DataManifest, 'runId'>): boolean => {
  const [theirs, ours] = [current?.runId ?? '', mine.runId]
  return /^\d+$/.test(theirs) && /^\d+$/.test(ours) ? BigInt(ours) >= BigInt(theirs) : true
}

/** Digest of a data set's content: names below their output, ETags and sizes; where it lies does not matter. */
export const dataFingerprint = (
  outputs: readonly { readonly name: string; readonly uri: S3Uri; readonly objects: readonly StoredObject[] }[],
  sha256: Sha256,
): string =>
  sha256(
    canonicalJson(
      outputs.map(({ name, uri, objects }) => [
        name,
        objects.map(({ uri: place, etag, size }) => [place.slice(uri.length), etag, size]),
      ]),
    ),
  )
