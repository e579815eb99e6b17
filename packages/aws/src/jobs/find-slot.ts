import { ActionError, decide, type Decision, type Jobs, type JobState, LAST_ATTEMPT } from '@mlops/core'
import type { JobRun } from './job-run.ts'

export interface Slot {
  readonly attempt: number
  readonly name: string
  readonly decision: Exclude<Decision, { readonly kind: 'next-attempt' }>
  readonly existing?: JobState
}

/** Goes through the names of the attempts, from `first` on, until one is free or holds a job that is of use. */
export const findSlot = async <Request>(
  { nameOf, reuse, kind }: Pick<JobRun<Request>, 'nameOf' | 'reuse' | 'kind'>,
  jobs: Jobs<Request>,
  first: number,
  signal: AbortSignal,
): Promise<Slot> => {
  for (let attempt = first; attempt <= LAST_ATTEMPT; attempt += 1) {
    const name = nameOf(attempt)
    const existing = await jobs.describe(name, signal)
    const decision = decide(existing, reuse)
    if (decision.kind !== 'next-attempt')
      return { attempt, name, decision, ...(existing === undefined ? {} : { existing }) }
  }
  throw new ActionError({
    code: 'E-JOB-FAILED',
    kind: 'remote',
    what: `all ${LAST_ATTEMPT} attempts of this ${kind} job have been used`,
    why: `every job from ${nameOf(1)} to ${nameOf(LAST_ATTEMPT)} ended without a result`,
    hint: 'correct the cause of the failures; a change of code, data or request makes a new name',
  })
}
