import type { JobState } from './ports.ts'

export const REUSE_MODES = ['run', 'content', 'never'] as const
/**
 * What an earlier job of the same content is good for: `run` adopts it within the same workflow run (also after a re-run),
 * `content` across all runs, `never` starts anew.
 */
export type ReuseMode = (typeof REUSE_MODES)[number]

export type Decision =
  | { readonly kind: 'create' }
  /** Wait for the job that is under way. */
  | { readonly kind: 'attach' }
  /** Take the result of the job that completed. */
  | { readonly kind: 'reuse' }
  /** The name is used up; look at the next one. */
  | { readonly kind: 'next-attempt' }

/** Decides what to do about the job that has the wanted name; total over all states. */
export const decide = (existing: JobState | undefined, reuse: ReuseMode): Decision => {
  if (existing === undefined) return { kind: 'create' }
  if (reuse === 'never') return { kind: 'next-attempt' }
  switch (existing.status) {
    case 'in-progress':
      return { kind: 'attach' }
    case 'completed':
      return { kind: 'reuse' }
    // A job that is being stopped never completes: attaching would only pass its end on to a run that wants a result.
    case 'stopping':
    case 'stopped':
    case 'failed':
      return { kind: 'next-attempt' }
  }
}

export const isTerminal = ({ status }: Pick<JobState, 'status'>): boolean =>
  status === 'completed' || status === 'failed' || status === 'stopped'
