import { expect, test } from '@jest/globals'
import fc from 'fast-check'
import {
  type Alarm,
  type AlarmChange,
  alarmFinding,
  type Arn,
  assertUsableAlarms,
  type Attempt,
  championMove,
  checkResult,
  type CheckResult,
  epochMs,
  finalVerdict,
  firstProof,
  healthTags,
  type HealthEvidence,
  type HealthVerdict,
  isModelCause,
  NO_ATTEMPT,
  outcomeOf,
  unhealthyMark,
  withAttempt,
} from '../../src/index.ts'
import { identity } from '../registry/packages.ts'

const RELEASED = epochMs(1_000_000)

const alarm = (more: Partial<Alarm> = {}): Alarm => ({
  name: 'errors',
  state: 'OK',
  reason: 'threshold crossed',
  since: epochMs(0),
  needsMs: 180_000,
  ...more,
})

const change = (at: number, to: AlarmChange['to'], name = 'errors'): AlarmChange => ({
  name,
  at: epochMs(at),
  to,
  reason: 'ErrorRate was 40',
})

const passed: Attempt = { kind: 'passed', milliseconds: 7 }
const failed: Attempt = { kind: 'failed', cause: 'golden', sentence: 'wrong' }
const unknown: Attempt = { kind: 'unknown', sentence: 'nobody knows' }
const throttled: Attempt = { kind: 'throttled', afterMs: 1 }
const seriesOf = (...attempts: readonly Attempt[]) => attempts.reduce(withAttempt, NO_ATTEMPT)

const result = (outcome: CheckResult['outcome'], check = 'predicts'): CheckResult =>
  checkResult(check, 'service/model', outcome === 'passed' ? seriesOf(passed) : seriesOf(failed), outcome)

const POLICY = { onMissing: 'inconclusive', preExistingAlarm: 'block' } as const
const evidence = (more: Partial<HealthEvidence> = {}): HealthEvidence => ({
  checks: [result('passed')],
  alarms: [],
  ...more,
})

test.each<[string, readonly Attempt[], string | undefined]>([
  ['nothing yet', [], undefined],
  ['two passes', [passed, passed], 'passed'],
  ['a pass, a failure', [passed, failed], undefined],
  ['a pass, a failure, a pass', [passed, failed, passed], 'passed'],
  ['two failures', [failed, failed], 'failed'],
  ['failures around a pass', [failed, passed, failed], 'failed'],
  ['a failure and silence', [failed, unknown, unknown], 'unknown'],
  ['silence', [unknown, unknown, unknown], 'unknown'],
  ['asked to wait four times', [throttled, throttled, throttled, throttled], undefined],
  ['asked to wait five times', [throttled, throttled, throttled, throttled, throttled], 'unknown'],
  ['waits between passes', [passed, throttled, throttled, passed], 'passed'],
])('2 of 3: %s', (_, attempts, outcome) => {
  expect(outcomeOf(seriesOf(...attempts), { passes: 2, of: 3 })).toBe(outcome)
})

test('a series always ends, and what it came to stays', () => {
  const attempt = fc.constantFrom(passed, failed, unknown, throttled)
  const wanted = fc
    .integer({ min: 1, max: 9 })
    .chain((of) => fc.integer({ min: 1, max: of }).map((passes) => ({ passes, of })))
  fc.assert(
    fc.property(fc.array(attempt, { minLength: 14, maxLength: 14 }), wanted, (attempts, demand) => {
      const outcomes = attempts.map((_, index) => outcomeOf(seriesOf(...attempts.slice(0, index + 1)), demand))
      const first = outcomes.findIndex((outcome) => outcome !== undefined)
      expect(first).toBeGreaterThanOrEqual(0)
      // More attempts than were needed can only turn doubt into certainty, never a pass into a failure.
      expect(outcomes[first] === 'passed' && outcomes.slice(first).includes('failed')).toBe(false)
    }),
  )
})

test.each<[string, Partial<Alarm>, readonly AlarmChange[], string]>([
  ['quiet', {}, [], 'quiet'],
  ['on since after the release', { state: 'ALARM', since: epochMs(1_000_001) }, [], 'tripped'],
  ['on since the very start', { state: 'ALARM', since: RELEASED }, [], 'tripped'],
  ['on since before', { state: 'ALARM', since: epochMs(999_999) }, [], 'pre-existing'],
  ['off again between two looks', {}, [change(1_000_100, 'ALARM'), change(1_000_200, 'OK')], 'tripped'],
  ['a flap before the release', {}, [change(999_000, 'ALARM'), change(999_500, 'OK')], 'quiet'],
  ["another alarm's flap", {}, [change(1_000_100, 'ALARM', 'other')], 'quiet'],
  ['came back to normal', {}, [change(1_000_100, 'OK')], 'quiet'],
  ['no data', { state: 'INSUFFICIENT_DATA', since: epochMs(1_000_500) }, [], 'missing'],
  ['no data after it went off', { state: 'INSUFFICIENT_DATA' }, [change(1_000_100, 'ALARM')], 'tripped'],
])('an alarm that is %s', (_, more, changes, kind) => {
  expect(alarmFinding(alarm(more), changes, RELEASED).kind).toBe(kind)
})

