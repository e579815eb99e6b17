import { type EpochMs, epochMs } from '../brand.ts'
import type { Diagnosis } from './diagnosis.ts'
import { autoscalerFindings } from './failure-classes/autoscaler.ts'
import { pastRunsOf } from './failure-classes/container-runs.ts'
import { type Finding, sightingOf } from './failure-classes/finding.ts'
import { serviceFindings } from './failure-classes/service.ts'
import type {
  ExpectedWorkload,
  Followed,
  Observation,
  PastRuns,
  RolloutLimits,
  RolloutState,
  RolloutVerdict,
} from './rollout.ts'
import { diagnosisOf, type Late, lateDiagnosis } from './rollout-diagnosis.ts'
import { environmentOf } from './rollout-environment.ts'
import { type Seen, seenOf } from './rollout-findings.ts'
import {
  deadlineDueAt,
  deadlineOf,
  deadlineSeconds,
  dueTimes,
  keyOf,
  keysOf,
  ripeAt,
  type Since,
} from './rollout-ripeness.ts'
import { sceneOf } from './rollout-scene.ts'

/** The state of a rollout of which nothing has been seen yet. */
export const startRollout = (
  expected: readonly ExpectedWorkload[],
  startedAt: EpochMs,
  limits: RolloutLimits,
): RolloutState => ({ expected, limits, startedAt, since: {} })

/** Everything that is judged at one moment. */
interface Moment {
  readonly state: RolloutState
  readonly since: Since
  readonly inherited: readonly string[]
  readonly past: PastRuns
  readonly workloads: readonly Seen[]
  /** What is wrong with other objects of the release. */
  readonly others: readonly Finding[]
  readonly allDone: boolean
  readonly deadline: number
  readonly now: EpochMs
}

const momentOf = (state: RolloutState, observation: Observation, now: EpochMs): Moment => {
  const { expected, limits, startedAt, past = pastRunsOf(observation.pods, startedAt) } = state
  const scenes = expected.map((one) => sceneOf(one, observation, past))
  const workloads = scenes.map((scene) => seenOf(scene, observation))
  const allDone = workloads.every(({ progress }) => progress.done)
  const others = [
    ...autoscalerFindings(observation, limits.objects),
    ...(allDone && scenes.length > 0 ? serviceFindings(scenes, observation, limits.objects) : []),
  ]
  const keys = [...workloads.flatMap((seen) => keysOf(seen)), ...others.map((one) => keyOf(one))]
  return {
    state,
    since: Object.fromEntries(keys.map((key) => [key, state.since[key] ?? now])),
    inherited: state.inherited ?? keys,
    past,
    workloads,
    others,
    allDone,
    deadline: state.startedAt + limits.timeoutMs,
    now,
  }
}

/** A workload that is late by its own deadline, or by ours. */
const lateOf = (seen: Seen, { since, inherited, state, deadline, now }: Moment): Late | undefined => {
  const { scene, progress } = seen
  const passed = deadlineOf(scene)
  if (passed !== undefined && deadlineDueAt(seen, since, inherited) <= now)
    return {
      failureClass: 'progress-deadline',
      what: `it has made no progress for ${deadlineSeconds(scene)} s`,
      sightings: [sightingOf(scene.expected.reference, passed.reason ?? '', passed.message ?? '')],
    }
  if (progress.done || now < deadline) return undefined
  const what = `it was not done within ${Math.round(state.limits.timeoutMs / 1000)} s`
  return { failureClass: 'timeout', what, sightings: [] }
}

const failureOf = (seen: Seen, moment: Moment): Diagnosis | undefined => {
  const times = dueTimes(seen, moment.since)
  const due = diagnosisOf(seen.findings.filter((one) => (times.get(one) ?? Infinity) <= moment.now))
  if (due !== undefined) return due
  const late = lateOf(seen, moment)
  return late === undefined ? undefined : lateDiagnosis(seen, late)
}

const failuresOf = (moment: Moment): readonly Diagnosis[] => {
  const { workloads, others, since, allDone, deadline, now } = moment
  const ofWorkloads = workloads.flatMap((seen) => failureOf(seen, moment) ?? [])
  // A Service that leads nowhere is what is left to be waited for, so that it counts at the deadline, too.
  const isLate = ({ sign }: Finding) => sign === 'no-endpoints' && allDone && now >= deadline
  const due = others.filter((one) => ripeAt(one, since) <= now || isLate(one))
  return [...ofWorkloads, ...due.flatMap((one) => diagnosisOf([one]) ?? [])]
}

const failed = (first: Diagnosis, rest: readonly Diagnosis[], { workloads }: Moment): RolloutVerdict => {
  const failing = workloads.flatMap(({ findings }) => findings)
  const environment = environmentOf(
    first,
    failing,
    workloads.map(({ scene }) => scene),
  )
  return { kind: 'failed', diagnoses: environment === undefined ? [first, ...rest] : [environment, first, ...rest] }
}

/** What comes and goes within a moment is not told of: a probe that has not passed yet, a container that starts again. */
const TOLD_AFTER_MS = 3000

const lineOf = ({ progress, findings }: Seen, { since, now }: Moment): string => {
  const lasting = findings.filter((one) => now - (since[keyOf(one)] ?? now) >= TOLD_AFTER_MS)
  const trouble = progress.done ? undefined : diagnosisOf(lasting)
  return trouble === undefined ? progress.line : `${progress.line} (${trouble.sentence.replace(/^\S+ |\.$/g, '')})`
}

const verdictOf = (moment: Moment): RolloutVerdict => {
  const { workloads, others, allDone } = moment
  const [first, ...rest] = failuresOf(moment)
  if (first !== undefined) return failed(first, rest, moment)
  const waitsFor = others.filter(({ sign }) => sign === 'no-endpoints').map((one) => diagnosisOf([one])?.sentence ?? '')
  const line = [...workloads.map((seen) => lineOf(seen, moment)), ...waitsFor].join('; ')
  return { kind: allDone && waitsFor.length === 0 ? 'complete' : 'progressing', line }
}

const againAt = ({ workloads, others, since, inherited, deadline, now }: Moment): EpochMs => {
  const times = [
    ...workloads.flatMap((seen) => [
      ...dueTimes(seen, since).values(),
      ...seen.findings.map((one) => (since[keyOf(one)] ?? now) + TOLD_AFTER_MS),
      deadlineDueAt(seen, since, inherited),
    ]),
    ...others.map((one) => ripeAt(one, since)),
  ]
  return epochMs(Math.min(deadline, ...times.filter((time) => time > now)))
}

/**
 * Judges a rollout by what is seen now and since when: complete when every workload runs the pods of its own revision and
 * nothing else, and the Services of the release lead to them; failed as soon as it is plain that it never will. Signs that
 * may pass by themselves make no failure before the deadline, and one failing pod among good ones does not either.
 *
 * @param state what `startRollout` or the call before gave
 * @param observation everything in the namespaces of the release
 */
export const followed = (state: RolloutState, observation: Observation, now: EpochMs): Followed => {
  const moment = momentOf(state, observation, now)
  const { since, inherited, past } = moment
  return { state: { ...state, since, inherited, past }, verdict: verdictOf(moment), again: againAt(moment) }
}
