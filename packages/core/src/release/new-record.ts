import type { Sha256 } from '../naming.ts'
import { objectKey } from './kubernetes-object.ts'
import { isManagedByUs } from './managed-fields.ts'
import type { PlannedObject, ReleasePlan } from './plan.ts'
import type { RecordedObject, ReleaseRecord } from './record.ts'
import { recordable } from './secrets.ts'
import { withoutServerFields } from './server-fields.ts'

export interface RecordOptions {
  /** RFC 3339. */
  readonly createdAt: string
  readonly fencing: number
  readonly recordSecrets: boolean
  readonly sha256: Sha256
}

/** Of an object in the cluster the revision that has created it, as far as the record before knows. */
export const creatorOf = (
  { reference, live }: Pick<PlannedObject, 'reference' | 'live'>,
  newest: ReleaseRecord | undefined,
): number | undefined => {
  const known = newest?.objects.find((one) => objectKey(one.reference) === objectKey(reference))
  if (live === undefined || known?.createdIn === undefined) return undefined
  // A writer that was lost could not write the ids down any more.
  const isSame = known.uid === undefined ? isManagedByUs(live) : known.uid === live.metadata.uid
  return isSame ? known.createdIn : undefined
}

const recordedOf = (
  planned: PlannedObject,
  plan: ReleasePlan,
  newest: ReleaseRecord | undefined,
  { recordSecrets, sha256 }: RecordOptions,
): RecordedObject => {
  const { reference, applied, live } = planned
  const created = live === undefined
  const createdIn = created ? plan.revision : creatorOf(planned, newest)
  return {
    reference,
    applied: recordable(applied, recordSecrets, sha256),
    ...(live === undefined ? {} : { before: recordable(withoutServerFields(live), recordSecrets, sha256) }),
    created,
    ...(createdIn === undefined ? {} : { createdIn }),
  }
}

/**
 * What is written down before the first change: enough to undo the release, wherever its writer is lost.
 *
 * @param newest the record before it
 */
export const pendingRecord = (
  plan: ReleasePlan,
  newest: ReleaseRecord | undefined,
  options: RecordOptions,
): ReleaseRecord => {
  const { facts, revision, objects, prune, images } = plan
  const { release, namespace, environment, commit, committedAt, repository, actor, runUrl, modelPackageArn } = facts
  const pruned = prune.map(({ reference, live }): RecordedObject => {
    const createdIn = creatorOf({ reference, live }, newest)
    return {
      reference,
      before: recordable(withoutServerFields(live), options.recordSecrets, options.sha256),
      uid: live.metadata.uid ?? '',
      created: false,
      ...(createdIn === undefined ? {} : { createdIn }),
    }
  })
  return {
    version: 1,
    release,
    namespace,
    revision,
    status: 'pending',
    health: 'awaiting-verdict',
    because: 'It is being applied.',
    createdAt: options.createdAt,
    ...(committedAt === undefined ? {} : { committedAt }),
    commit,
    repository,
    actor,
    runUrl,
    ...(environment === undefined ? {} : { environment }),
    fencing: options.fencing,
    images,
    ...(modelPackageArn === undefined ? {} : { modelPackageArn }),
    objects: [...objects.map((planned) => recordedOf(planned, plan, newest, options)), ...pruned],
  }
}

/** What was there before our first release, as revision 0; undefined when nothing of it was. */
export const adoptedRecord = (plan: ReleasePlan, options: RecordOptions): ReleaseRecord | undefined => {
  const objects = plan.objects.flatMap(({ reference, live }): readonly RecordedObject[] =>
    live === undefined
      ? []
      : [
          {
            reference,
            applied: recordable(withoutServerFields(live), options.recordSecrets, options.sha256),
            uid: live.metadata.uid ?? '',
            resourceVersion: live.metadata.resourceVersion ?? '',
            created: false,
          },
        ],
  )
  if (objects.length === 0) return undefined
  const { release, namespace, repository, actor, runUrl } = plan.facts
  return {
    version: 1,
    release,
    namespace,
    revision: 0,
    status: 'deployed',
    health: 'unjudged',
    because: 'It is what was there before the first release.',
    createdAt: options.createdAt,
    commit: '',
    repository,
    actor,
    runUrl,
    fencing: options.fencing,
    images: {},
    objects,
  }
}
