import type { Context, Outcome } from '@mlops/action-kit'
import { ActionError, type ReleaseRecord } from '@mlops/core'
import { judge } from './bake.ts'
import { openJob } from './job.ts'
import { underLease } from './lease.ts'
import type { Ports } from './ports.ts'
import { rollBack, settle } from './settle.ts'
import type { Inputs, Spec } from './spec.ts'

/** Only what rolled out can be asked anything. */
const assertDeployed = ({ release, revision, status, because }: ReleaseRecord): void => {
  if (status === 'deployed') return
  throw new ActionError({
    code: 'E-RELEASE',
    kind: 'user',
    what: `revision ${revision} of ${release} can't be judged`,
    why: `its status is ${status}: ${because}`,
    hint: 'deploy again; an unfinished release is finished or undone then',
  })
}

/**
 * Judges the newest release and does what follows, or undoes it without asking. Throws E-UNHEALTHY, E-INCONCLUSIVE, and the
 * other codes of the README's table.
 */
export const run = async (inputs: Inputs, ports: Ports, context: Context): Promise<Outcome<Spec>> => {
  const job = await openJob(inputs, ports, context)
  const { checks, record } = job
  if (inputs.mode === 'rollback' || checks === undefined)
    return underLease(job, (lease) => rollBack(job, lease, inputs.reason ?? ''))
  assertDeployed(record)
  const judgement = await judge(job, checks)
  return underLease(job, (lease) => settle(job, lease, judgement, checks))
}
