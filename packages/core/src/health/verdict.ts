import type { AlarmFinding } from './alarms.ts'
import type { FailureCause } from './attempt.ts'
import type { Checks } from './checks.ts'
import type { CheckResult } from './series.ts'

/** All that is known of a release's health so far. */
export interface HealthEvidence {
  /** The newest result of each check at each of its targets, in the order of the file. */
  readonly checks: readonly CheckResult[]
  readonly alarms: readonly AlarmFinding[]
  /** Why the alarms could not be read for too long. */
  readonly unreadable?: string
  /** How many requests the service had, where the file has a floor. */
  readonly requests?: number
  /** Why nobody can say how many. */
  readonly uncounted?: string
}

export type HealthVerdict =
  | { readonly kind: 'healthy'; readonly sentence: string }
  | {
      readonly kind: 'unhealthy'
      readonly failureClass: 'health-check' | 'alarm'
      /** Name of the check or alarm. */
      readonly firstBad: string
      /** Of a check. */
      readonly cause?: FailureCause
      readonly sentence: string
    }
  | { readonly kind: 'inconclusive'; readonly firstBad: string; readonly sentence: string }

type Policy = Pick<Checks, 'onMissing' | 'preExistingAlarm' | 'minRequests'>

/** The first proof that the release is bad: it ends the bake at once. */
export const firstProof = ({ checks, alarms }: HealthEvidence): HealthVerdict | undefined => {
  const bad = checks.find(({ outcome }) => outcome === 'failed')
  if (bad !== undefined)
    return {
      kind: 'unhealthy',
      failureClass: 'health-check',
      firstBad: bad.check,
      sentence: sentenceOf(`the check ${bad.check} failed at ${bad.subject}: ${bad.sentence}`),
      ...(bad.cause === undefined ? {} : { cause: bad.cause }),
    }
  const tripped = alarms.find(({ kind }) => kind === 'tripped')
  if (tripped === undefined) return undefined
  return {
    kind: 'unhealthy',
    failureClass: 'alarm',
    firstBad: tripped.name,
    sentence: sentenceOf(tripped.sentence),
  }
}

/** What is quoted at the end, as the reason of an alarm, may be a sentence already. */
const sentenceOf = (text: string) => `${text.charAt(0).toUpperCase()}${text.slice(1)}`.replace(/\.?$/, '.')

/** What keeps a release from being called healthy without proving it bad. */
const doubts = (
  { checks, alarms, unreadable, requests, uncounted }: HealthEvidence,
  { onMissing, preExistingAlarm, minRequests }: Policy,
): readonly { readonly name: string; readonly sentence: string }[] => [
  ...checks
    .filter(({ outcome }) => outcome === 'unknown')
    .map(({ check, subject, sentence }) => ({
      name: check,
      sentence: `the check ${check} says nothing at ${subject}: ${sentence}`,
    })),
  ...(unreadable === undefined ? [] : [{ name: 'alarms', sentence: `the alarms can't be read: ${unreadable}` }]),
  ...alarms.filter(
    ({ kind }) =>
      (kind === 'missing' && onMissing === 'inconclusive') || (kind === 'pre-existing' && preExistingAlarm === 'block'),
  ),
  ...(minRequests === undefined || onMissing === 'ignore' || (requests ?? 0) >= minRequests.count
    ? []
    : [
        {
          name: 'min-requests',
          sentence:
            uncounted === undefined
              ? `the service had ${requests ?? 0} requests during the bake, too few of ${minRequests.count} to judge by`
              : `the requests of the service can't be counted: ${uncounted}`,
        },
      ]),
]

/** The verdict at the end of the bake. Healthy takes that every check passed, and that nothing is in doubt. */
export const finalVerdict = (evidence: HealthEvidence, policy: Policy): HealthVerdict => {
  const proof = firstProof(evidence)
  if (proof !== undefined) return proof
  const [doubt] = doubts(evidence, policy)
  if (doubt !== undefined) return { kind: 'inconclusive', firstBad: doubt.name, sentence: sentenceOf(doubt.sentence) }
  // A file has at least one check, so that no results are no proof.
  if (evidence.checks.length === 0)
    return { kind: 'inconclusive', firstBad: 'checks', sentence: 'No check has found anything to ask.' }
  // Whoever wonders later why it was called healthy sees what was asked, and what was not.
  const asked = [...new Set(evidence.checks.map(({ check }) => check))].join(', ')
  const count = evidence.alarms.length
  return {
    kind: 'healthy',
    sentence: `All checks passed (${asked})${count === 0 ? '' : `, and ${count === 1 ? 'its alarm did not go off' : `none of its ${count} alarms went off`}`}.`,
  }
}
