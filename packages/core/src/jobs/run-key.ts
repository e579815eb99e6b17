import type { Sha256 } from '../naming.ts'
import type { StoredObject } from '../objects.ts'

/** The identity of a piece of work, with the digest of each part, so that a difference can be named. */
export interface RunKey {
  /** 64 hex digits. */
  readonly digest: string
  /** Short digest by part: `request.<field>`, `code`, `data.<input>`. */
  readonly parts: Readonly<Record<string, string>>
}

export interface Work {
  /** The create request without what differs between two runs of the same work: name, tags, times. */
  readonly request: Readonly<Record<string, unknown>>
  /** Digest of the source archive; absent when the image holds the code. */
  readonly code?: string
  readonly inputs: Readonly<Record<string, readonly StoredObject[]>>
}

const isRecord = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

const sorted = (value: unknown): unknown => {
  if (Array.isArray(value)) return value.map(sorted)
  if (!isRecord(value)) return value
  return Object.fromEntries(
    Object.keys(value)
      .toSorted()
      .map((key) => [key, sorted(value[key])]),
  )
}

/** JSON with keys in code-point order and without undefined fields: equal values give equal texts. */
export const canonicalJson = (value: unknown): string => JSON.stringify(sorted(value)) ?? 'null'

const PART_LENGTH = 16

/** Computes the key of a piece of work: equal keys promise equal requests, code and input bytes. */
export const runKey = ({ request, code, inputs }: Work, sha256: Sha256): RunKey => {
  const short = (value: unknown) => sha256(canonicalJson(value)).slice(0, PART_LENGTH)
  const parts: Record<string, string> = {}
  for (const [field, value] of Object.entries(request))
    if (value !== undefined) parts[`request.${field}`] = short(value)
  if (code !== undefined) parts['code'] = code.slice(0, PART_LENGTH)
  for (const [name, objects] of Object.entries(inputs))
    parts[`data.${name}`] = short(objects.map(({ uri, etag, size }) => [uri, etag, size]))
  return { digest: sha256(canonicalJson(parts)), parts }
}

const inWords = (part: string) => {
  if (part === 'code') return 'the code'
  const [kind, ...name] = part.split('.')
  return kind === 'data' ? `the data of ${name.join('.')}` : `${name.join('.')} of the request`
}

/** Names what differs between two keys, data first; empty when nothing does. */
export const differences = (before: RunKey['parts'], after: RunKey['parts']): readonly string[] =>
  [...new Set([...Object.keys(before), ...Object.keys(after)])]
    .filter((part) => before[part] !== after[part])
    .toSorted()
    .map(
      (part) =>
        `${inWords(part)} ${before[part] === undefined ? 'is new' : after[part] === undefined ? 'is gone' : 'changed'}`,
    )
