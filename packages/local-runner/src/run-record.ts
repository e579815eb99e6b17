import type { Permissions } from './permissions.ts'
import type { Refusal } from './refusal.ts'
import type { Annotation } from './workflow-commands.ts'

export type Conclusion = 'success' | 'failure' | 'cancelled' | 'skipped'

export interface StepRecord {
  readonly name: string
  readonly id?: string
  /** How it ended before `continue-on-error`. */
  readonly outcome: Conclusion
  readonly conclusion: Conclusion
  /** ISO 8601 */
  readonly started: string
  readonly seconds: number
  readonly outputs: Readonly<Record<string, string>>
}

export interface JobRecord {
  /** `setup`; `caller/setup` inside a called workflow; `test (3.12)` in a matrix. */
  readonly id: string
  readonly name: string
  readonly workflow: string
  readonly needs: readonly string[]
  readonly state: 'waiting' | 'running' | 'done'
  /** Present when done. After `continue-on-error` a failed job is a success. */
  readonly result?: Conclusion
  readonly started?: string
  readonly finished?: string
  readonly seconds?: number
  /** The step that runs now. */
  readonly step?: string
  readonly steps: readonly StepRecord[]
  readonly outputs: Readonly<Record<string, string>>
  readonly environment?: string
  readonly permissions: Permissions
}

export interface RecordedAnnotation extends Annotation {
  readonly job: string
  readonly step?: string
}

export interface OutsideUse {
  readonly action: string
  readonly emulation: string
  readonly times: number
}

/** The document `run.json`. A reader accepts its own `schema` and older ones. */
export interface RunRecord {
  readonly schema: 1
  readonly workflow: { readonly name: string; readonly path: string; readonly runName: string }
  readonly repository: string
  readonly event: { readonly name: string; readonly ref: string; readonly sha: string }
  readonly runId: string
  readonly runNumber: string
  readonly runAttempt: number
  readonly inputs: Readonly<Record<string, unknown>>
  readonly result: Conclusion
  readonly started: string
  readonly finished: string
  readonly seconds: number
  readonly jobs: readonly JobRecord[]
  readonly annotations: readonly RecordedAnnotation[]
  readonly outsideActions: readonly OutsideUse[]
  readonly artifacts: readonly { readonly name: string; readonly files: number; readonly bytes: number }[]
  /** What stood in the way of the run; nothing ran when there is any. */
  readonly refusals: readonly Refusal[]
}

export interface RecordBook {
  readonly job: (id: string) => JobRecord | undefined
  readonly jobs: () => readonly JobRecord[]
  readonly put: (job: JobRecord) => void
  readonly update: (id: string, change: Partial<JobRecord>) => void
  readonly annotate: (annotation: RecordedAnnotation) => void
  readonly annotations: () => readonly RecordedAnnotation[]
  readonly usedOutside: (action: string, emulation: string) => void
  readonly outsideUses: () => readonly OutsideUse[]
  readonly addSummary: (job: string, step: string, markdown: string) => void
  readonly summaries: () => readonly { readonly job: string; readonly step: string; readonly markdown: string }[]
}

/** Collects what happens; `onChange` hears each change of a job. */
export const createRecordBook = (onChange: (job: JobRecord) => void): RecordBook => {
  const jobs = new Map<string, JobRecord>()
  const annotations: RecordedAnnotation[] = []
  const outside = new Map<string, OutsideUse>()
  const summaries: { job: string; step: string; markdown: string }[] = []
  const put = (job: JobRecord) => {
    jobs.set(job.id, job)
    onChange(job)
  }
  return {
    job: (id) => jobs.get(id),
    jobs: () => [...jobs.values()],
    put,
    update: (id, change) => {
      const known = jobs.get(id)
      if (known !== undefined) put({ ...known, ...change })
    },
    annotate: (annotation) => annotations.push(annotation),
    annotations: () => annotations,
    usedOutside: (action, emulation) => {
      const times = (outside.get(action)?.times ?? 0) + 1
      outside.set(action, { action, emulation, times })
    },
    outsideUses: () => [...outside.values()],
    addSummary: (job, step, markdown) => summaries.push({ job, step, markdown }),
    summaries: () => summaries,
  }
}