test('an alarm says when it went off first, and why', () => {
  expect(alarmFinding(alarm(), [change(1_000_900, 'ALARM'), change(1_000_100, 'ALARM')], RELEASED)).toEqual({
    name: 'errors',
    kind: 'tripped',
    at: 1_000_100,
    sentence: 'the alarm errors went off: ErrorRate was 40',
  })
})

test('alarms that are not there are named together', () => {
  const wanted = { alarms: ['errors', 'a', 'b'], bakeMs: 600_000, shortBake: 'refuse' as const }
  expect(() => assertUsableAlarms(wanted, [alarm()])).toThrow(/^E-ALARM: there is no alarm a, b \|/)
})

test.each([
  [299_999, 'refuse', false],
  [300_000, 'refuse', true],
  [1, 'allow', true],
] as const)('a bake of %d ms for an alarm of three minutes, %s', (bakeMs, shortBake, isFine) => {
  const judge = () => assertUsableAlarms({ alarms: ['errors'], bakeMs, shortBake }, [alarm()])
  if (isFine) expect(judge).not.toThrow()
  else expect(judge).toThrow(/^E-ALARM: a bake of 300 s is too short for the alarm errors \|/)
})

test('no alarms need no bake', () => {
  expect(() => assertUsableAlarms({ alarms: [], bakeMs: 0, shortBake: 'refuse' }, [])).not.toThrow()
})

const tripped = alarmFinding(alarm({ state: 'ALARM', since: RELEASED }), [], RELEASED)
const missing = alarmFinding(alarm({ state: 'INSUFFICIENT_DATA' }), [], RELEASED)
const old = alarmFinding(alarm({ state: 'ALARM' }), [], RELEASED)
const quiet = alarmFinding(alarm(), [], RELEASED)
const floor = { count: 10, namespace: 'n', metric: 'm', dimensions: {} }

test.each<[string, HealthEvidence, Partial<Parameters<typeof finalVerdict>[1]>, string, string]>([
  ['all passed', evidence({ alarms: [quiet] }), {}, 'healthy', ''],
  ['a failed check', evidence({ checks: [result('passed'), result('failed', 'second')] }), {}, 'unhealthy', 'second'],
  ['the first of two', evidence({ checks: [result('failed', 'a'), result('failed', 'b')] }), {}, 'unhealthy', 'a'],
  ['an alarm', evidence({ alarms: [quiet, tripped] }), {}, 'unhealthy', 'errors'],
  ['proof beats doubt', evidence({ checks: [result('unknown')], alarms: [tripped] }), {}, 'unhealthy', 'errors'],
  ['a doubtful check', evidence({ checks: [result('passed'), result('unknown', 'x')] }), {}, 'inconclusive', 'x'],
  ['missing data', evidence({ alarms: [missing] }), {}, 'inconclusive', 'errors'],
  ['missing data that is ignored', evidence({ alarms: [missing] }), { onMissing: 'ignore' }, 'healthy', ''],
  ['an old alarm', evidence({ alarms: [old] }), {}, 'inconclusive', 'errors'],
  ['an old alarm that is ignored', evidence({ alarms: [old] }), { preExistingAlarm: 'ignore' }, 'healthy', ''],
  ['unreadable alarms', evidence({ unreadable: 'denied' }), {}, 'inconclusive', 'alarms'],
  ['enough requests', evidence({ requests: 10 }), { minRequests: floor }, 'healthy', ''],
  ['too few requests', evidence({ requests: 9 }), { minRequests: floor }, 'inconclusive', 'min-requests'],
  ['uncounted requests', evidence(), { minRequests: floor }, 'inconclusive', 'min-requests'],
  ['too few, ignored', evidence({ requests: 9 }), { minRequests: floor, onMissing: 'ignore' }, 'healthy', ''],
  ['nothing asked', evidence({ checks: [] }), {}, 'inconclusive', 'checks'],
])('%s', (_, found, policy, kind, firstBad) => {
  expect(finalVerdict(found, { ...POLICY, ...policy })).toMatchObject({
    kind,
    ...(firstBad === '' ? {} : { firstBad }),
  })
})

test('a healthy verdict names what was asked, each check once', () => {
  const checks = [result('passed', 'alive'), result('passed', 'predicts'), result('passed', 'predicts')]
  expect(finalVerdict(evidence({ checks, alarms: [quiet] }), POLICY).sentence).toBe(
    'All checks passed (alive, predicts), and its alarm did not go off.',
  )
})

