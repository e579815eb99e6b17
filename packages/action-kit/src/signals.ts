import type { Clock } from '@mlops/core'

/** Less than the runner's patience after a cancel (7.5 s, actions/runner, ProcessInvoker.cs). */
const AFTERWARDS_MS = 4500

/** Aborts a little after a signal did, with the same reason: what is under way is written to its end before the step is killed. */
export const outlasting = (clock: Clock, signal: AbortSignal): AbortSignal => {
  const controller = new AbortController()
  signal.addEventListener('abort', () => {
    void clock.sleep(AFTERWARDS_MS).then(() => controller.abort(signal.reason))
  })
  return controller.signal
}

/** Aborts when a signal does, and at the latest after some time, with the reason that is given. */
export const limited = (clock: Clock, signal: AbortSignal, ms: number, reason: Error): AbortSignal => {
  const controller = new AbortController()
  void clock.sleep(ms).then(() => controller.abort(reason))
  return AbortSignal.any([signal, controller.signal])
}
