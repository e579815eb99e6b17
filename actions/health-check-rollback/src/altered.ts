import { ActionError, departure, objectName, type ReleaseRecord } from '@mlops/core'
import type { Job } from './job.ts'

/** The objects of a record that are not in the cluster as it says, each as a clause. */
const departures = async (
  { cluster }: Pick<Job, 'cluster'>,
  { objects }: ReleaseRecord,
): Promise<readonly string[]> => {
  const found = await Promise.all(
    objects.map(async (recorded) => ({
      reference: recorded.reference,
      how: recorded.applied === undefined ? undefined : departure(await cluster.get(recorded.reference), recorded),
    })),
  )
  return found.flatMap(({ reference, how }) => (how === undefined ? [] : [`${objectName(reference)} ${how}`]))
}

/** The error when what was asked is not what the record speaks of, as after `kubectl rollout undo`; undefined when it is. */
export const alteredError = async (
  job: Pick<Job, 'cluster'>,
  record: ReleaseRecord,
): Promise<ActionError | undefined> => {
  const altered = await departures(job, record)
  if (altered.length === 0) return undefined
  const { release, revision } = record
  return new ActionError({
    code: 'E-SUPERSEDED',
    kind: 'rejected',
    what: `revision ${revision} of ${release} is not what is in the cluster, and nothing was written`,
    why: altered.join(', '),
    hint: 'find out who changed it and why, then deploy what is wanted',
    outputs: { status: 'superseded', 'failure-class': 'superseded', revision: String(revision) },
  })
}
