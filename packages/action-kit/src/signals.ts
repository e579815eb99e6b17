import type { Clock } from '@mlops/core'

/** Aborts some time after a signal did, with the same reason: for what must still be written down then. */
export const outlasting = (clock: Clock, signal: AbortSignal, ms: number): AbortSignal => {
  const controller = new AbortController()
  signal.addEventListener('abort', () => {
    void clock.sleep(ms).then(() => controller.abort(signal.reason))
  })
  return controller.signal
}

/** Aborts when a signal does, and at the latest after some time, with the reason that is given. */
export const limited = (clock: Clock, signal: AbortSignal, ms: number, reason: Error): AbortSignal => {
  const controller = new AbortController()
  void clock.sleep(ms).then(() => controller.abort(reason))
  return AbortSignal.any([signal, controller.signal])
}
