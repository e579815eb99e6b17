import type { ReleaseRecord } from './record.ts'
import { isUnfinished } from './target.ts'

/** How a release stands before it is deployed again. */
export type Standing =
  | { readonly kind: 'settled' }
  /** Its writer was lost or cancelled: some of its objects may be in the cluster, and others not. */
  | { readonly kind: 'unfinished'; readonly record: ReleaseRecord }
  /** It runs, and nobody has said yet whether it is healthy. */
  | { readonly kind: 'unverified'; readonly record: ReleaseRecord }

/**
 * What the newest record says of the release.
 *
 * @param records newest first
 */
export const standingOf = ([newest]: readonly ReleaseRecord[]): Standing => {
  if (newest === undefined) return { kind: 'settled' }
  if (isUnfinished(newest)) return { kind: 'unfinished', record: newest }
  return newest.status === 'deployed' && newest.health === 'awaiting-verdict'
    ? { kind: 'unverified', record: newest }
    : { kind: 'settled' }
}

/** A record without a verdict that will never come: only what rolls out, or has, is asked how it fares. */
export const settledRecord = (record: ReleaseRecord): ReleaseRecord => {
  const { status, health } = record
  const isAwaited = status === 'pending' || status === 'deployed'
  return health === 'awaiting-verdict' && !isAwaited ? { ...record, health: 'unjudged' } : record
}

/** RFC 3339 in UTC, whose texts have the order of their times; any other form is not compared. */
const isUtc = (time: string | undefined): time is string => /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/.test(time ?? '')

/**
 * The release that is newer than a commit and was found healthy. Only the newest healthy one counts: what was deployed over
 * it since, and found healthy, was meant. Rollbacks are passed over, as they carry what another release has brought.
 *
 * @param records newest first
 */
export const newerHealthy = (
  records: readonly ReleaseRecord[],
  { commit, committedAt }: Pick<ReleaseRecord, 'commit' | 'committedAt'>,
): ReleaseRecord | undefined => {
  const healthy = records.find(({ health, restores }) => health === 'healthy' && restores === undefined)
  if (healthy === undefined || healthy.commit === commit || !isUtc(committedAt)) return undefined
  return isUtc(healthy.committedAt) && healthy.committedAt > committedAt ? healthy : undefined
}
