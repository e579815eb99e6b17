import { isTerminal, type JobKind, jobLink, type Jobs, type Log, type State, type Clock } from '@mlops/core'

/** What the post step has to know of the job that the main step may have left behind. */
export interface GuardedJob {
  readonly kind: JobKind
  readonly name: string
  readonly region: string
}

const KEY = 'guarded-job'

/** Marks the job as one that must not outlive the step. Called before the create call, so that no job escapes it. */
export const guard = (state: State, job: GuardedJob): void => state.save(KEY, JSON.stringify(job))

/** Nothing is left to be stopped, or what is left was left on purpose. */
export const release = (state: State): void => state.save(KEY, '')

export const guarded = (state: State): GuardedJob | undefined => {
  const text = state.load(KEY) ?? ''
  // Only `guard` writes this key.
  return text === '' ? undefined : (JSON.parse(text) as GuardedJob)
}

const SETTLE_TRIES = 3
const SETTLE_MS = 2000

/** A create call that was cut off by the cancellation may still take effect. */
const settled = async (jobs: Pick<Jobs<never>, 'describe'>, name: string, clock: Clock) => {
  for (let tries = 1; ; tries += 1) {
    const found = await jobs.describe(name)
    if (found !== undefined || tries === SETTLE_TRIES) return found
    await clock.sleep(SETTLE_MS)
  }
}

/**
 * The post step's net: stops the job that the main step started and did not see end. Never throws; a job that cannot be
 * stopped is named in an error annotation, because it costs money.
 */
export const stopGuarded = async (
  jobs: Pick<Jobs<never>, 'describe' | 'stop'>,
  { state, log, clock }: { readonly state: State; readonly log: Log; readonly clock: Clock },
): Promise<void> => {
  const job = guarded(state)
  if (job === undefined) return
  try {
    const found = await settled(jobs, job.name, clock)
    if (found === undefined || isTerminal(found) || found.status === 'stopping') return
    await jobs.stop(job.name)
    log.info(`stopped ${job.kind} job ${job.name}, which this step had left behind`)
  } catch (error) {
    const link = jobLink(job.kind, job.name, job.region)
    log.error(`${job.kind} job ${job.name} could not be stopped and may still bill: ${String(error)} ${link}`)
  }
}
