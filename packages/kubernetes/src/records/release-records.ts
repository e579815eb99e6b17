import { ActionError, type Cluster, type KubernetesObject, type ReleaseRecord, settledRecord } from '@mlops/core'
import type { OpenRecords, ReleaseRecords, StoredRecords, Writer } from '../release-api.ts'
import {
  headReference,
  partReference,
  partsOf,
  placeOf,
  readSecrets,
  type RecordKey,
  recordSecrets,
  RELEASE_LABEL,
} from './record-secret.ts'

const KEPT = 10

const fenced = (release: string, why: string) =>
  new ActionError({
    code: 'E-LEASE-LOST',
    kind: 'rejected',
    what: `nothing more was written of the release ${release}`,
    why,
    hint: 'look at the other run: it finishes or undoes what this one has begun',
  })

const refused = (release: string, message: string, status: number) =>
  new ActionError({
    code: status === 403 ? 'E-FORBIDDEN' : 'E-RELEASE',
    kind: status === 403 ? 'user' : 'remote',
    what: `the record of the release ${release} was not written`,
    why: message,
    hint:
      status === 403
        ? 'grant create, update and delete on secrets: see docs/iam'
        : 'a quota or an admission rule may forbid it; nothing is deployed without a record',
  })

/** Writes a Secret over what is there; refused when somebody else was faster. */
const put = async (
  cluster: Cluster,
  secret: KubernetesObject,
  old: KubernetesObject | undefined,
  release: string,
): Promise<void> => {
  const resourceVersion = old?.metadata.resourceVersion
  const written =
    resourceVersion === undefined
      ? await cluster.create(secret)
      : await cluster.replace({ ...secret, metadata: { ...secret.metadata, resourceVersion } })
  if (written.kind === 'written') return
  const { status, message } = written.refusal
  throw status === 409
    ? fenced(release, `somebody else has written ${secret.metadata.name} meanwhile`)
    : refused(release, message, status)
}

const readAll = (secrets: readonly KubernetesObject[], { namespace, release }: RecordKey): StoredRecords => {
  const byName = new Map(secrets.map((secret) => [secret.metadata.name, secret]))
  const revisions = secrets
    .flatMap(({ metadata }) => placeOf(metadata.name, release) ?? [])
    .filter(({ part }) => part === undefined)
    .map(({ revision }) => revision)
    .toSorted((one, other) => other - one)
  const read = revisions.flatMap((revision) => {
    const head = byName.get(headReference({ namespace, release }, revision).name)
    const partOf = (part: number) => byName.get(partReference({ namespace, release }, revision, part).name)
    return head === undefined ? [] : [{ revision, ...readSecrets(head, partOf) }]
  })
  return {
    records: read.flatMap((one) => (one.kind === 'record' ? [one.record] : [])),
    unreadable: read.flatMap((one) =>
      one.kind === 'unreadable' ? [{ revision: one.revision, why: one.why, newer: one.newer }] : [],
    ),
  }
}

/** Revisions that may go: beyond the newest ten, but never the newest healthy one, nor what was there before the first. */
const outdated = (records: readonly ReleaseRecord[]): readonly number[] => {
  const healthy = records.find(({ status, health }) => status === 'deployed' && health === 'healthy')
  return records
    .slice(KEPT)
    .map(({ revision }) => revision)
    .filter((revision) => revision !== 0 && revision !== healthy?.revision)
}

/** Throws E-VERSION when a newer version of the suite has written a record: this one could not undo what it meant. */
export const refuseNewer = (stored: StoredRecords, release: string): void => {
  const newer = stored.unreadable.find((one) => one.newer)
  if (newer === undefined) return
  throw new ActionError({
    code: 'E-VERSION',
    kind: 'user',
    what: `revision ${newer.revision} of the release ${release} was written by a newer version of the suite`,
    why: newer.why,
    hint: 'use that version here too; nothing was written',
  })
}

export const releaseRecords: OpenRecords = (cluster, { namespace, release }): ReleaseRecords => {
  const key = { namespace, release }
  const secretsOf = () =>
    cluster.list({ apiVersion: 'v1', kind: 'Secret', namespace, labelSelector: `${RELEASE_LABEL}=${release}` })

  const removeRevision = async (revision: number, secrets: readonly KubernetesObject[], writer: Writer) => {
    // The head goes first: parts without one are no record.
    const own = secrets
      .flatMap((secret) => {
        const place = placeOf(secret.metadata.name, release)
        return place?.revision === revision ? [{ ...secret.metadata, part: place.part ?? 0 }] : []
      })
      .toSorted((one, other) => one.part - other.part)
    for (const { name, uid } of own) {
      writer.assertHeld()
      await cluster.remove({ apiVersion: 'v1', kind: 'Secret', namespace, name }, uid)
    }
  }

  const write = async (given: ReleaseRecord, writer: Writer): Promise<void> => {
    const record = settledRecord(given)
    const secrets = await secretsOf()
    const stored = readAll(secrets, key)
    const later = stored.records.find(({ fencing }) => fencing > writer.fencing)
    if (later !== undefined)
      throw fenced(release, `revision ${later.revision} was written under a later lease, of ${later.runUrl}`)
    const byName = (name: string) => secrets.find(({ metadata }) => metadata.name === name)
    const old = byName(headReference(key, record.revision).name)
    const { head, parts } = recordSecrets({ ...record, fencing: writer.fencing }, old)
    for (const secret of [...parts, head]) {
      writer.assertHeld()
      await put(cluster, secret, byName(secret.metadata.name), release)
    }
    for (const part of partsOf(old)) {
      writer.assertHeld()
      await cluster.remove(partReference(key, record.revision, part))
    }
    const others = stored.records.filter(({ revision }) => revision !== record.revision)
    const now = [...others, record].toSorted((one, other) => other.revision - one.revision)
    for (const revision of outdated(now)) await removeRevision(revision, secrets, writer)
  }

  return { list: async () => readAll(await secretsOf(), key), write }
}
