import {
  type Cluster,
  type Diagnosis,
  type Interfered,
  isoTime,
  isUnfinished,
  type KubernetesObject,
  objectKey,
  objectName,
  type ObjectReference,
  recordable,
  type ReleaseRecord,
  rollbackRecord,
  type UndoStep,
  undoPlan,
  withoutServerFields,
} from '@mlops/core'
import { expectedOf, withWritten } from '../apply/apply-release.ts'
import { type Pen, removeObject, writeObject } from '../apply/write-object.ts'
import { atOnce } from '../at-once.ts'
import { missingImages } from '../preflight/missing-images.ts'
import { refusedWrite } from '../preflight/refused-write.ts'
import { nextRevision } from '../preflight/preflight.ts'
import { autoscalersIn } from '../preflight/surroundings.ts'
import { refuseNewer } from '../records/release-records.ts'
import type { StoredRecords, UndoOptions, UndoRelease, Undone, WriteContext, Writer } from '../release-api.ts'
import { sha256 } from '../sha256.ts'
import { stuckPods } from './stuck-pods.ts'

const interfered = ({ reference, how }: Interfered): Diagnosis => ({
  failureClass: 'superseded',
  object: reference,
  sentence: `${objectName(reference)} ${how} since the release wrote it.`,
  advice: 'Find out who changed it and why; then deploy what is wanted, or put the object back by hand.',
  sightings: [],
})

const goneImages = async (
  steps: readonly UndoStep[],
  imageExists: UndoOptions['imageExists'],
): Promise<readonly Diagnosis[]> => {
  const sent = steps.flatMap((step) => ('send' in step ? [step.send] : []))
  return (await missingImages(sent, imageExists)).map(({ image, user }) => ({
    failureClass: 'image-not-found',
    object: user,
    sentence: `The image ${image} of what was there before does not exist any more.`,
    advice: 'Push it again under the same digest, or deploy a release whose images are there.',
    sightings: [],
  }))
}

const unservedKinds = async (cluster: Cluster, steps: readonly UndoStep[]): Promise<readonly Diagnosis[]> => {
  const references = steps.flatMap((step) => ('send' in step ? [step.reference] : []))
  const known = await atOnce(references, (reference) => cluster.kind(reference))
  return references.flatMap((reference, index) =>
    known[index] === undefined
      ? [
          {
            failureClass: 'invalid-object' as const,
            object: reference,
            sentence: `The cluster no longer knows the kind ${reference.kind} of ${reference.apiVersion}.`,
            advice: 'Deploy a release that uses a version of the API which the cluster serves.',
            sightings: [],
          },
        ]
      : [],
  )
}

const namespacesOf = (records: readonly ReleaseRecord[]) => [
  ...new Set(records.flatMap(({ objects }) => objects.flatMap(({ reference }) => reference.namespace ?? []))),
]

/** The records that are undone, and the plan against what is in the cluster now. */
const planOf = async (cluster: Cluster, { records }: StoredRecords, target: ReleaseRecord | undefined) => {
  const newer = records.filter(({ revision }) => target === undefined || revision > target.revision)
  const references = new Map(
    [...newer, ...(target === undefined ? [] : [target])]
      .flatMap(({ objects }) => objects.map(({ reference }) => reference))
      .map((reference) => [objectKey(reference), reference]),
  )
  const live = new Map(await atOnce([...references], async ([key, reference]) => [key, await cluster.get(reference)]))
  const autoscalers = await autoscalersIn(cluster, namespacesOf(records))
  const plan = undoPlan({
    target,
    newer,
    liveOf: (reference) => live.get(objectKey(reference)),
    autoscalers,
    sha256,
  })
  return { plan, newer }
}

interface Progress {
  readonly written: KubernetesObject[]
  readonly restored: ObjectReference[]
  readonly recreated: ObjectReference[]
  readonly removed: ObjectReference[]
  /** Broken pods that stay, and that hold up what was put back. */
  readonly stuck: Diagnosis[]
}

