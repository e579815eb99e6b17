import type { JobFailure } from './failure.ts'
import type { JobState, LogLine } from './ports.ts'

export type JobSource = 'created' | 'attached' | 'reused'

interface Facts {
  readonly name: string
  readonly source: JobSource
  /** Earlier attempts of this run that ended without a result. */
  readonly ended: readonly JobState[]
}

/** How the run of a job came out. */
export type JobEnd =
  | (Facts & { readonly kind: 'completed'; readonly state: JobState })
  | (Facts & {
      readonly kind: 'failed'
      readonly state: JobState
      readonly failure: JobFailure
      /** The newest lines of its log, oldest first. */
      readonly tail: readonly LogLine[]
    })
  /** The job goes on: nobody was to wait for it, or not any longer. */
  | (Facts & { readonly kind: 'left'; readonly state?: JobState; readonly because: 'no-wait' | 'deadline' })
