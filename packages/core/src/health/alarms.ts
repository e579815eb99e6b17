import { ActionError } from '../action-error.ts'
import type { EpochMs } from '../brand.ts'
import type { Checks } from './checks.ts'

export type AlarmStateValue = 'OK' | 'ALARM' | 'INSUFFICIENT_DATA'

/** An alarm as it stands. */
export interface Alarm {
  readonly name: string
  readonly state: AlarmStateValue
  readonly reason: string
  /** When it came into this state. */
  readonly since: EpochMs
  /** How long it takes at least until it goes off; absent for an alarm made of others. */
  readonly needsMs?: number
  /** What an alarm made of others is made of. */
  readonly rule?: string
}

/** A change of state, from the history of an alarm. */
export interface AlarmChange {
  readonly name: string
  readonly at: EpochMs
  readonly to: AlarmStateValue
  readonly reason: string
}

/**
 * The alarms of an account. Passing faults are repeated inside. Errors are ActionErrors: E-ALARM for what CloudWatch refuses,
 * E-ACCESS, E-NETWORK, E-CREDS.
 */
export interface Alarms {
  /** Those of the names that there are. */
  readonly describe: (names: readonly string[]) => Promise<readonly Alarm[]>
  /** How an alarm's state has changed since then. */
  readonly changes: (name: string, since: EpochMs) => Promise<readonly AlarmChange[]>
  /** The sum of a metric in that time; 0 when nobody has written it. */
  readonly sum: (
    metric: {
      readonly namespace: string
      readonly metric: string
      readonly dimensions: Readonly<Record<string, string>>
    },
    from: EpochMs,
    to: EpochMs,
  ) => Promise<number>
}

export type AlarmFinding = Pick<Alarm, 'name'> & { readonly sentence: string } & (
    | { readonly kind: 'quiet' }
    /** It went off after the release started. */
    | { readonly kind: 'tripped'; readonly at: EpochMs }
    /** It has nothing to judge by. */
    | { readonly kind: 'missing' }
    /** It was on before the release started and has not changed since. */
    | { readonly kind: 'pre-existing' }
  )

/** Until CloudWatch has the data of a period, and has judged it. */
const LATENESS_MS = 120_000

const minutes = (ms: number) => `${Math.ceil(ms / 1000)} s`

/** Throws E-ALARM for alarms that are not there, and for a bake in which one that is there would have no time to go off. */
export const assertUsableAlarms = (
  { alarms: wanted, bakeMs, shortBake }: Pick<Checks, 'alarms' | 'bakeMs' | 'shortBake'>,
  found: readonly Alarm[],
): void => {
  const absent = wanted.filter((name) => !found.some((alarm) => alarm.name === name))
  if (absent.length > 0)
    throw new ActionError({
      code: 'E-ALARM',
      kind: 'user',
      what: `there is no alarm ${absent.join(', ')}`,
      why: 'the checks file names it, and an alarm that is not there can never go off',
      hint: 'create it before the release, or correct its name and aws-region',
    })
  const needed = Math.max(0, ...found.flatMap(({ needsMs }) => (needsMs === undefined ? [] : [needsMs + LATENESS_MS])))
  const slowest = found.find(({ needsMs = 0 }) => needsMs + LATENESS_MS === needed)
  if (shortBake === 'allow' || bakeMs >= needed || slowest === undefined) return
  throw new ActionError({
    code: 'E-ALARM',
    kind: 'user',
    what: `a bake of ${minutes(bakeMs)} is too short for the alarm ${slowest.name}`,
    why: `it needs ${minutes(slowest.needsMs ?? 0)} of data and CloudWatch two minutes more, so it could not go off in time`,
    hint: `set bake to ${minutes(needed)} or more, give the alarm a shorter period, or write short-bake: allow`,
  })
}

/**
 * What an alarm says of a release: it trips only when it went off after the release had started, be it for a moment between
 * two looks. Missing data is neither good nor bad.
 */
export const alarmFinding = (alarm: Alarm, changes: readonly AlarmChange[], releasedAt: EpochMs): AlarmFinding => {
  const { name, state, since, reason } = alarm
  const went = changes
    .filter(({ to, at, ...change }) => change.name === name && to === 'ALARM' && at >= releasedAt)
    .toSorted((one, other) => one.at - other.at)
    .at(0)
  const first = went ?? (state === 'ALARM' && since >= releasedAt ? { at: since, reason } : undefined)
  if (first !== undefined)
    return { name, kind: 'tripped', at: first.at, sentence: `the alarm ${name} went off: ${first.reason}` }
  switch (state) {
    case 'ALARM':
      return {
        name,
        kind: 'pre-existing',
        sentence: `the alarm ${name} was on before the release already: ${reason}`,
      }
    case 'INSUFFICIENT_DATA':
      return { name, kind: 'missing', sentence: `the alarm ${name} has no data to judge by` }
    case 'OK':
      return { name, kind: 'quiet', sentence: `the alarm ${name} is quiet` }
  }
}
