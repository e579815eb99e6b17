import {
  cautionsOf,
  type Cluster,
  type Diagnosis,
  isAutoscaled,
  type KubernetesObject,
  objectKey,
  objectName,
  type PlannedObject,
  podSpecOf,
  referenceOf,
  type ReleasePlan,
  replicasToApply,
  stamped,
} from '@mlops/core'
import { fieldsOf } from '../fields.ts'
import type { Preflight, PreflightOptions, RunPreflight, StoredRecords } from '../release-api.ts'
import { atOnce } from '../at-once.ts'
import { missingImages } from './missing-images.ts'
import { missingNeeds } from './needs.ts'
import { pruneCandidates } from './prune-candidates.ts'
import { missingRights } from './rights.ts'
import {
  aimlessAutoscalers,
  autoscalersIn,
  exceededQuotas,
  foreignObjects,
  goneNamespaces,
  pausedObjects,
} from './surroundings.ts'
import { type Tried, tryObject } from './try-object.ts'

/** The revision after every one that there is, also those that cannot be read. */
export const nextRevision = ({ records, unreadable }: StoredRecords): number =>
  Math.max(0, ...[...records, ...unreadable].map(({ revision }) => revision)) + 1

const namespacesOf = (objects: readonly KubernetesObject[], namespace: string) => [
  ...new Set([namespace, ...objects.flatMap(({ metadata }) => metadata.namespace ?? [])]),
]

const goneImages = async (
  objects: readonly KubernetesObject[],
  imageExists: PreflightOptions['imageExists'],
): Promise<readonly Diagnosis[]> =>
  (await missingImages(objects, imageExists)).map(({ image, user }) => ({
    failureClass: 'image-not-found',
    object: user,
    sentence: `The image ${image} of ${objectName(user)} does not exist.`,
    advice: 'Push it, or correct the digest; a lifecycle rule of the repository may have removed it.',
    sightings: [],
  }))

/** Names of the kinds that the manifests define: the server cannot try objects of them yet. */
const definedKinds = (objects: readonly KubernetesObject[]): ReadonlySet<unknown> =>
  new Set(
    objects
      .filter(({ kind }) => kind === 'CustomResourceDefinition')
      .map(({ spec }) => fieldsOf(fieldsOf(spec)['names'])['kind']),
  )

const refusedBy = ([first, ...more]: readonly Diagnosis[]):
  | Extract<Preflight, { readonly kind: 'refused' }>
  | undefined => (first === undefined ? undefined : { kind: 'refused', diagnoses: [first, ...more] })

/** Nothing differs, nothing is to be deleted, and the newest record says that all of it was deployed. */
const isUnchanged = (
  { objects, prune }: Pick<ReleasePlan, 'objects' | 'prune'>,
  { records: [newest] }: StoredRecords,
): boolean => {
  const known = new Set((newest?.objects ?? []).flatMap((one) => (one.applied ? [objectKey(one.reference)] : [])))
  return (
    newest?.status === 'deployed' &&
    newest.revision > 0 &&
    prune.length === 0 &&
    objects.every(({ change, reference }) => change === 'same' && known.has(objectKey(reference)))
  )
}

const liveObjects = async (cluster: Cluster, objects: readonly KubernetesObject[]) => {
  const found = await atOnce(objects, (object) => cluster.get(referenceOf(object)))
  return objects.map((object, index) => ({ object, live: found[index] }))
}

const quotaRelevant = (planned: readonly PlannedObject[]) =>
  planned.some(({ result }) => podSpecOf(result) !== undefined)

export const preflight: RunPreflight = async (cluster, options, context) => {
  const { facts, prepared, stored } = options
  const rendered = prepared.map(({ object }) => object)
  const namespaces = namespacesOf(rendered, facts.namespace)
  const newKinds = definedKinds(rendered)
  const isNewKind = ({ kind }: KubernetesObject) => newKinds.has(kind)
  const known = rendered.filter((object) => !isNewKind(object))

  const blocked = refusedBy([
    ...(await goneNamespaces(cluster, namespaces)),
    ...(await missingRights(cluster, known.map(referenceOf), facts.namespace)),
  ])
  // Whatever else is asked would only fail for the same reason.
  if (blocked !== undefined) return blocked
  context.signal.throwIfAborted()

  const revision = nextRevision(stored)
  const found = await liveObjects(cluster, known)
  const live = found.flatMap((one) => one.live ?? [])
  const autoscalers = [
    ...rendered.filter(({ kind }) => kind === 'HorizontalPodAutoscaler'),
    ...(await autoscalersIn(cluster, namespaces)),
  ]
  const liveOf = new Map(found.map((one) => [one.object, one.live]))
  const tried = await atOnce(rendered, (object): Promise<Tried> => {
    const there = liveOf.get(object)
    const send = replicasToApply(stamped(object, facts, revision), there, isAutoscaled(object, autoscalers))
    return tryObject(cluster, { send, live: there, conflicts: options.conflicts, isNewKind: isNewKind(object) })
  })
  context.signal.throwIfAborted()

  const objects = tried.flatMap((one) => (one.kind === 'planned' ? [one.planned] : []))
  const needs = await missingNeeds(cluster, rendered)
  const refused = refusedBy([
    ...foreignObjects(live, facts.release),
    ...tried.flatMap((one) => (one.kind === 'refused' ? [one.diagnosis] : [])),
    ...pausedObjects(objects.map(({ result }) => result)),
    ...needs.diagnoses,
    ...(await goneImages(rendered, options.imageExists)),
    ...(await aimlessAutoscalers(cluster, rendered)),
    ...(quotaRelevant(objects) ? await exceededQuotas(cluster, objects, namespaces) : []),
  ])
  if (refused !== undefined) return refused
  const prune =
    options.prune === 'none' ? [] : await pruneCandidates(cluster, stored.records[0], rendered.map(referenceOf))
  const plan = { facts, revision, objects, prune, images: options.images }
  return {
    kind: 'ready',
    plan: { ...plan, unchanged: isUnchanged(plan, stored) },
    warnings: [...needs.warnings, ...cautionsOf(objects.map(({ result }) => result))],
  }
}
