import type { Arn, EpochMs, S3Uri } from '../brand.ts'

export type JobKind = 'training' | 'processing'

export type JobStatus = 'in-progress' | 'stopping' | 'completed' | 'failed' | 'stopped'

/** What SageMaker says of a job, in one shape for both kinds. Times are the service's, never the runner's. */
export interface JobState {
  readonly kind: JobKind
  readonly name: string
  readonly arn: Arn
  readonly status: JobStatus
  /** SecondaryStatus of a training job (`Downloading`, `MaxRuntimeExceeded`, …); the status itself for processing. */
  readonly phase: string
  readonly message: string
  readonly failureReason: string
  /** What the container wrote to its exit message; processing only. */
  readonly exitMessage: string
  readonly instanceType: string
  readonly instanceCount: number
  readonly createdAt: EpochMs
  readonly startedAt?: EpochMs
  readonly endedAt?: EpochMs
  readonly trainingSeconds?: number
  readonly billableSeconds?: number
  readonly artifactUri?: S3Uri
  readonly metrics: readonly { readonly name: string; readonly value: number }[]
  /** How often a spot instance was taken away so far. */
  readonly interruptions: number
  /** `<run id>/<run attempt>` of the workflow run that created it; empty when it was not one of ours. */
  readonly startedBy: string
}

/**
 * The jobs of one kind. `Request` is the service's own create request.
 * Errors are ActionErrors; a call that AWS throttles or that meets a passing fault is repeated inside.
 */
export interface Jobs<Request> {
  /** Undefined when no job has that name. */
  readonly describe: (name: string, signal?: AbortSignal) => Promise<JobState | undefined>
  /** `exists`: another process created a job of that name first. */
  readonly create: (request: Request, signal?: AbortSignal) => Promise<'created' | 'exists'>
  /** Accepted by the service, or the job had ended already. One quick call: it is made while the step is being cancelled. */
  readonly stop: (name: string) => Promise<void>
}

export interface JobLogs {
  /** Lines that came since the last call, oldest first; empty while the stream does not exist. */
  readonly next: () => Promise<readonly LogLine[]>
}

export interface LogLine {
  /** Name of the host, `algo-1`. */
  readonly host: string
  readonly at: EpochMs
  readonly text: string
}
