import { type Document, type Fields, isRecord, readDocument } from '../registry/document.ts'
import type { ReleaseHealth, ReleaseRecord, ReleaseStatus } from './record.ts'

const STATUSES: readonly unknown[] = [
  'pending',
  'deployed',
  'failed',
  'rolled-back',
  'rollback-failed',
  'superseded',
  'interrupted',
] satisfies readonly ReleaseStatus[]
const HEALTHS: readonly unknown[] = [
  'awaiting-verdict',
  'healthy',
  'unhealthy',
  'inconclusive',
  'unjudged',
] satisfies readonly ReleaseHealth[]
const TEXTS = ['release', 'namespace', 'because', 'createdAt', 'commit', 'repository', 'actor', 'runUrl'] as const

const isReference = (value: unknown) =>
  isRecord(value) && ['apiVersion', 'kind', 'name'].every((field) => typeof value[field] === 'string')

const isObject = (value: unknown) =>
  value === undefined ||
  (isRecord(value) && isRecord(value['metadata']) && isReference({ ...value, name: value['metadata']['name'] }))

const isRecorded = (value: unknown) =>
  isRecord(value) && isReference(value['reference']) && isObject(value['applied']) && isObject(value['before'])

const complaint = (fields: Fields): string | undefined => {
  const missing = TEXTS.find((field) => typeof fields[field] !== 'string')
  if (missing !== undefined) return `it has no ${missing}`
  const { revision, status, health, fencing, images, objects } = fields
  if (!Number.isSafeInteger(revision) || Number(revision) < 0) return 'its revision is no number'
  if (!STATUSES.includes(status)) return 'its status is unknown'
  if (!HEALTHS.includes(health)) return 'its health is unknown'
  if (typeof fencing !== 'number') return 'it does not say under which lease it was written'
  if (!isRecord(images)) return 'it has no images'
  return Array.isArray(objects) && objects.every(isRecorded) ? undefined : 'its objects are malformed'
}

/** Reads a release record that any version of the suite may have written. */
export const readRecord = (text: string): Document<ReleaseRecord> => readDocument(text, complaint)

/** The text that `readRecord` reads. */
export const recordText = (record: ReleaseRecord): string => JSON.stringify(record)
