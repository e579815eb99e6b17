import {
  ActionError,
  type Cluster,
  type Diagnosis,
  hasKey,
  type KubernetesObject,
  objectKey,
  objectName,
  type ObjectReference,
  podNeeds,
  type PodNeed,
  referenceOf,
} from '@mlops/core'
import { atOnce } from '../at-once.ts'

export interface Needs {
  readonly diagnoses: readonly Diagnosis[]
  readonly warnings: readonly string[]
}

type Found = { readonly kind: 'found'; readonly object?: KubernetesObject } | { readonly kind: 'unknown' }

const look = async (cluster: Cluster, reference: ObjectReference): Promise<Found> => {
  try {
    const object = await cluster.get(reference)
    return object === undefined ? { kind: 'found' } : { kind: 'found', object }
  } catch (error) {
    // Who deploys need not be allowed to read everything that pods use.
    if (error instanceof ActionError && error.facts.code === 'E-FORBIDDEN') return { kind: 'unknown' }
    throw error
  }
}

const isPresent = ({ key }: PodNeed, object: KubernetesObject | undefined) =>
  object !== undefined && object.metadata.deletionTimestamp === undefined && (key === undefined || hasKey(object, key))

const CONFIGURATION: ReadonlySet<string> = new Set(['ConfigMap', 'Secret'])

const diagnosisOf = ({ reference, key }: PodNeed, users: readonly ObjectReference[], there: boolean): Diagnosis => {
  const name = objectName(reference)
  const [user] = users
  return {
    failureClass: CONFIGURATION.has(reference.kind)
      ? 'config-missing'
      : reference.kind === 'PersistentVolumeClaim'
        ? 'pvc-unbound'
        : 'invalid-object',
    object: user ?? reference,
    sentence:
      there && key !== undefined
        ? `${name} has no key ${key}, which ${users.map(objectName).join(', ')} needs.`
        : `${name} is not there, and ${users.map(objectName).join(', ')} needs it.`,
    advice: `Create it before, add it to the manifests, or correct the name.`,
    sightings: [],
  }
}

/** What the pods of the release need, and is neither in the release nor in the cluster. */
export const missingNeeds = async (cluster: Cluster, objects: readonly KubernetesObject[]): Promise<Needs> => {
  const own = new Map(objects.map((object) => [objectKey(referenceOf(object)), object]))
  const needs = objects.flatMap((object) => podNeeds(object).map((need) => ({ need, user: referenceOf(object) })))
  const grouped = [
    ...Map.groupBy(needs, ({ need }) => `${objectKey(need.reference)} ${need.key ?? ''}`).values(),
  ].flatMap((group) => {
    const [first] = group
    return first === undefined ? [] : [{ need: first.need, users: group.map(({ user }) => user) }]
  })
  const elsewhere = new Map(
    grouped
      .map(({ need }) => need.reference)
      .filter((reference) => !own.has(objectKey(reference)))
      .map((reference) => [objectKey(reference), reference]),
  )
  const found = new Map(
    await atOnce([...elsewhere], async ([key, reference]) => [key, await look(cluster, reference)] as const),
  )
  const diagnoses: Diagnosis[] = []
  const warnings: string[] = []
  for (const { need, users } of grouped) {
    const key = objectKey(need.reference)
    const looked = found.get(key)
    const object = own.get(key) ?? (looked?.kind === 'found' ? looked.object : undefined)
    if (looked?.kind === 'unknown')
      warnings.push(`whether ${objectName(need.reference)} is there is not known: it may not be read`)
    else if (!isPresent(need, object)) diagnoses.push(diagnosisOf(need, users, object !== undefined))
  }
  return { diagnoses, warnings: [...new Set(warnings)] }
}
