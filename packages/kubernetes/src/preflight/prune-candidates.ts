import {
  type Cluster,
  holdsValues,
  isManagedByUs,
  isSecret,
  type KubernetesObject,
  objectKey,
  type ObjectReference,
  type RecordedObject,
  type ReleaseRecord,
} from '@mlops/core'
import { atOnce } from '../at-once.ts'

/** They hold what nobody could bring back. */
const NEVER: ReadonlySet<string> = new Set(['Namespace', 'PersistentVolumeClaim', 'CustomResourceDefinition'])

const mayGo = ({ reference, applied, before, createdIn, uid }: RecordedObject): boolean => {
  const recorded = applied ?? before
  if (createdIn === undefined || uid === undefined || recorded === undefined || NEVER.has(reference.kind)) return false
  return !isSecret(reference) || holdsValues(recorded)
}

/** Objects that an earlier release has created and this one no longer has: still the same ones, and still ours. */
export const pruneCandidates = async (
  cluster: Cluster,
  newest: ReleaseRecord | undefined,
  wanted: readonly ObjectReference[],
): Promise<readonly { readonly reference: ObjectReference; readonly live: KubernetesObject }[]> => {
  const kept = new Set(wanted.map(objectKey))
  const left = (newest?.objects ?? []).filter((one) => mayGo(one) && !kept.has(objectKey(one.reference)))
  const found = await atOnce(left, async ({ reference, uid }) => ({
    reference,
    uid,
    live: await cluster.get(reference),
  }))
  return found.flatMap(({ reference, uid, live }) =>
    live !== undefined &&
    live.metadata.uid === uid &&
    live.metadata.deletionTimestamp === undefined &&
    isManagedByUs(live) &&
    live.metadata.annotations?.['mlops/prune'] !== 'disabled'
      ? [{ reference, live }]
      : [],
  )
}
