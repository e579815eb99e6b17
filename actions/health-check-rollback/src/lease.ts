import { type Context, newHolder, noteHolder, noteReleased, type Outcome } from '@mlops/action-kit'
import { ActionError, withFacts } from '@mlops/core'
import { holdLease, type Lease } from '@mlops/kubernetes'
import type { Job } from './job.ts'
import type { Spec } from './spec.ts'

/** How the step ends: its records say so, and nothing of it is left to be done. */
export type Ending = Outcome<Spec> | ActionError

/** Throws an error again, with what it means for the release that nobody but its holder may write. */
const refused = (error: unknown): never => {
  if (!(error instanceof ActionError) || error.facts.code !== 'E-LOCKED') throw error
  throw withFacts(error, { outputs: { status: 'refused', 'failure-class': 'conflict' } })
}

/** Does what writes, under the lock of the release. What is thrown leaves the lock to `post`, which sees to the rest. */
export const underLease = async (
  { cluster, inputs, context }: Pick<Job, 'cluster' | 'inputs'> & { readonly context: Context },
  work: (lease: Lease) => Promise<Ending>,
): Promise<Outcome<Spec>> => {
  const { namespace, release, lockTimeout } = inputs
  const holder = newHolder(context)
  noteHolder(context, holder)
  const waitMs = lockTimeout * 1000
  const lease = await holdLease(cluster, { namespace, release, holder, waitMs }, context).catch(refused)
  const ending = await work(lease)
  await lease.release()
  noteReleased(context)
  if (ending instanceof ActionError) throw ending
  return ending
}
