import { setTimeout as sleepFor } from 'node:timers/promises'
import { type Clock, epochMs, type Random } from '@mlops/core'

export const systemClock: Clock = {
  now: () => epochMs(Date.now()),
  sleep: async (ms, signal) => {
    try {
      await sleepFor(ms, undefined, signal === undefined ? {} : { signal })
    } catch (error) {
      // Node rejects with its own AbortError; the reason says who aborted.
      throw signal?.aborted === true ? signal.reason : error
    }
  },
}

export const systemRandom: Random = { next: () => Math.random() }