test('a reason that is a sentence is not ended twice', () => {
  const said = { ...tripped, sentence: 'the alarm errors went off: Threshold Crossed.' }
  expect(firstProof(evidence({ alarms: [said] }))?.sentence).toBe('The alarm errors went off: Threshold Crossed.')
})

test('only a proof ends the bake', () => {
  expect(firstProof(evidence({ checks: [result('unknown')], alarms: [missing, old] }))).toBeUndefined()
  expect(firstProof(evidence({ checks: [result('failed')] }))).toEqual({
    kind: 'unhealthy',
    failureClass: 'health-check',
    firstBad: 'predicts',
    cause: 'golden',
    sentence: 'The check predicts failed at service/model: wrong.',
  })
  expect(firstProof(evidence({ alarms: [tripped] }))).toMatchObject({ failureClass: 'alarm', firstBad: 'errors' })
})

const arn = (version: number) => `arn:aws:sagemaker:eu-central-1:123456789012:model-package/basket/${version}` as Arn

test('one package is the champion of an environment, and those of others stay', () => {
  const versions = [
    { arn: arn(3), metadata: {} },
    { arn: arn(2), metadata: { 'champion:prod': 'x', 'champion:dev': 'x' } },
    { arn: arn(1), metadata: { 'champion:prod': 'x' } },
  ]
  expect(championMove(arn(2), versions, 'prod', 'https://run/1')).toEqual([
    { arn: arn(2), metadata: { 'champion:prod': 'https://run/1' } },
    { arn: arn(1), remove: ['champion:prod'] },
  ])
})

const bad = (cause?: 'golden' | 'answer' | 'server-error'): HealthVerdict => ({
  kind: 'unhealthy',
  failureClass: 'health-check',
  firstBad: 'predicts',
  sentence: 'The check predicts failed.',
  ...(cause === undefined ? {} : { cause }),
})

test.each<
  [string, HealthVerdict, { arn?: string; commit: string }, { arn?: string; commit: string } | undefined, boolean]
>([
  ['wrong answers of a new model', bad('golden'), { arn: 'b', commit: '2' }, { arn: 'a', commit: '1' }, true],
  ['a wrong answer of a new model', bad('answer'), { arn: 'b', commit: '2' }, { arn: 'a', commit: '1' }, true],
  ['wrong answers of the first model', bad('golden'), { arn: 'b', commit: '2' }, undefined, true],
  ['wrong answers of the same model', bad('golden'), { arn: 'a', commit: '2' }, { arn: 'a', commit: '1' }, false],
  ['an error of new code and model', bad('server-error'), { arn: 'b', commit: '2' }, { arn: 'a', commit: '1' }, false],
  [
    'an error of nothing but a new model',
    bad('server-error'),
    { arn: 'b', commit: '1' },
    { arn: 'a', commit: '1' },
    true,
  ],
  ['an alarm after nothing but a new model', bad(), { arn: 'b', commit: '1' }, { arn: 'a', commit: '1' }, true],
  ['an error of the first release', bad('server-error'), { arn: 'b', commit: '1' }, undefined, false],
  ['no model', bad('golden'), { commit: '1' }, { commit: '1' }, false],
  ['a doubt', { kind: 'inconclusive', firstBad: 'x', sentence: '' }, { arn: 'b', commit: '1' }, undefined, false],
])('whether the model is to blame for %s', (_, verdict, failedRelease, restored, isBlamed) => {
  const released = (one: { arn?: string; commit: string }) => ({
    commit: one.commit,
    ...(one.arn === undefined ? {} : { modelPackageArn: one.arn }),
  })
  expect(isModelCause(verdict, released(failedRelease), restored === undefined ? undefined : released(restored))).toBe(
    isBlamed,
  )
})

test('a model that failed is rejected with the reason and the run', () => {
  expect(unhealthyMark({ arn: arn(2), metadata: {} }, 'prod', 'The check predicts failed.', identity)).toEqual({
    arn: arn(2),
    metadata: { 'health:prod': 'unhealthy' },
    approval: {
      status: 'Rejected',
      description:
        'Unhealthy in prod, rolled back. The check predicts failed. (ada, https://github.com/acme/retail/actions/runs/4711)',
    },
  })
  const champion = { arn: arn(2), metadata: { 'champion:prod': 'x', 'champion:dev': 'x' } }
  expect(unhealthyMark(champion, 'prod', '', identity).remove).toEqual(['champion:prod'])
})

test('an image proven healthy has two tags', () => {
  expect(healthTags('prod', 12)).toEqual(['latest-prod', 'healthy-prod-12'])
})
