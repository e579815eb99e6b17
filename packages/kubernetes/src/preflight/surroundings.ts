import {
  type Cluster,
  type Diagnosis,
  foreignOwner,
  type KubernetesObject,
  objectName,
  type PlannedObject,
  quotaShortages,
  referenceOf,
  scaleTargetOf,
} from '@mlops/core'
import { fieldsOf, textOf } from '../fields.ts'

const HORIZONTAL = { apiVersion: 'autoscaling/v2', kind: 'HorizontalPodAutoscaler' } as const

/** The namespaces that are not there, or are going. */
export const goneNamespaces = async (
  cluster: Cluster,
  namespaces: readonly string[],
): Promise<readonly Diagnosis[]> => {
  const found = await Promise.all(
    namespaces.map(async (name) => {
      const reference = { apiVersion: 'v1', kind: 'Namespace', name }
      return { reference, object: await cluster.get(reference) }
    }),
  )
  return found
    .filter(({ object }) => object === undefined || object.metadata.deletionTimestamp !== undefined)
    .map(({ reference, object }) => ({
      failureClass: 'namespace-gone',
      object: reference,
      sentence: `The namespace ${reference.name} ${object === undefined ? 'is not there' : 'is being deleted'}.`,
      advice: 'Create it, or correct its name: a deploy makes none, for it could not be undone.',
      sightings: [],
    }))
}

export const autoscalersIn = async (
  cluster: Cluster,
  namespaces: readonly string[],
): Promise<readonly KubernetesObject[]> =>
  (await Promise.all(namespaces.map((namespace) => cluster.list({ ...HORIZONTAL, namespace })))).flat()

/** Objects that another tool manages: it would put back what the release changes. */
export const foreignObjects = (live: readonly KubernetesObject[], release: string): readonly Diagnosis[] =>
  live.flatMap((object) => {
    const found = foreignOwner(object, release)
    if (found === undefined) return []
    const reference = referenceOf(object)
    return [
      {
        failureClass: 'foreign-owner' as const,
        object: reference,
        sentence: `${objectName(reference)} belongs to ${found.owner}.`,
        advice: `Deploy it with ${found.owner}, or take it out of there first: two of them would undo each other.`,
        sightings: [{ from: objectName(reference), reason: 'owner', message: found.from }],
      },
    ]
  })

/** Deployments that somebody has paused: nothing would happen, for ever. */
export const pausedObjects = (objects: readonly KubernetesObject[]): readonly Diagnosis[] =>
  objects
    .filter(({ spec }) => fieldsOf(spec)['paused'] === true)
    .map(referenceOf)
    .map((reference) => ({
      failureClass: 'rollout-paused',
      object: reference,
      sentence: `${objectName(reference)} is paused, so its pods would not be replaced.`,
      advice: `Find out who paused it and why, then resume it: kubectl rollout resume ${reference.kind.toLowerCase()}/${reference.name}.`,
      sightings: [],
    }))

/** Autoscalers of the release whose workload is neither in the release nor in the cluster. */
export const aimlessAutoscalers = async (
  cluster: Cluster,
  objects: readonly KubernetesObject[],
): Promise<readonly Diagnosis[]> => {
  const scalers = objects.filter(({ kind }) => kind === HORIZONTAL.kind)
  const found = await Promise.all(
    scalers.map(async (scaler) => {
      const { kind, name } = scaleTargetOf(scaler)
      const { namespace = '' } = scaler.metadata
      const inSet = objects.some(
        ({ kind: other, metadata }) => other === kind && metadata.name === name && metadata.namespace === namespace,
      )
      const apiVersion = textOf(fieldsOf(fieldsOf(scaler['spec'])['scaleTargetRef'])['apiVersion']) ?? 'apps/v1'
      const isThere = inSet || (await cluster.get({ apiVersion, kind, name, namespace })) !== undefined
      return { reference: referenceOf(scaler), target: { kind, name }, isThere }
    }),
  )
  return found
    .filter(({ isThere }) => !isThere)
    .map(({ reference, target }) => ({
      failureClass: 'hpa-failed',
      object: reference,
      sentence: `${objectName(reference)} scales ${objectName(target)}, which is not there.`,
      advice: 'Correct its scaleTargetRef.',
      sightings: [],
    }))
}

/** Quotas that the release cannot fit into. */
export const exceededQuotas = async (
  cluster: Cluster,
  planned: readonly PlannedObject[],
  namespaces: readonly string[],
): Promise<readonly Diagnosis[]> => {
  const found = await Promise.all(
    namespaces.map(async (namespace) => {
      const quotas = await cluster.list({ apiVersion: 'v1', kind: 'ResourceQuota', namespace })
      const own = planned.filter(({ reference }) => reference.namespace === namespace)
      return quotaShortages(quotas, own).map((shortage) => ({ ...shortage, namespace }))
    }),
  )
  return found.flat().map(({ quota, resource, hard, used, needed, namespace }) => ({
    failureClass: 'quota-exceeded',
    object: { apiVersion: 'v1', kind: 'ResourceQuota', namespace, name: quota },
    sentence: `The release needs ${Number(needed.toFixed(3))} of ${resource} more, and ResourceQuota/${quota} has ${used} of ${hard} in use.`,
    advice: 'Raise the quota, lower requests and limits, or let pods go before new ones come (maxUnavailable).',
    sightings: [{ from: `ResourceQuota/${quota}`, reason: resource, message: `used ${used} of ${hard}` }],
  }))
}
