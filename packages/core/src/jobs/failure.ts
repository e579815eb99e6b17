import type { JobState } from './ports.ts'

/**
 * Why a job ended without a result. `user`: its own code or data; `capacity`: AWS had no machine; `internal`: AWS failed;
 * `timeout`: its own time limit; `spot`: waited too long for a spot machine; `external`: somebody stopped it;
 * `remote`: any other reason AWS gave.
 */
export type JobFailure = 'user' | 'capacity' | 'internal' | 'timeout' | 'spot' | 'external' | 'remote'

const FAILED: readonly (readonly [pattern: RegExp, failure: JobFailure])[] = [
  [/\bCapacityError\b|Insufficient\w*Capacity/i, 'capacity'],
  [/\bInternalServerError\b|\bInternalFailure\b/, 'internal'],
  [/MaxRuntime/, 'timeout'],
  [/\bAlgorithmError\b|\bClientError\b/, 'user'],
]

const ofStopped = (
  { phase, failureReason, exitMessage, startedAt, endedAt }: JobState,
  maxRuntime: number,
): JobFailure => {
  if (phase === 'MaxWaitTimeExceeded') return 'spot'
  if ([phase, failureReason, exitMessage].some((text) => text.includes('MaxRuntime'))) return 'timeout'
  // A processing job has no secondary status that tells a time limit from a stop by hand.
  const lasted = startedAt === undefined || endedAt === undefined ? 0 : (endedAt - startedAt) / 1000
  return lasted >= maxRuntime ? 'timeout' : 'external'
}

/**
 * Classifies how a job ended; undefined while it runs or when it completed. `Stopped` is never taken for success.
 *
 * @param maxRuntime seconds the job was allowed to take
 */
export const jobFailure = (state: JobState, maxRuntime: number): JobFailure | undefined => {
  switch (state.status) {
    case 'in-progress':
    case 'stopping':
    case 'completed':
      return undefined
    case 'stopped':
      return ofStopped(state, maxRuntime)
    case 'failed':
      return FAILED.find(([pattern]) => pattern.test(state.failureReason))?.[1] ?? 'remote'
  }
}

/** What AWS says of a quota when it refuses a create call. */
export interface Quota {
  readonly name: string
  readonly limit: number
  readonly used: number
  readonly asked: number
}

// Two wordings are in use: sagemaker-python-sdk issue 35 (unquoted) and gabehollombe-aws/jupyter-notebooks issue 1.
const QUOTA =
  /service limit (?:'(?<quoted>[^']+)'|for (?<plain>\S+)) is (?<limit>\d+) Instances, with current utilization of (?<used>\d+) Instances and a request delta of (?<asked>\d+)/

/** Reads limit, use and demand out of a ResourceLimitExceeded message; undefined when it says something else. */
export const parseQuota = (message: string): Quota | undefined => {
  const { quoted, plain, limit, used, asked } = QUOTA.exec(message)?.groups ?? {}
  const name = quoted ?? plain
  return name === undefined ? undefined : { name, limit: Number(limit), used: Number(used), asked: Number(asked) }
}
