import { ActionError, type Clock, type EpochMs } from '@mlops/core'

export interface PollOptions<T> {
  readonly probe: () => Promise<T>
  readonly done: (value: T) => boolean
  /** Pause after a probe, from the time since the first one and the newest value. */
  readonly intervalMs: (elapsedMs: number, last: T | undefined) => number
  readonly deadlineMs?: EpochMs
  readonly clock: Clock
  readonly signal: AbortSignal
  readonly onValue?: (value: T) => void
  /** How long probes may fail in a row, each already repeated inside, before the failure counts. */
  readonly tolerateMs?: number
}

export type PollResult<T> =
  | { readonly kind: 'done'; readonly value: T }
  | { readonly kind: 'deadline'; readonly last: T | undefined }

const LONGEST_PAUSE_MS = 60_000
const passes = (error: unknown) => error instanceof ActionError && error.facts.code === 'E-NETWORK'

/**
 * Asks until the value is a final one or the deadline is reached. Rejects at once with the signal's reason when it aborts,
 * and with the probe's error when that cannot pass or has gone on for `tolerateMs` (10 min). Pauses double while probes fail.
 */
export const poll = async <T>(options: PollOptions<T>): Promise<PollResult<T>> => {
  const { probe, done, intervalMs, deadlineMs = Infinity, clock, signal, onValue, tolerateMs = 600_000 } = options
  const startedAt = clock.now()
  let last: T | undefined
  let failingSince: number | undefined
  let stretch = 1
  for (;;) {
    signal.throwIfAborted()
    try {
      last = await probe()
      failingSince = undefined
      stretch = 1
      onValue?.(last)
      if (done(last)) return { kind: 'done', value: last }
    } catch (error) {
      signal.throwIfAborted()
      failingSince ??= clock.now()
      if (!passes(error) || clock.now() - failingSince >= tolerateMs) throw error
      stretch *= 2
    }
    const left = deadlineMs - clock.now()
    if (left <= 0) return { kind: 'deadline', last }
    const pause = Math.min(LONGEST_PAUSE_MS, intervalMs(clock.now() - startedAt, last) * stretch)
    await clock.sleep(Math.min(pause, left), signal)
  }
}
