import type { Clock, Random } from '@mlops/core'
import { classify } from './classify.ts'

export interface RetryOptions {
  readonly clock: Clock
  readonly random: Random
  readonly signal?: AbortSignal
  readonly attempts?: number
  readonly baseMs?: number
  readonly capMs?: number
}

/** Full jitter: anywhere between nothing and the doubling bound (AWS Architecture Blog, "Exponential Backoff And Jitter"). */
const pause = (attempt: number, { random, baseMs = 500, capMs = 30_000 }: RetryOptions) =>
  random.next() * Math.min(capMs, baseMs * 2 ** attempt)

/**
 * Repeats a call while its error can pass by itself, at most `attempts` times in all (12), and once more when the
 * credentials had expired. Any other error is thrown as it is, at once; so is the signal's reason when it aborts.
 */
export const withRetries = async <T>(call: () => Promise<T>, options: RetryOptions): Promise<T> => {
  const { clock, signal, attempts = 12 } = options
  let renewed = false
  for (let attempt = 1; ; attempt += 1)
    try {
      return await call()
    } catch (error) {
      signal?.throwIfAborted()
      const fault = classify(error)
      const again = fault === 'transient' || fault === 'network' || (fault === 'creds' && !renewed)
      if (!again || attempt >= attempts) throw error
      renewed ||= fault === 'creds'
      if (fault !== 'creds') await clock.sleep(pause(attempt - 1, options), signal)
    }
}
