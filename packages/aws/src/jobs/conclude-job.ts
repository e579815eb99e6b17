import { type JobEnd, type JobFacts, jobFailedError, type Log, stillRunningError } from '@mlops/core'
import type { JobRun } from './job-run.ts'

export type GoodEnd = Exclude<JobEnd, { readonly kind: 'failed' }>

/** Passes on an end that the step can be green with; throws the error of any other, with the outputs known. */
export const assertGoodEnd = (
  end: JobEnd,
  facts: JobFacts,
  outputs: Readonly<Record<string, string>>,
  { logs, onTimeout }: Pick<JobRun<never>, 'logs' | 'onTimeout'>,
  log: Log,
): GoodEnd => {
  if (end.kind === 'failed') {
    if (logs === 'errors') log.foreign(end.tail.map(({ host, text }) => `${host}: ${text}`))
    throw jobFailedError(end, facts, outputs)
  }
  if (end.kind === 'left' && end.because === 'deadline')
    throw stillRunningError(end, facts, onTimeout === 'stop', outputs)
  return end
}
