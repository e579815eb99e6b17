import type { Context, Outcome } from '@mlops/action-kit'
import { ActionError, type ErrorCode, type FailureClass, withFacts } from '@mlops/core'
import { deploy } from './deploy.ts'
import { openJob } from './job.ts'
import type { Ports } from './ports.ts'
import type { Inputs, Spec } from './spec.ts'
import { survey, withoutWriting } from './survey.ts'

/** Errors that refuse a release before the preflight does, by the class that they stand for. */
const REFUSALS: Partial<Readonly<Record<ErrorCode, FailureClass | 'configuration'>>> = {
  'E-FORBIDDEN': 'rbac-forbidden',
  'E-MANIFEST': 'invalid-object',
  'E-RENDER': 'configuration',
}

const asRefusal = (error: unknown) => {
  const failureClass = error instanceof ActionError ? REFUSALS[error.facts.code] : undefined
  if (!(error instanceof ActionError) || failureClass === undefined) return error
  return withFacts(error, { outputs: { status: 'refused', 'failure-class': failureClass, ...error.facts.outputs } })
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
  const { job, seen } = await prepare(inputs, ports, context).catch((error: unknown) => {
    throw asRefusal(error)
  })
  return withoutWriting(job, seen) ?? deploy(job, seen)
}
