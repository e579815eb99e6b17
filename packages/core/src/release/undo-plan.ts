import type { Sha256 } from '../naming.ts'
import { inApplyOrder } from './apply-order.ts'
import { type KubernetesObject, objectKey, type ObjectReference } from './kubernetes-object.ts'
import { interference } from './interference.ts'
import { isManagedByUs } from './managed-fields.ts'
import type { RecordedObject, ReleaseRecord } from './record.ts'
import { isAutoscaled, replicasToRestore } from './replicas.ts'
import { haveSameValues, holdsValues, isSecret } from './secrets.ts'

/** What becomes of one object. */
export type UndoStep =
  | {
      /** `recreate`: it is not there any more. */
      readonly kind: 'restore' | 'recreate'
      readonly reference: ObjectReference
      readonly send: KubernetesObject
      /** The same as it may be kept. */
      readonly recorded: KubernetesObject
      readonly live?: KubernetesObject
      readonly createdIn?: number
    }
  | { readonly kind: 'remove'; readonly reference: ObjectReference; readonly live: KubernetesObject }
  | {
      readonly kind: 'keep'
      readonly reference: ObjectReference
      readonly why: string
      readonly recorded?: RecordedObject
    }

/** An object that somebody else has changed since it was written. */
export interface Interfered {
  readonly reference: ObjectReference
  /** The end of a sentence that begins with the object. */
  readonly how: string
}

export type UndoPlan =
  /** Restoring and recreating in the order of applying, then removing in the opposite one. */
  | { readonly kind: 'plan'; readonly steps: readonly UndoStep[] }
  | { readonly kind: 'superseded'; readonly objects: readonly [Interfered, ...(readonly Interfered[])] }

export interface UndoQuestion {
  /** What to go back to; undefined: to where there was nothing. */
  readonly target: ReleaseRecord | undefined
  /** The records after it, newest first; the newest is the release that is undone. */
  readonly newer: readonly ReleaseRecord[]
  readonly liveOf: (reference: ObjectReference) => KubernetesObject | undefined
  /** That are in the namespaces of the release. */
  readonly autoscalers: readonly KubernetesObject[]
  readonly sha256: Sha256
}

/** What is known of one object in all records that matter. */
interface Subject {
  readonly reference: ObjectReference
  /** In the newest record that speaks of it. */
  readonly last: RecordedObject
  /** In the records that are undone, oldest first. */
  readonly touched: readonly RecordedObject[]
  /** What it is to be; undefined: gone. */
  readonly wanted: KubernetesObject | undefined
  readonly createdIn: number | undefined
  readonly live: KubernetesObject | undefined
}

const KEPT_KINDS: ReadonlySet<string> = new Set(['Namespace', 'CustomResourceDefinition', 'PersistentVolumeClaim'])

const named = (record: ReleaseRecord | undefined, key: string): RecordedObject | undefined =>
  record?.objects.find(({ reference }) => objectKey(reference) === key)

const subjectsOf = ({ target, newer, liveOf }: UndoQuestion): readonly Subject[] => {
  const references = new Map(
    [...newer, ...(target === undefined ? [] : [target])]
      .flatMap(({ objects }) => objects)
      .map(({ reference }) => [objectKey(reference), reference] as const),
  )
  return [...references].flatMap(([key, reference]) => {
    const inTarget = named(target, key)
    // Oldest first: the first release after the target that touched it knows what was there before.
    const touched = newer.toReversed().flatMap((record) => named(record, key) ?? [])
    const last = touched.at(-1) ?? inTarget
    if (last === undefined) return []
    const wanted = inTarget === undefined ? touched[0]?.before : inTarget.applied
    return [{ reference, last, touched, wanted, createdIn: inTarget?.createdIn, live: liveOf(reference) }]
  })
}

const annotationOf = ({ wanted, last, live }: Subject) =>
  [wanted, last.applied, live]
    .map((object) => object?.metadata.annotations?.['mlops/rollback'])
    .find((value) => value !== undefined)

const keepSecret = ({ touched, wanted, live }: Subject, sha256: Sha256): string | undefined => {
  if (live !== undefined) {
    if (wanted !== undefined && haveSameValues(live, wanted, sha256)) return undefined
    const isOurs = touched.some(({ applied }) => applied !== undefined && haveSameValues(live, applied, sha256))
    if (!isOurs) return 'somebody has changed it since, as in a rotation'
  }
  return wanted === undefined || holdsValues(wanted) ? undefined : 'its values were not recorded (record-secrets)'
}

/** A Secret that has the values of then needs none of those that were recorded. */
const withValues = (wanted: KubernetesObject, live: KubernetesObject | undefined): KubernetesObject =>
  isSecret(wanted) && live !== undefined && !holdsValues(wanted) ? { ...wanted, data: live['data'] } : wanted

