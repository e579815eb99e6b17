import { ActionError, conditionOf, type KubernetesObject, type ReleaseRecord, type Restored } from '@mlops/core'
import { type Lease, restoreRelease } from '@mlops/kubernetes'
import type { Job } from './job.ts'

const isDown = (node: KubernetesObject) =>
  conditionOf(node as Parameters<typeof conditionOf>[0], 'Ready')?.status !== 'True'

/** Who may not see the nodes takes them to be well, as while a rollout is followed. */
const nodesOf = async ({ cluster }: Job): Promise<readonly KubernetesObject[]> => {
  try {
    return await cluster.list({ apiVersion: 'v1', kind: 'Node' })
  } catch (error) {
    if (error instanceof ActionError && error.facts.code === 'E-FORBIDDEN') return []
    throw error
  }
}

/** Why nothing is put back although the release is bad: an older one would fare no better. */
export const environmentFault = async (job: Job): Promise<string | undefined> => {
  const nodes = await nodesOf(job)
  const down = nodes.filter(isDown)
  return nodes.length > 0 && down.length * 2 >= nodes.length
    ? `the cluster itself is failing: ${down.length} of ${nodes.length} nodes are not ready`
    : undefined
}

/** Undoes the newest release, once. */
export const restore = (
  { inputs, records, cluster, context, facts, images, environment }: Job,
  lease: Lease,
  because: string,
  failureClass?: string,
): Promise<Restored> =>
  restoreRelease(
    cluster,
    lease,
    {
      records,
      requireHealthy: inputs.requireHealthyTarget,
      onFirst: inputs.onFirstFailure,
      because,
      facts: { ...facts, ...(environment === undefined ? {} : { environment }) },
      timeoutMs: inputs.timeout * 1000,
      imageExists: images.exists,
      ...(failureClass === undefined ? {} : { failureClass }),
    },
    { ...context, signal: AbortSignal.any([context.signal, lease.lost]) },
  )

/** The record of what runs now. */
export const standingRecord = async ({ records }: Job, fallback: ReleaseRecord): Promise<ReleaseRecord> =>
  (await records.list()).records[0] ?? fallback
