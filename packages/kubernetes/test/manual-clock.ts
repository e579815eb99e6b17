import { type Clock, epochMs } from '@mlops/core'

export interface ManualClock extends Clock {
  /** Lets time pass: sleepers wake in their order, and what they do then is done before the next one wakes. */
  readonly advance: (ms: number) => Promise<void>
}

/** What was started with the work that is there now is done after this. */
const settled = async () => {
  for (let turns = 0; turns < 5; turns += 1) await new Promise((resolve) => setImmediate(resolve))
}

interface Sleeper {
  readonly at: number
  readonly wake: () => void
}

/** Time that passes only when a test says so, for work that goes on in the background. */
export const manualClock = (): ManualClock => {
  let now = 1_800_000_000_000
  const sleepers = new Set<Sleeper>()
  const next = (until: number) =>
    [...sleepers].filter(({ at }) => at <= until).toSorted((one, other) => one.at - other.at)[0]
  return {
    now: () => epochMs(now),
    sleep: (ms, signal) =>
      new Promise<void>((resolve, reject) => {
        if (signal?.aborted === true) return reject(signal.reason)
        const sleeper = { at: now + ms, wake: resolve }
        sleepers.add(sleeper)
        signal?.addEventListener('abort', () => {
          sleepers.delete(sleeper)
          reject(signal.reason)
        })
      }),
    advance: async (ms) => {
      const until = now + ms
      await settled()
      for (let sleeper = next(until); sleeper !== undefined; sleeper = next(until)) {
        sleepers.delete(sleeper)
        now = sleeper.at
        sleeper.wake()
        await settled()
      }
      now = until
    },
  }
}