const putBack = async (pen: Pen, step: Extract<UndoStep, { readonly send: unknown }>, progress: Progress) => {
  const { send, live, reference } = step
  const stuck = live === undefined ? [] : await stuckPods(pen.cluster, live)
  const first = await writeObject(pen, send, { live, conflicts: 'fail' })
  const uid = live?.metadata.uid
  const isOtherJob =
    first.kind === 'refused' && reference.kind === 'Job' && first.diagnosis.failureClass === 'immutable-field'
  const result =
    isOtherJob && uid !== undefined ? await writeObject(pen, send, { live, conflicts: 'fail', instead: uid }) : first
  if (result.kind === 'refused') return result.diagnosis
  for (const pod of stuck) {
    pen.writer.assertHeld()
    const removed = await pen.cluster.remove(pod.reference, pod.uid)
    if (typeof removed !== 'string') progress.stuck.push(refusedWrite(pod.reference, removed))
  }
  progress.written.push(result.object)
  if (live === undefined) progress.recreated.push(reference)
  else if (live.metadata.resourceVersion !== result.object.metadata.resourceVersion) progress.restored.push(reference)
  return undefined
}

const takeAway = async (
  pen: Pen,
  { reference, live }: Extract<UndoStep, { readonly kind: 'remove' }>,
  progress: Progress,
) => {
  const removed = await removeObject(pen, reference, live.metadata.uid)
  if (typeof removed !== 'string') return refusedWrite(reference, removed)
  if (removed === 'removed') progress.removed.push(reference)
  return undefined
}

/** Does the steps in their order, up to the first that the API server refuses, and gives that; a broken pod stops none. */
const perform = async (
  pen: Pen,
  steps: readonly UndoStep[],
  progress: Progress,
  log: WriteContext['log'],
): Promise<Diagnosis | undefined> => {
  for (const step of steps) {
    if (step.kind === 'keep') {
      log.info(`${objectName(step.reference)} stays: ${step.why}`)
      continue
    }
    const diagnosis = step.kind === 'remove' ? await takeAway(pen, step, progress) : await putBack(pen, step, progress)
    if (diagnosis !== undefined) return diagnosis
  }
  return progress.stuck[0]
}

/** The record under which the undoing is done: a revision of its own, or, with nothing to go back to, the release itself. */
const recordOf = (
  stored: StoredRecords,
  newer: readonly ReleaseRecord[],
  steps: readonly UndoStep[],
  { target, because, facts, failureClass }: UndoOptions,
  { fencing, createdAt }: { readonly fencing: Writer['fencing']; readonly createdAt: string },
): ReleaseRecord | undefined => {
  const [newest] = newer
  if (target === 'nothing') return newest
  // A rollback that was begun goes on under its own number.
  const begun = newest?.restores === target.revision && isUnfinished(newest) ? newest : undefined
  const { commit: _commit, ...who } = facts
  return rollbackRecord(
    { target, newer },
    steps,
    {
      ...who,
      commit: target.commit,
      revision: begun?.revision ?? nextRevision(stored),
      because,
      createdAt,
      fencing,
      ...(failureClass === undefined ? {} : { failureClass }),
    },
    (live) => recordable(withoutServerFields(live), false, sha256),
  )
}

export const undoRelease: UndoRelease = async (cluster, writer, options, context): Promise<Undone> => {
  const { records, imageExists } = options
  const target = options.target === 'nothing' ? undefined : options.target
  const stored = await records.list()
  refuseNewer(stored, stored.records[0]?.release ?? '')
  const { plan, newer } = await planOf(cluster, stored, target)
  if (plan.kind === 'superseded') {
    const [first, ...more] = plan.objects
    return { kind: 'superseded', diagnoses: [interfered(first), ...more.map(interfered)] }
  }
  const { steps } = plan
  const [gone, ...more] = [...(await unservedKinds(cluster, steps)), ...(await goneImages(steps, imageExists))]
  if (gone !== undefined) return { kind: 'refused', diagnoses: [gone, ...more] }

  const createdAt = isoTime(context.clock.now())
  const begun = recordOf(stored, newer, steps, options, { fencing: writer.fencing, createdAt })
  if (begun === undefined) throw new Error('nothing was released, so nothing can be undone')
  // A release that has no rollback of its own says itself that somebody is at it.
  const record: ReleaseRecord = { ...begun, status: 'pending' }
  await records.write(record, writer)
  const pen: Pen = { cluster, writer, clock: context.clock, signal: context.signal }
  const progress: Progress = { written: [], restored: [], recreated: [], removed: [], stuck: [] }
  const diagnosis = await perform(pen, steps, progress, context.log)
  const after = withWritten(record, progress.written)
  await records.write(after, writer)
  if (diagnosis !== undefined) return { kind: 'failed', record: after, diagnosis }
  const { written, stuck: _stuck, ...done } = progress
  return {
    kind: 'undone',
    record: after,
    ...done,
    kept: steps.flatMap((step) => (step.kind === 'keep' ? [{ reference: step.reference, why: step.why }] : [])),
    expected: expectedOf(written),
  }
}
