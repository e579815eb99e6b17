import type { Probe } from './pod.ts'

/** What a probe has seen so far: the same result, how many times in a row. */
export interface ProbeState {
  readonly last: boolean | undefined
  readonly run: number
}

export const UNPROBED: ProbeState = { last: undefined, run: 0 }

export interface ProbeStep {
  readonly state: ProbeState
  /** Only when the threshold is reached. */
  readonly verdict?: 'healthy' | 'unhealthy'
}

/** One more result. Below its threshold a result changes nothing but the count. */
export const afterProbe = ({ last, run }: ProbeState, probe: Probe, succeeded: boolean): ProbeStep => {
  const state = { last: succeeded, run: last === succeeded ? run + 1 : 1 }
  const threshold = succeeded ? (probe.successThreshold ?? 1) : (probe.failureThreshold ?? 3)
  return state.run < threshold ? { state } : { state, verdict: succeeded ? 'healthy' : 'unhealthy' }
}
