import { type Random, randomFrom } from '@mlops/core'
import type { ApiFault } from '@mlops/testing'

/** What befalls the pods of a rollout that ends well all the same. */
export const TROUBLES = {
  nothing: 'nothing',
  throttled: 'the registry throttles until 8 to 14 s after the start of the step',
  unavailable: 'the registry cannot be reached until 8 to 14 s after the start of the step',
  killed: 'a container is killed once while it starts',
  'crashed-once': 'the program fails at its first start',
  evicted: 'a pod is evicted while it starts',
  unscheduled: 'no node takes its pods for 4 to 10 s',
  slow: 'the program needs 4 to 8 s to start',
  flapping: 'ready, not ready for 2 s, ready again',
} as const satisfies Readonly<Record<string, string>>

export type Trouble = keyof typeof TROUBLES

/** What befalls the requests of a step. */
export const API_TROUBLES = {
  nothing: 'nothing',
  throttled: '429 with Retry-After, six times',
  'watches-dropped': 'watches reset after a second, thirty times',
  'watches-gone': 'watches end with 410, twenty times',
  reset: 'connections reset, four times',
  restarted: 'the API server is started again during the rollout',
} as const satisfies Readonly<Record<string, string>>

export type ApiTrouble = keyof typeof API_TROUBLES

export const API_FAULTS: Readonly<Record<ApiTrouble, readonly ApiFault[]>> = {
  nothing: [],
  throttled: [{ kind: 'answer', status: 429, retryAfterSeconds: 1, skip: 10, times: 6 }],
  'watches-dropped': [{ kind: 'end-watch', verb: 'watch', afterMs: 1000, by: 'reset', times: 30 }],
  'watches-gone': [{ kind: 'end-watch', verb: 'watch', afterMs: 500, by: 'gone', times: 20 }],
  reset: [{ kind: 'reset', skip: 8, times: 4 }],
  restarted: [],
}

export interface PlannedRollout {
  readonly name: string
  readonly replicas: number
  readonly trouble: Trouble
  /** How long it lasts, where it does. */
  readonly ms: number
}

export interface PlannedStep {
  readonly apiTrouble: ApiTrouble
  readonly rollouts: readonly PlannedRollout[]
}

/** Deployments of a release. */
const TOGETHER = 8

const shuffled = <T>(values: readonly T[], { next }: Random): readonly T[] =>
  values
    .map((value) => ({ value, at: next() }))
    .toSorted((one, other) => one.at - other.at)
    .map(({ value }) => value)

/** As many of each as there can be, in an order of their own. */
const dealt = <T>(values: readonly T[], count: number, random: Random): readonly T[] =>
  shuffled(
    Array.from({ length: count }, (_, index) => values[index % values.length]).flatMap((value) => value ?? []),
    random,
  ) as readonly T[]

const LASTS: Readonly<Partial<Record<Trouble, readonly [least: number, more: number]>>> = {
  throttled: [8000, 6000],
  unavailable: [8000, 6000],
  unscheduled: [4000, 6000],
  slow: [4000, 4000],
}

/** Which trouble befalls which rollout: the same for the same seed. */
export const planOf = (seed: number, rollouts: number): readonly PlannedStep[] => {
  const random = randomFrom(seed)
  const steps = Math.ceil(rollouts / TOGETHER)
  const troubles = dealt(Object.keys(TROUBLES) as Trouble[], rollouts, random)
  return dealt(Object.keys(API_TROUBLES) as ApiTrouble[], steps, random).map((apiTrouble, step) => ({
    apiTrouble,
    rollouts: troubles.slice(step * TOGETHER, (step + 1) * TOGETHER).map((trouble, index) => {
      const [least, more] = LASTS[trouble] ?? [0, 0]
      const [replicas, ms] = [1 + Math.floor(2 * random.next()), Math.round(least + more * random.next())]
      return { name: `model-${index}`, replicas, trouble, ms }
    }),
  }))
}
