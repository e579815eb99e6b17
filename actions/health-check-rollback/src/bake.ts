import {
  ActionError,
  type AlarmFinding,
  alarmFinding,
  type Alarms,
  assertUsableAlarms,
  type Checks,
  type EpochMs,
  epochMs,
  finalVerdict,
  firstProof,
  type HealthEvidence,
  type HealthVerdict,
  type ReleaseRecord,
} from '@mlops/core'
import { type Model, modelOf } from './golden.ts'
import { type Job, newestRecord, subjectsOf, supersededError } from './job.ts'
import { type Round, runRound } from './round.ts'

/** What was seen of a release, and what it comes to. */
export interface Judgement {
  readonly verdict: HealthVerdict
  readonly evidence: HealthEvidence
  readonly model: Model
  readonly answer: string | undefined
  readonly at: EpochMs
  readonly bakedMs: number
  readonly rounds: number
}

/** Alarms are looked at as often as CodeDeploy does; a short bake is looked through more closely. */
const LONGEST_PAUSE_MS = 15_000
const SHORTEST_PAUSE_MS = 1000
const LOOKS = 20
/** As long as CodeDeploy waits for alarms that can't be read. */
const UNREADABLE_MS = 60_000

const pauseOf = (bakeMs: number) => Math.min(LONGEST_PAUSE_MS, Math.max(SHORTEST_PAUSE_MS, bakeMs / LOOKS))

const noAlarms = () =>
  new ActionError({
    code: 'E-ALARM',
    kind: 'user',
    what: 'the alarms of the checks file cannot be read',
    why: 'no region of AWS is known',
    hint: 'give aws-region or AWS_REGION',
  })

interface Watched {
  readonly findings: readonly AlarmFinding[]
  readonly readAt: EpochMs
  /** Why they could not be read since; absent when they could. */
  readonly failing?: string
}

/** Looks at the alarms once. Throws E-ALARM, E-ACCESS, … */
const look = async (alarms: Alarms, checks: Checks, releasedAt: EpochMs): Promise<readonly AlarmFinding[]> => {
  const found = await alarms.describe(checks.alarms)
  // One that somebody has deleted meanwhile would be quiet for ever.
  assertUsableAlarms({ ...checks, shortBake: 'allow' }, found)
  const changes = await Promise.all(found.map(({ name }) => alarms.changes(name, releasedAt)))
  return found.map((alarm, index) => alarmFinding(alarm, changes[index] ?? [], releasedAt))
}

const isUnreadable = (error: unknown): error is ActionError =>
  error instanceof ActionError && error.facts.kind !== 'cancelled'

/** The alarms and requests of a release. Throws E-ALARM at once for what could never be judged. */
const openWatch = async ({ aws, context }: Job, checks: Checks, releasedAt: EpochMs) => {
  const { clock } = context
  const none = {
    look: () => Promise.resolve<Watched>({ findings: [], readAt: clock.now() }),
    requests: () => Promise.resolve({}),
  }
  const floor = checks.minRequests
  if (checks.alarms.length === 0 && floor === undefined) return none
  if (aws === undefined) throw noAlarms()
  const { alarms } = aws
  if (checks.alarms.length > 0) assertUsableAlarms(checks, await alarms.describe(checks.alarms))
  let last: Watched = { findings: [], readAt: clock.now() }
  return {
    look: async (): Promise<Watched> => {
      if (checks.alarms.length === 0) return { findings: [], readAt: clock.now() }
      try {
        last = { findings: await look(alarms, checks, releasedAt), readAt: clock.now() }
      } catch (error) {
        context.signal.throwIfAborted()
        if (!isUnreadable(error)) throw error
        last = { findings: last.findings, readAt: last.readAt, failing: error.message }
      }
      return last
    },
    requests: async (from: EpochMs): Promise<Pick<HealthEvidence, 'requests' | 'uncounted'>> => {
      if (floor === undefined) return {}
      try {
        return { requests: await alarms.sum(floor, from, clock.now()) }
      } catch (error) {
        context.signal.throwIfAborted()
        if (!isUnreadable(error)) throw error
        return { uncounted: error.message }
      }
    },
  }
}

