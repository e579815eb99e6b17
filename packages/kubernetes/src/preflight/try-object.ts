import {
  changeOf,
  clientSideManagers,
  type Cluster,
  type Diagnosis,
  isFinishedJob,
  isManagedByUs,
  type KubernetesObject,
  mayBeForced,
  type PlannedObject,
  project,
  referenceOf,
  type Refusal,
  rollsOut,
} from '@mlops/core'
import { conflictingManagers, isConflict, isImmutable, refusedWrite } from './refused-write.ts'

export interface Attempt {
  readonly send: KubernetesObject
  readonly live: KubernetesObject | undefined
  readonly conflicts: 'fail' | 'force'
  /** The manifests define the kind themselves: the server cannot know it yet. */
  readonly isNewKind: boolean
}

export type Tried =
  | { readonly kind: 'planned'; readonly planned: PlannedObject }
  | { readonly kind: 'refused'; readonly diagnosis: Diagnosis }

const planned = (
  { send, live }: Attempt,
  result: KubernetesObject,
  more: Partial<Pick<PlannedObject, 'takesOver' | 'recreate'>> = {},
): Tried => {
  const recreate = more.recreate ?? false
  return {
    kind: 'planned',
    planned: {
      reference: referenceOf(send),
      send,
      applied: project(result, send) as KubernetesObject,
      result,
      ...(live === undefined ? {} : { live }),
      change: recreate ? 'change' : changeOf(live, result),
      rollout: recreate || rollsOut(live, result),
      takesOver: more.takesOver ?? [],
      recreate,
    },
  }
}

const refused = ({ send }: Attempt, refusal: Refusal): Tried => ({
  kind: 'refused',
  diagnosis: refusedWrite(referenceOf(send), refusal),
})

/** A conflict that may be settled by taking the fields over: kubectl's own earlier apply, or whatever `force` allows. */
const takeOver = async (cluster: Cluster, attempt: Attempt, refusal: Refusal): Promise<Tried> => {
  const { send, live, conflicts } = attempt
  const managers = conflictingManagers(refusal)
  const given = live === undefined ? [] : clientSideManagers(live)
  const mayTake = (manager: string) => given.includes(manager) || (conflicts === 'force' && mayBeForced(manager))
  if (managers.length === 0 || !managers.every(mayTake)) return refused(attempt, refusal)
  const forced = await cluster.apply(send, { dryRun: true, force: true })
  return forced.kind === 'written'
    ? planned(attempt, forced.object, { takesOver: [...new Set([...given, ...managers])] })
    : refused(attempt, forced.refusal)
}

/**
 * Tries an object that kubectl owns under another name. Its own dry run cannot show what is left of the old one once the
 * fields are ours, and an old list beside the new one may not even be valid.
 */
const tryElsewhere = async (cluster: Cluster, attempt: Attempt, takesOver: readonly string[]): Promise<Tried> => {
  const { send } = attempt
  const { name } = send.metadata
  const renamed = `${name.slice(0, 200)}-x`
  const tried = await cluster.apply({ ...send, metadata: { ...send.metadata, name: renamed } }, { dryRun: true })
  if (tried.kind === 'refused') return refused(attempt, tried.refusal)
  return planned(attempt, { ...tried.object, metadata: { ...tried.object.metadata, name } }, { takesOver })
}

/** Has the API server do all but keep an object. */
export const tryObject = async (cluster: Cluster, attempt: Attempt): Promise<Tried> => {
  const { send, live, isNewKind } = attempt
  if (isNewKind) return planned(attempt, send)
  const adopted = live === undefined ? [] : clientSideManagers(live)
  const tried = await cluster.apply(send, { dryRun: true })
  if (tried.kind === 'written') return planned(attempt, tried.object, { takesOver: adopted })
  const { refusal } = tried
  if (refusal.status === 422 && !isImmutable(refusal) && adopted.length > 0)
    return tryElsewhere(cluster, attempt, adopted)
  if (isConflict(refusal)) return takeOver(cluster, attempt, refusal)
  if (isImmutable(refusal) && live !== undefined && isFinishedJob(live) && isManagedByUs(live))
    return planned(attempt, send, { recreate: true })
  return refused(attempt, refusal)
}
