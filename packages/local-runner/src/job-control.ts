import type { Status } from './expressions.ts'

type JobStatus = 'success' | 'failure' | 'cancelled'

/** The fate of one job; cancelling is per job, so that an `always()` job outlives the cancelled run. */
export interface JobControl {
  readonly current: () => JobStatus
  readonly status: () => Status
  readonly fail: () => void
  readonly cancel: () => void
  readonly cancelled: AbortSignal
  /** Aborts when a cancelled job has used up its time to clean up. */
  readonly terminated: AbortSignal
  readonly close: () => void
}

/** `stopped` is the hard stop of the whole run: nothing may clean up any more. */
export const createJobControl = (cancelLimitMs: number, stopped: AbortSignal): JobControl => {
  const cancelled = new AbortController()
  const terminated = new AbortController()
  let failed = false
  let limit: NodeJS.Timeout | undefined
  const current = (): JobStatus => {
    if (cancelled.signal.aborted) return 'cancelled'
    return failed ? 'failure' : 'success'
  }
  const terminate = () => {
    cancelled.abort('cancelled')
    terminated.abort('terminated')
  }
  if (stopped.aborted) terminate()
  else stopped.addEventListener('abort', terminate)
  return {
    current,
    status: () => ({
      success: current() === 'success',
      failure: current() === 'failure',
      cancelled: current() === 'cancelled',
    }),
    fail: () => {
      failed = true
    },
    cancel: () => {
      if (cancelled.signal.aborted) return
      limit = setTimeout(terminate, cancelLimitMs)
      cancelled.abort('cancelled')
    },
    cancelled: cancelled.signal,
    terminated: terminated.signal,
    close: () => {
      clearTimeout(limit)
      stopped.removeEventListener('abort', terminate)
    },
  }
}
