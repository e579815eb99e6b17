import type { Cluster, ExpectedWorkload, ReleaseRecord } from '@mlops/core'
import { followRollout } from '../rollout/follow-rollout.ts'
import type { FollowContext, RolloutEnd } from '../rollout/rollout-api.ts'

/** Follows the rollout of all that a record has applied, wherever it lies. */
export const followRelease = (
  cluster: Cluster,
  { namespace, objects }: Pick<ReleaseRecord, 'namespace' | 'objects'>,
  expected: readonly ExpectedWorkload[],
  timeoutMs: number,
  context: FollowContext,
): Promise<RolloutEnd> => {
  const applied = objects.filter((object) => object.applied !== undefined).map(({ reference }) => reference)
  const namespaces = new Set([namespace, ...applied.flatMap((reference) => reference.namespace ?? [])])
  return followRollout(cluster, expected, { namespaces: [...namespaces], timeoutMs, objects: applied }, context)
}
