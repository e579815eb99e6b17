import type { JobRecord, RunRecord } from './run-record.ts'

export interface Output {
  readonly isTTY?: boolean | undefined
  readonly columns?: number | undefined
  readonly rows?: number | undefined
  readonly write: (text: string) => unknown
}

export interface Reporter {
  readonly job: (job: JobRecord) => void
  /** Prints what is to be said at the end. */
  readonly end: (record: RunRecord) => void
}

const seconds = (ms: number) => `${(ms / 1000).toFixed(1)}s`.padStart(7)

const MARKS: Readonly<Record<string, string>> = {
  success: 'ok       ',
  failure: 'FAILED   ',
  cancelled: 'cancelled',
  skipped: 'skipped  ',
  running: 'running  ',
  waiting: 'waiting  ',
}

const stateOf = (job: JobRecord): string => (job.state === 'done' ? (job.result ?? 'done') : job.state)

/** A whole commit id takes half of a line and tells a person no more than its start. */
const short = (name: string) => name.replace(/@(?<start>[\da-f]{7})[\da-f]{33}\b/, '@$<start>')

const row = (job: JobRecord): string => {
  const running =
    job.state === 'running' && job.started !== undefined ? Date.now() - Date.parse(job.started) : undefined
  const took = job.seconds === undefined ? running : job.seconds * 1000
  const step = job.state === 'running' && job.step !== undefined ? `  ${short(job.step)}` : ''
  return `  ${MARKS[stateOf(job)] ?? stateOf(job)} ${took === undefined ? '       ' : seconds(took)}  ${job.name}${step}`
}

interface View {
  readonly show: (job: JobRecord) => void
  readonly close: () => void
}

const createTable = (output: Output): View => {
  const jobs = new Map<string, JobRecord>()
  let drawn = 0
  const draw = () => {
    const width = output.columns ?? 120
    // What has scrolled away can't be drawn again.
    const rows = [...jobs.values()].map((each) => row(each).slice(0, width - 1)).slice(1 - (output.rows ?? 1000))
    const up = drawn === 0 ? '' : `\u001B[${drawn}A`
    output.write(`${up}${rows.map((text) => `\u001B[2K${text}\n`).join('')}`)
    drawn = rows.length
  }
  const ticking = setInterval(draw, 1000).unref()
  return {
    show: (job) => {
      jobs.set(job.id, job)
      draw()
    },
    close: () => clearInterval(ticking),
  }
}

const createLines = (output: Output): View => {
  const started = Date.now()
  const known = new Map<string, JobRecord>()
  const say = (text: string) => output.write(`[${seconds(Date.now() - started)}] ${text}\n`)
  const show = (job: JobRecord) => {
    const before = known.get(job.id)
    known.set(job.id, job)
    for (const step of job.steps.slice(before?.steps.length ?? 0))
      say(`${job.name}: ${short(step.name)}: ${step.conclusion} (${step.seconds.toFixed(1)}s)`)
    if (before === undefined || stateOf(before) !== stateOf(job)) say(`${job.name}: ${stateOf(job)}`)
  }
  return { show, close: () => undefined }
}

const SILENT: View = { show: () => undefined, close: () => undefined }

const viewOf = (output: Output, quiet: boolean): View => {
  if (quiet) return SILENT
  return output.isTTY === true ? createTable(output) : createLines(output)
}

const place = (file: string | undefined, line: number | undefined) =>
  file === undefined ? '' : `${file}${line === undefined ? '' : `:${line}`}: `

const outsideTable = ({ outsideActions }: RunRecord): string =>
  outsideActions.length === 0
    ? ''
    : `\nOutside actions emulated in this run:\n${outsideActions
        .map(({ action, emulation, times }) => `  ${action} (${times}x): ${emulation}\n`)
        .join('')}`

const annotationLines = ({ annotations }: RunRecord): string =>
  annotations.length === 0
    ? ''
    : `\nAnnotations:\n${annotations
        .map(
          ({ level, job, step, file, line, message }) =>
            `  ${level} [${job}${step === undefined ? '' : `: ${step}`}] ${place(file, line)}${message}\n`,
        )
        .join('')}`

/** Shows a run as it goes: a redrawn table on a terminal, else one line a change. `quiet` shows the end alone. */
export const createReporter = (output: Output, quiet: boolean): Reporter => {
  const view = viewOf(output, quiet)
  return {
    job: view.show,
    end: (record) => {
      view.close()
      output.write(outsideTable(record))
      output.write(annotationLines(record))
      output.write(`\n${record.workflow.runName}: ${record.result} in ${record.seconds.toFixed(1)}s\n`)
      for (const job of record.jobs) output.write(`${row(job)}\n`)
    },
  }
}
