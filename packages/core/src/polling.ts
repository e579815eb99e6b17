import type { JobState } from './jobs/ports.ts'

const SHORTEST_MS = 500
const LONGEST_MS = 20_000
const FINAL_MS = 2000

/** Phases that end soon: here a pause is the lag between the job's end and ours. */
const isFinal = ({ status, phase }: Pick<JobState, 'status' | 'phase'>) =>
  status === 'stopping' || phase === 'Uploading' || phase === 'Stopping'

/**
 * Milliseconds until a job is asked about again: a tenth of the time since the first question, between half a second and
 * twenty; at most two seconds once the job is about to end. That is at most 220 questions in the first hour, and one more
 * for every two seconds of it in which the job is about to end.
 */
export const jobInterval = (elapsedMs: number, last: Pick<JobState, 'status' | 'phase'> | undefined): number => {
  const pause = Math.min(LONGEST_MS, Math.max(SHORTEST_MS, elapsedMs / 10))
  return last !== undefined && isFinal(last) ? Math.min(pause, FINAL_MS) : pause
}
