import { ActionError } from '@mlops/core'

/** The runner sends SIGINT, after 7.5 s SIGTERM, after 2.5 s more SIGKILL (actions/runner, ProcessInvoker.cs). */
const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const

/** Leaves half a second before SIGTERM for the outputs to be written. */
const CANCEL_WINDOW_MS = 7000

export interface SignalSource {
  readonly on: (signal: (typeof SIGNALS)[number], listener: () => void) => unknown
}

const cancelled = (signal: string) =>
  new ActionError({
    code: 'E-CANCELLED',
    kind: 'cancelled',
    what: `the step was asked to stop (${signal})`,
    why: 'the run was cancelled, or the job ran into its timeout',
    hint: 'nothing to do if that was intended',
  })

/** Turns the first signal into an abort, and calls `late` when the window ends with the step still running. */
export const armCancel = (source: SignalSource, late: () => void): AbortSignal => {
  const controller = new AbortController()
  for (const name of SIGNALS)
    source.on(name, () => {
      if (controller.signal.aborted) return
      controller.abort(cancelled(name))
      setTimeout(late, CANCEL_WINDOW_MS).unref()
    })
  return controller.signal
}
