import {
  type Arn,
  type Clock,
  type EpochMs,
  epochMs,
  isTerminal,
  type JobKind,
  type Jobs,
  type JobState,
  type LogLine,
  type S3Uri,
} from '@mlops/core'

/** What a job does by itself: from so many seconds after its creation on, its state has these fields. */
export interface JobStep {
  readonly atSeconds: number
  readonly state: Partial<JobState>
}

/** A training job as SageMaker runs it when all is well, one phase every ten seconds. */
export const COMPLETES: readonly JobStep[] = [
  { atSeconds: 0, state: { phase: 'Starting' } },
  { atSeconds: 10, state: { phase: 'Training' } },
  { atSeconds: 20, state: { phase: 'Uploading' } },
  {
    atSeconds: 30,
    state: {
      status: 'completed',
      phase: 'Completed',
      trainingSeconds: 20,
      billableSeconds: 20,
      artifactUri: 's3://models/x/output/model.tar.gz' as S3Uri,
    },
  },
]

export const failsWith = (failureReason: string): readonly JobStep[] => [
  { atSeconds: 0, state: { phase: 'Starting' } },
  {
    atSeconds: 10,
    state: { status: 'failed', phase: 'Failed', failureReason, trainingSeconds: 5, billableSeconds: 5 },
  },
]

/** Goes on until somebody stops it. */
export const ENDLESS: readonly JobStep[] = [{ atSeconds: 0, state: { phase: 'Training' } }]

interface Existing {
  readonly base: JobState
  readonly steps: readonly JobStep[]
  stopAt?: EpochMs
}

/** The facts of a create request that the fake has to know. */
export interface FakeRequest {
  readonly name: string
  readonly instanceType: string
  readonly startedBy: string
}

export interface FakeJobsOptions<Request> {
  readonly kind: JobKind
  readonly clock: Pick<Clock, 'now'>
  readonly read: (request: Request) => FakeRequest
  /** Seconds a job takes from the Stop call to its end. */
  readonly stopSeconds?: number
}

export interface FakeJobs<Request> {
  readonly jobs: Jobs<Request>
  /** The next job created without steps of its own does this; jobs complete when nothing is planned. */
  readonly plan: (...jobs: readonly (readonly JobStep[])[]) => void
  /** The next create calls throw these, one each. */
  readonly refuse: (...errors: readonly Error[]) => void
  /** Makes a job as another process would. */
  readonly put: (request: FakeRequest, steps: readonly JobStep[]) => void
  readonly created: readonly Request[]
  readonly stopped: readonly string[]
  readonly state: (name: string) => JobState | undefined
}

/** SageMaker's jobs in memory, in the time of the given clock. */
export const fakeJobs = <Request>({
  kind,
  clock,
  read,
  stopSeconds = 5,
}: FakeJobsOptions<Request>): FakeJobs<Request> => {
  const existing = new Map<string, Existing>()
  const planned: (readonly JobStep[])[] = []
  const refusals: Error[] = []
  const created: Request[] = []
  const stopped: string[] = []

  const put = ({ name, instanceType, startedBy }: FakeRequest, steps: readonly JobStep[]) => {
    const base: JobState = {
      kind,
      name,
      arn: `arn:aws:sagemaker:us-east-1:123456789012:${kind}-job/${name}` as Arn,
      status: 'in-progress',
      phase: 'Starting',
      message: '',
      failureReason: '',
      exitMessage: '',
      instanceType,
      instanceCount: 1,
      createdAt: clock.now(),
      metrics: [],
      interruptions: 0,
      startedBy,
    }
    existing.set(name, { base, steps })
  }

  const natural = ({ base, steps }: Existing, at: EpochMs): JobState =>
    steps
      .filter(({ atSeconds }) => at >= base.createdAt + atSeconds * 1000)
      .reduce<JobState>((state, step) => ({ ...state, ...step.state }), base)

  const state = (name: string): JobState | undefined => {
    const job = existing.get(name)
    if (job === undefined) return undefined
    if (job.stopAt === undefined) return natural(job, clock.now())
    const before = natural(job, job.stopAt)
    const endedAt = epochMs(job.stopAt + stopSeconds * 1000)
    return clock.now() >= endedAt
      ? { ...before, status: 'stopped', phase: 'Stopped', endedAt }
      : { ...before, status: 'stopping', phase: 'Stopping' }
  }

  return {
    jobs: {
      describe: (name) => Promise.resolve(state(name)),
      create: (request) => {
        const refusal = refusals.shift()
        if (refusal !== undefined) return Promise.reject(refusal)
        const facts = read(request)
        if (existing.has(facts.name)) return Promise.resolve('exists')
        put(facts, planned.shift() ?? COMPLETES)
        created.push(request)
        return Promise.resolve('created')
      },
      stop: (name) => {
        stopped.push(name)
        const job = existing.get(name)
        const now = state(name)
        if (job !== undefined && now !== undefined && !isTerminal(now)) job.stopAt ??= clock.now()
        return Promise.resolve()
      },
    },
    plan: (...jobs) => {
      planned.push(...jobs)
    },
    refuse: (...errors) => {
      refusals.push(...errors)
    },
    put,
    created,
    stopped,
    state,
  }
}

/** A log that has these lines from the beginning. */
export const fakeLogs = (texts: readonly string[]) => {
  const lines: readonly LogLine[] = texts.map((text, index) => ({ host: 'algo-1', at: epochMs(index), text }))
  let read = false
  return {
    next: (): Promise<readonly LogLine[]> => {
      const found = read ? [] : lines
      read = true
      return Promise.resolve(found)
    },
    tail: () => Promise.resolve(lines),
  }
}
