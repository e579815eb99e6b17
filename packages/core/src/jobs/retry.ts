import type { JobFailure, Quota } from './failure.ts'

/** How far a run goes before it gives up. */
export interface RetryBounds {
  /** In order of preference; at least one. */
  readonly instanceTypes: readonly string[]
  /** Waits for capacity after the last type was tried. */
  readonly capacityRetries: number
  readonly internalRetries: number
  /** Seconds to wait for quota that others use. */
  readonly quotaWait: number
  /** Whether a spot job that never got its machine is submitted once more on demand. */
  readonly onSpotTimeout: 'fail' | 'on-demand'
}

/** Where a run is within its bounds. */
export interface RetryState {
  readonly typeIndex: number
  readonly capacityRetries: number
  readonly internalRetries: number
  readonly quotaWaited: number
  readonly onDemand: boolean
}

export const FIRST_TRY: RetryState = {
  typeIndex: 0,
  capacityRetries: 0,
  internalRetries: 0,
  quotaWaited: 0,
  onDemand: false,
}

export type NextStep =
  | { readonly kind: 'retry'; readonly state: RetryState; readonly waitSeconds: number; readonly because: string }
  | { readonly kind: 'fail' }

const FAIL: NextStep = { kind: 'fail' }
const QUOTA_STEP = 60
const CAPACITY_WAITS = [300, 600, 1200] as const

const nextType = (state: RetryState, { instanceTypes }: RetryBounds, because: string): NextStep | undefined => {
  const type = instanceTypes[state.typeIndex + 1]
  return type === undefined
    ? undefined
    : {
        kind: 'retry',
        state: { ...state, typeIndex: state.typeIndex + 1 },
        waitSeconds: 0,
        because: `${because}; ${type} is next`,
      }
}

const waitForCapacity = (state: RetryState, { capacityRetries }: RetryBounds): NextStep => {
  if (state.capacityRetries >= capacityRetries) return FAIL
  const waitSeconds = CAPACITY_WAITS[Math.min(state.capacityRetries, CAPACITY_WAITS.length - 1)] ?? 0
  return {
    kind: 'retry',
    state: { ...state, capacityRetries: state.capacityRetries + 1 },
    waitSeconds,
    because: `no capacity for any instance type; trying again in ${waitSeconds / 60} min`,
  }
}

/** Decides what follows a job that ended without a result. Code, data, limits and people are never retried. */
export const afterFailure = (failure: JobFailure, state: RetryState, bounds: RetryBounds): NextStep => {
  switch (failure) {
    case 'capacity':
      return nextType(state, bounds, 'no capacity') ?? waitForCapacity(state, bounds)
    case 'internal':
      return state.internalRetries >= bounds.internalRetries
        ? FAIL
        : {
            kind: 'retry',
            state: { ...state, internalRetries: state.internalRetries + 1 },
            waitSeconds: 0,
            because: 'SageMaker failed internally',
          }
    case 'spot':
      return bounds.onSpotTimeout === 'fail' || state.onDemand
        ? FAIL
        : {
            kind: 'retry',
            state: { ...state, onDemand: true },
            waitSeconds: 0,
            because: 'no spot machine in time; going on on demand',
          }
    case 'user':
    case 'timeout':
    case 'external':
    case 'remote':
      return FAIL
  }
}

/**
 * Decides what follows a create call that a quota refused. Waiting helps only where others use the quota up; a limit
 * below the demand, or a refusal without figures, never changes by itself.
 */
export const afterQuota = (quota: Quota | undefined, state: RetryState, bounds: RetryBounds): NextStep => {
  const name = quota === undefined ? 'the instance type is refused' : `quota "${quota.name}" is used up`
  const canFree = quota !== undefined && quota.limit >= quota.asked
  if (canFree && state.quotaWaited + QUOTA_STEP <= bounds.quotaWait)
    return {
      kind: 'retry',
      state: { ...state, quotaWaited: state.quotaWaited + QUOTA_STEP },
      waitSeconds: QUOTA_STEP,
      because: `${name} (${quota.used} of ${quota.limit} in use, ${quota.asked} asked for); trying again in ${QUOTA_STEP} s`,
    }
  return nextType(state, bounds, name) ?? FAIL
}
