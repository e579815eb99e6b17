import type { Context, Outcome } from '@mlops/action-kit'
import { ActionError, type ErrorCode, type FailureClass, withFacts } from '@mlops/core'
import { deploy } from './deploy.ts'
import { openJob } from './job.ts'
import type { Ports } from './ports.ts'
import type { Inputs, Spec } from './spec.ts'
import { survey, withoutWriting } from './survey.ts'

interface End {
  readonly status: string
  readonly failureClass: FailureClass | 'configuration'
}
type Ends = Partial<Readonly<Record<ErrorCode, End>>>

/** Errors that refuse a release before the preflight does. */
const BEFORE: Ends = {
  'E-FORBIDDEN': { status: 'refused', failureClass: 'rbac-forbidden' },
  'E-MANIFEST': { status: 'refused', failureClass: 'invalid-object' },
  'E-RENDER': { status: 'refused', failureClass: 'configuration' },
}

/** Errors that keep it from being written, or from being followed. */
const WRITING: Ends = {
  'E-LOCKED': { status: 'refused', failureClass: 'conflict' },
  'E-LEASE-LOST': { status: 'superseded', failureClass: 'superseded' },
  'E-CLUSTER': { status: 'environment', failureClass: 'environment' },
}

/** Throws an error again, with what it means for the release. */
const meaning =
  (ends: Ends) =>
  (error: unknown): never => {
    const end = error instanceof ActionError ? ends[error.facts.code] : undefined
    if (!(error instanceof ActionError) || end === undefined) throw error
    const outputs = { status: end.status, 'failure-class': end.failureClass, ...error.facts.outputs }
    throw withFacts(error, { outputs })
  }

const prepare = async (inputs: Inputs, ports: Ports, context: Context) => {
  const job = await openJob(inputs, ports, context)
  return { job, seen: await job.watch.time('preflight', () => survey(job)) }
}

/**
 * Deploys the release, or says why not: refused with nothing written, or failed with the cause and what was put back. Throws
 * the E-codes of the README's table.
 */
export const run = async (inputs: Inputs, ports: Ports, context: Context): Promise<Outcome<Spec>> => {
  const { job, seen } = await prepare(inputs, ports, context).catch(meaning(BEFORE))
  return withoutWriting(job, seen) ?? deploy(job, seen).catch(meaning(WRITING))
}
