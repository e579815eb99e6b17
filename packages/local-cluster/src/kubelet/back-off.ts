/** How long to wait before a failed thing is tried again: `nextMs` after its next failure. */
export interface BackOff {
  readonly nextMs: number
}

const LONGEST_MS = 300_000
const FORGET_MS = 600_000

export interface Failure {
  readonly waitMs: number
  readonly backOff: BackOff
}

/**
 * One more failure: at once if nothing failed lately, then the base, then twice as long each time, at most five minutes. What
 * ran for ten minutes begins anew.
 */
export const fail = ({ nextMs }: BackOff, baseMs: number, ranMs: number): Failure => {
  const waitMs = ranMs >= FORGET_MS ? 0 : nextMs
  return { waitMs, backOff: { nextMs: waitMs === 0 ? baseMs : Math.min(waitMs * 2, LONGEST_MS) } }
}

/** As Go writes a duration: `1s`, `1m20s`, `500ms`. */
export const goDuration = (ms: number): string => {
  if (ms < 1000) return `${Math.round(ms)}ms`
  const minutes = Math.floor(ms / 60_000)
  const seconds = `${Math.round(ms - minutes * 60_000) / 1000}s`
  return minutes === 0 ? seconds : `${minutes}m${seconds}`
}
