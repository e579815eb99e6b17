import {
  assertAffordable,
  type Clock,
  type JobInputs,
  type JobKind,
  jobName,
  type Jobs,
  type JobState,
  type Log,
  type Environment,
  type Random,
  type RetryBounds,
  retryBounds,
  type ReuseMode,
  type RunIdentity,
  runToken,
  type State,
} from '@mlops/core'
import type { TailedJobLogs } from '../job-logs.ts'
import { sha256 } from './sha256.ts'

/** What a run of a job needs to know; `Request` is the service's create request. */
export interface JobRun<Request> extends Waiting {
  readonly kind: JobKind
  readonly region: string
  readonly nameOf: (attempt: number) => string
  readonly request: (attempt: Attempt) => Request
  readonly reuse: ReuseMode
  readonly bounds: RetryBounds
  /** Runs before each create call: uploads what the job needs, and may refuse. */
  readonly beforeCreate: (attempt: Attempt, ended: readonly JobState[]) => Promise<void>
}

/** How a job is waited for. Times are seconds. */
export interface Waiting {
  readonly maxRuntime: number
  /** False: return as soon as the job exists. */
  readonly wait: boolean
  readonly waitTimeout: number
  /** What becomes of the job after that time. */
  readonly onTimeout: 'leave' | 'stop'
  readonly onCancel: 'stop' | 'leave'
  readonly logs: 'off' | 'tail' | 'errors'
}

export interface Attempt {
  readonly name: string
  readonly instanceType: string
  /** True once spot was given up. */
  readonly onDemand: boolean
}

export interface JobPorts<Request> {
  readonly jobs: Jobs<Request>
  readonly logsOf: (jobName: string) => TailedJobLogs
}

export interface JobContext {
  readonly clock: Clock
  readonly random: Random
  readonly log: Log
  readonly state: State
  readonly environment: Environment
  readonly identity: RunIdentity
  readonly signal: AbortSignal
}

interface JobRunParts<Request> {
  readonly kind: JobKind
  readonly region: string
  readonly inputs: JobInputs
  readonly onSpotTimeout: RetryBounds['onSpotTimeout']
  /** Digest of the run key. */
  readonly key: string
  readonly context: JobContext
  /** Runs once, when it is certain that a job of that name is to be created. */
  readonly beforeFirst: (name: string) => Promise<void>
  readonly request: (attempt: Attempt) => Request
}

/** The part of the name that says how far a job is shared: by all runs, by one, or by one attempt of one. */
const scopeOf = ({ reuse }: JobInputs, { identity, environment }: JobContext) => {
  const token = runToken(identity, environment, sha256)
  switch (reuse) {
    case 'content':
      return {}
    case 'run':
      return { run: token }
    case 'never':
      return { run: `${token}-t${identity.runAttempt}` }
  }
}

/** The run of a job, from the inputs that both job actions have. */
export const jobRun = <Request>(parts: JobRunParts<Request>): JobRun<Request> => {
  const { kind, region, inputs, key, context, request, beforeFirst } = parts
  const scope = scopeOf(inputs, context)
  let prepared = false
  return {
    kind,
    region,
    nameOf: (attempt) => jobName({ prefix: inputs.jobNamePrefix, key, attempt, ...scope }),
    request,
    reuse: inputs.reuse,
    bounds: retryBounds(inputs, parts.onSpotTimeout),
    maxRuntime: inputs.maxRuntime,
    wait: inputs.wait,
    waitTimeout: inputs.waitTimeout,
    onTimeout: inputs.onTimeout,
    onCancel: inputs.onCancel,
    logs: inputs.logs,
    beforeCreate: async ({ name, instanceType }, ended) => {
      assertAffordable(inputs, instanceType, ended)
      if (prepared) return
      await beforeFirst(name)
      prepared = true
    },
  }
}
