import { gunzipSync, gzipSync } from 'node:zlib'
import { type KubernetesObject, readRecord, recordText, type ReleaseRecord } from '@mlops/core'
import { fieldsOf, listOf, parsed } from '../fields.ts'

export const RELEASE_LABEL = 'mlops/release'
const TYPE = 'mlops.actions/release'
/** A Secret takes 1 MiB (Kubernetes, "Secrets"), and etcd 1.5 MiB of its base64. */
const PART_BYTES = 700 * 1024
/** No record of a release comes near it unpacked; a bomb does. */
const UNPACKED_LIMIT = 256 * 1024 * 1024

export interface RecordKey {
  readonly namespace: string
  readonly release: string
}

const headName = (release: string, revision: number) => `mlops-release.${release}.v${revision}`
const partName = (release: string, revision: number, part: number) => `${headName(release, revision)}.${part}`

const secretOf = ({ namespace, release }: RecordKey, name: string, data: Readonly<Record<string, string>>) => ({
  apiVersion: 'v1',
  kind: 'Secret',
  type: TYPE,
  metadata: { name, namespace, labels: { [RELEASE_LABEL]: release } },
  data,
})

const base64 = (content: string | Uint8Array) => Buffer.from(content).toString('base64')
const bytesOf = (value: unknown) => Buffer.from(typeof value === 'string' ? value : '', 'base64')

/** The record as Secrets: a head, and the parts that it does not hold itself. */
export interface RecordSecrets {
  readonly head: KubernetesObject
  readonly parts: readonly KubernetesObject[]
}

/** Numbers of the parts that a head names. */
export const partsOf = (head: KubernetesObject | undefined): readonly number[] =>
  listOf(parsed(bytesOf(fieldsOf(head?.['data'])['parts']).toString())).filter((part) => typeof part === 'number')

/**
 * The Secrets of a record. What is there already is not overwritten part by part: new parts have numbers that the old head
 * does not name, so that it stays whole until the new head takes its place.
 */
export const recordSecrets = (record: ReleaseRecord, old: KubernetesObject | undefined): RecordSecrets => {
  const { revision } = record
  const packed = gzipSync(recordText(record))
  const chunks = Array.from({ length: Math.ceil(packed.length / PART_BYTES) }, (_, index) =>
    packed.subarray(index * PART_BYTES, (index + 1) * PART_BYTES),
  )
  const first = Math.max(0, ...partsOf(old)) + 1
  const rest = chunks.slice(1)
  const numbers = rest.map((_, index) => first + index)
  const head = secretOf(record, headName(record.release, revision), {
    record: base64(chunks[0] ?? ''),
    parts: base64(JSON.stringify(numbers)),
  })
  const parts = rest.map((chunk, index) =>
    secretOf(record, partName(record.release, revision, first + index), { record: base64(chunk) }),
  )
  return { head, parts }
}

export const headReference = ({ namespace, release }: RecordKey, revision: number) => ({
  apiVersion: 'v1',
  kind: 'Secret',
  namespace,
  name: headName(release, revision),
})

export const partReference = ({ namespace, release }: RecordKey, revision: number, part: number) => ({
  ...headReference({ namespace, release }, revision),
  name: partName(release, revision, part),
})

/** Revision and part that the name of a Secret says; undefined when it is none of the release's records. */
export const placeOf = (
  name: string,
  release: string,
): { readonly revision: number; readonly part?: number } | undefined => {
  const prefix = headName(release, 0).slice(0, -1)
  const [, revision, part] = name.startsWith(prefix)
    ? (/^(\d{1,9})(?:\.(\d{1,4}))?$/.exec(name.slice(prefix.length)) ?? [])
    : []
  if (revision === undefined) return undefined
  return { revision: Number(revision), ...(part === undefined ? {} : { part: Number(part) }) }
}

export type StoredRecord =
  | { readonly kind: 'record'; readonly record: ReleaseRecord }
  | { readonly kind: 'unreadable'; readonly why: string; readonly newer: boolean }

const unreadable = (why: string, newer = false): StoredRecord => ({ kind: 'unreadable', why, newer })

/** Reads the record that a head and its parts hold. */
export const readSecrets = (
  head: KubernetesObject,
  partOf: (part: number) => KubernetesObject | undefined,
): StoredRecord => {
  const parts = partsOf(head).map(partOf)
  if (parts.includes(undefined)) return unreadable('a part of it is missing')
  const packed = Buffer.concat([head, ...parts].map((secret) => bytesOf(fieldsOf(secret?.['data'])['record'])))
  try {
    const read = readRecord(gunzipSync(packed, { maxOutputLength: UNPACKED_LIMIT }).toString())
    if (read.kind === 'newer') return unreadable(`it has version ${read.version} of the format`, true)
    return read.kind === 'foreign' ? unreadable(read.why) : { kind: 'record', record: read.value }
  } catch {
    return unreadable('it is damaged')
  }
}