/** Throws E-SUPERSEDED as soon as somebody has deployed again. */
const assertNewest = async ({ inputs, records, record }: Job): Promise<void> => {
  const newest = await newestRecord(inputs, records)
  if (newest.revision !== record.revision) throw supersededError(record.revision, newest)
}

// oxlint-disable-next-line no-restricted-globals -- reads a given time, asks for none
const startOf = ({ createdAt }: ReleaseRecord): EpochMs => epochMs(Date.parse(createdAt))

/** What alarms come to at a moment; those that were silent for too long, or at the very end, are no proof of health. */
const alarmEvidence = ({ findings, readAt, failing }: Watched, now: EpochMs, isLast: boolean) => ({
  alarms: findings,
  ...(failing !== undefined && (isLast || now - readAt > UNREADABLE_MS) ? { unreadable: failing } : {}),
})

const lineOf = ({ results }: Round) =>
  results.map(({ check, subject, outcome }) => `${check} ${outcome} at ${subject}`).join(', ')

/**
 * Judges the newest release: asks the checks at once and again and again while it bakes, and looks at the alarms. The first
 * proof that it is bad ends that; only its whole length proves that it is good. Writes nothing.
 */
export const judge = async (job: Job, checks: Checks): Promise<Judgement> => {
  const { record, context, images, aws } = job
  const { clock, signal, log } = context
  const model = await modelOf(record, images, aws)
  const watch = await openWatch(job, checks, startOf(record))
  const find = subjectsOf(job, checks, record)
  const started = clock.now()
  let rest = checks.bakeMs
  let mayExtend = checks.onInconclusive === 'extend'
  let said = ''
  for (let rounds = 1; ; rounds += 1) {
    await assertNewest(job)
    const round = await runRound(checks.checks, find, model.golden, context)
    const watched = await watch.look()
    const isLast = clock.now() - started >= rest
    const evidence: HealthEvidence = {
      checks: round.results,
      ...alarmEvidence(watched, clock.now(), isLast),
      ...(isLast ? await watch.requests(started) : {}),
    }
    const line = lineOf(round)
    if (line !== said) log.info(line)
    said = line
    const proof = firstProof(evidence) ?? (isLast ? finalVerdict(evidence, checks) : undefined)
    if (proof?.kind === 'inconclusive' && mayExtend) {
      mayExtend = false
      rest += checks.bakeMs
      log.info(`${proof.sentence} It bakes once more.`)
    } else if (proof !== undefined)
      return {
        verdict: proof,
        evidence,
        model,
        answer: round.answer,
        at: clock.now(),
        bakedMs: clock.now() - started,
        rounds,
      }
    await clock.sleep(Math.max(1, Math.min(pauseOf(checks.bakeMs), rest - (clock.now() - started))), signal)
  }
}

/** The model of what was put back. That it is back is not lost over golden answers that cannot be had. */
const modelBack = async ({ images, aws }: Job, record: ReleaseRecord): Promise<Model> => {
  try {
    return await modelOf(record, images, aws)
  } catch (error) {
    if (!isUnreadable(error)) throw error
    return { found: undefined, arn: undefined, golden: error.message }
  }
}

/** Asks the checks once of what was put back, with the golden answers of its own model. */
export const prove = async (job: Job, checks: Checks, record: ReleaseRecord): Promise<Judgement> => {
  const { clock } = job.context
  const started = clock.now()
  const model = await modelBack(job, record)
  const round = await runRound(checks.checks, subjectsOf(job, checks, record), model.golden, job.context)
  const evidence = { checks: round.results, alarms: [] }
  return {
    verdict: finalVerdict(evidence, { onMissing: 'ignore', preExistingAlarm: 'ignore' }),
    evidence,
    model,
    answer: round.answer,
    at: clock.now(),
    bakedMs: clock.now() - started,
    rounds: 1,
  }
}
