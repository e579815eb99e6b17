import type { ActionFile } from './action-file.ts'
import type { ArtifactStore } from './artifact-store.ts'
import type { Comments } from './comments.ts'
import type { Groups } from './concurrency.ts'
import type { Contexts, Status, Value } from './expressions.ts'
import type { Issuer } from './issuer.ts'
import type { JobControl } from './job-control.ts'
import type { Masks } from './masks.ts'
import type { Permissions } from './permissions.ts'
import type { Grace } from './processes.ts'
import type { Conclusion, RecordBook } from './run-record.ts'
import type { TriggeredEvent } from './events.ts'
import type { JobTemplate, StepTemplate, Workflow } from './workflow-file.ts'

/** Durations that a test shortens; a run uses GitHub's. */
export interface Timing {
  readonly minuteMs: number
  readonly grace: Grace
  /** How long a cancelled job may still clean up: 5 minutes on GitHub. */
  readonly cancelLimitMs: number
}

/** A workflow with all that it calls, read and checked before anything runs. */
export interface Program {
  readonly root: Workflow
  /** The workflow that a job calls. */
  readonly called: (job: JobTemplate) => Workflow | undefined
  /** The action in a folder. Throws a RefusedError when there is none. */
  readonly action: (folder: string) => ActionFile
}

export interface RunIdentity {
  readonly runId: string
  readonly runNumber: string
  readonly runAttempt: number
}

/** What all jobs of a run share. */
export interface Run {
  readonly repo: string
  readonly repository: string
  readonly identity: RunIdentity
  readonly event: TriggeredEvent
  readonly variables: Readonly<Record<string, string>>
  readonly secrets: Readonly<Record<string, string>>
  /** The environment that every process starts from. */
  readonly hostEnvironment: Readonly<Record<string, string>>
  /** The file that the jobs of an environment wait for. */
  readonly holds: Readonly<Record<string, string>>
  readonly program: Program
  readonly folder: string
  readonly logFolder: string
  readonly eventPath: string
  readonly masks: Masks
  /** The hard stop. */
  readonly stopped: AbortSignal
  readonly issuer: Issuer
  readonly immutableSubject: boolean
  readonly book: RecordBook
  readonly artifacts: ArtifactStore
  readonly comments: Comments
  readonly groups: Groups
  readonly timing: Timing
  /** Where caches outlive the run. */
  readonly cacheFolder: string
  /** Begins the tracking id of every job. */
  readonly trackingPrefix: string
}

/** One workflow being run: the started one, or one that it calls. */
export interface Frame {
  readonly run: Run
  readonly workflow: Workflow
  /** `caller/` before job ids, `caller / ` before job names. */
  readonly idPrefix: string
  readonly namePrefix: string
  readonly inputs: { readonly [name: string]: Value }
  readonly secrets: Readonly<Record<string, string>>
  readonly permissions: Permissions | undefined
  /** The run was cancelled, or the job that calls this workflow. */
  readonly cancelled: AbortSignal
  /** Cancels the whole run, when a newer one takes the place in its group. */
  readonly cancel: () => void
}

export interface Need {
  readonly result: Conclusion
  readonly outputs: Readonly<Record<string, string>>
}

export interface StepResult {
  readonly outcome: Conclusion
  readonly conclusion: Conclusion
  readonly outputs: Readonly<Record<string, string>>
}

/** A post step, registered when its main step begins; run last in, first out. */
interface PostStep {
  readonly run: () => Promise<void>
}

/** One running job. */
export interface Job {
  readonly run: Run
  readonly id: string
  readonly workspace: string
  readonly temporary: string
  readonly contexts: Contexts
  /** Workflow and job `env`, then what steps wrote to GITHUB_ENV. */
  readonly environment: Map<string, string>
  /** Folders that steps wrote to GITHUB_PATH, the newest first. */
  readonly searchPath: string[]
  /** Variables of this job that no step may replace. */
  readonly fixedEnvironment: Readonly<Record<string, string>>
  readonly control: JobControl
  readonly posts: PostStep[]
  /** What an action's `pre` saved for its main and post. */
  readonly states: Map<StepTemplate, Map<string, string>>
  readonly print: (line: string) => void
  readonly shell: string | undefined
  readonly workingDirectory: string | undefined
}

export interface ActionSource {
  readonly folder: string
  readonly repository: string
  readonly ref: string
}

/** Where a list of steps runs: a job, or a composite action inside one. */
export interface StepScope {
  readonly job: Job
  readonly contexts: Contexts
  readonly environment: Readonly<Record<string, string>>
  readonly results: Map<string, StepResult>
  readonly status: () => Status
  readonly fail: () => void
  /** Ends with the enclosing composite's step; never aborts in a job. */
  readonly stop: AbortSignal
  readonly action: ActionSource | undefined
  readonly isComposite: boolean
}