const whyKept = (subject: Subject, sha256: Sha256): string | undefined => {
  const { reference, wanted, last, live, touched } = subject
  if (annotationOf(subject) === 'keep') return 'it has the annotation mlops/rollback: keep'
  const secret = isSecret(reference) ? keepSecret(subject, sha256) : undefined
  if (secret !== undefined || live === undefined) return secret
  if (wanted !== undefined) {
    const how = touched.length > 0 ? undefined : interference(live, last)
    return how === undefined ? undefined : `it ${how}, and the release that is undone has nothing to do with it`
  }
  if (KEPT_KINDS.has(reference.kind)) return `a ${reference.kind} may hold what cannot be brought back`
  return (last.uid !== undefined && live.metadata.uid !== last.uid) || !isManagedByUs(live)
    ? 'it is not the one that the release has made'
    : undefined
}

const stepOf = (subject: Subject, remaining: readonly KubernetesObject[], sha256: Sha256): readonly UndoStep[] => {
  const { reference, last, touched, wanted, createdIn, live } = subject
  const why = whyKept(subject, sha256)
  if (why !== undefined) return [{ kind: 'keep', reference, why, recorded: last }]
  if (wanted === undefined) return live === undefined ? [] : [{ kind: 'remove', reference, live }]
  const autoscaled = isAutoscaled(wanted, remaining)
  const undone = touched.flatMap(({ applied }) => applied ?? [])
  const recorded = replicasToRestore(wanted, { live, undone, before: touched[0]?.before, autoscaled })
  return [
    {
      kind: live === undefined ? 'recreate' : 'restore',
      reference,
      send: withValues(recorded, live),
      recorded,
      ...(live === undefined ? {} : { live }),
      ...(createdIn === undefined ? {} : { createdIn }),
    },
  ]
}

/**
 * How the cluster is brought from the newest release back to an older one, or to nothing: objects of the target as they were
 * recorded, later ones as they were before anybody of ours touched them, and what was created since gone. Secrets go back
 * only when a release of ours has changed them and nobody did since.
 */
export const undoPlan = (question: UndoQuestion): UndoPlan => {
  const { autoscalers, sha256 } = question
  const subjects = subjectsOf(question)
  const [first, ...more] = subjects.flatMap(({ reference, last, touched, live }): readonly Interfered[] => {
    const how = live === undefined || touched.length === 0 ? undefined : interference(live, last)
    return how === undefined ? [] : [{ reference, how }]
  })
  if (first !== undefined) return { kind: 'superseded', objects: [first, ...more] }
  const gone = new Set(
    subjects.filter(({ wanted }) => wanted === undefined).map(({ reference }) => objectKey(reference)),
  )
  const wantedScalers = subjects.flatMap(({ wanted }) => (wanted?.kind === 'HorizontalPodAutoscaler' ? [wanted] : []))
  const remaining = [
    ...autoscalers.filter(
      ({ apiVersion, kind, metadata }) =>
        !gone.has(objectKey({ apiVersion, kind, namespace: metadata.namespace ?? '', name: metadata.name })),
    ),
    ...wantedScalers,
  ]
  const steps = inApplyOrder(
    subjects.flatMap((subject) => stepOf(subject, remaining, sha256)),
    ({ reference }) => reference,
  )
  return {
    kind: 'plan',
    steps: [
      ...steps.filter(({ kind }) => kind !== 'remove'),
      ...steps.filter(({ kind }) => kind === 'remove').toReversed(),
    ],
  }
}

/** The rollback as a record of its own, written before its first change. */
export const rollbackRecord = (
  { target, newer }: { readonly target: ReleaseRecord; readonly newer: readonly ReleaseRecord[] },
  steps: readonly UndoStep[],
  more: Pick<
    ReleaseRecord,
    'revision' | 'because' | 'createdAt' | 'commit' | 'repository' | 'actor' | 'runUrl' | 'fencing'
  > &
    Partial<Pick<ReleaseRecord, 'environment' | 'failureClass'>>,
  recordedBefore: (live: KubernetesObject) => KubernetesObject,
): ReleaseRecord => {
  const { release, namespace, images, modelPackageArn, committedAt } = target
  const objects = steps.map((step): RecordedObject => {
    const { reference } = step
    if (step.kind === 'keep') return { ...step.recorded, reference, created: false }
    const before = step.live === undefined ? {} : { before: recordedBefore(step.live) }
    if (step.kind === 'remove') return { reference, ...before, created: false }
    const createdIn =
      step.kind === 'recreate' ? more.revision : (named(newer[0], objectKey(reference))?.createdIn ?? step.createdIn)
    return {
      reference,
      applied: step.recorded,
      ...before,
      created: step.kind === 'recreate',
      ...(createdIn === undefined ? {} : { createdIn }),
    }
  })
  return {
    ...more,
    version: 1,
    release,
    namespace,
    status: 'pending',
    health: 'awaiting-verdict',
    restores: target.revision,
    images,
    ...(modelPackageArn === undefined ? {} : { modelPackageArn }),
    ...(committedAt === undefined ? {} : { committedAt }),
    objects,
  }
}
