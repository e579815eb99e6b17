import { describe, expect, test } from '@jest/globals'
import fc from 'fast-check'
import type { ApprovalStatus, GateReport, Verdict } from '../../src/gate/judgement.ts'
import {
  APPROVAL_POLICIES,
  approvable,
  approvalDescription,
  approvalOf,
  assertJudged,
  assertUsable,
  maySettle,
} from '../../src/registry/approval.ts'
import { healthKey, UNHEALTHY } from '../../src/registry/package.ts'
import { identity, packageOf } from './packages.ts'

const digest = (letter: string) => `sha256:${letter.repeat(64)}`
const MODEL = digest('a')
const judged = (
  verdict: Verdict,
  approvalStatus: ApprovalStatus,
  model: GateReport['model'] = { source: 's3://m/model.tar.gz', digest: MODEL },
) => ({ verdict, approvalStatus, sentence: `The verdict is ${verdict}.`, ...(model && { model }) })

describe('the approval of a new package', () => {
  test.each<[Verdict, ApprovalStatus, ApprovalStatus]>([
    ['approve', 'Approved', 'Approved'],
    ['reject', 'Rejected', 'Rejected'],
    ['inconclusive', 'PendingManualApproval', 'PendingManualApproval'],
    // on-inconclusive: reject
    ['inconclusive', 'Rejected', 'Rejected'],
  ])('%s (%s) is registered as %s, with the sentence of the gate', (verdict, status, expected) => {
    const report = judged(verdict, status)
    expect(approvalOf('from-gate', report, MODEL)).toEqual({ status: expected, because: report.sentence })
  })

  test('a person has the last word with the policy manual, but not over a rejection', () => {
    expect(approvalOf('manual', judged('approve', 'Approved'), MODEL).status).toBe('PendingManualApproval')
    expect(approvalOf('manual', judged('reject', 'Rejected'), MODEL).status).toBe('Rejected')
  })

  test('without a report, or with one that names no model, nothing is approved', () => {
    expect(approvalOf('from-gate', undefined, MODEL).status).toBe('PendingManualApproval')
    const { model: _, ...unbound } = judged('approve', 'Approved')
    expect(approvalOf('from-gate', unbound, MODEL).status).toBe('PendingManualApproval')
  })

  test('Approved takes a verdict to approve of this very artifact, whatever else is so', () => {
    fc.assert(
      fc.property(
        fc.constantFrom(...APPROVAL_POLICIES),
        fc.option(
          fc.tuple(
            fc.constantFrom<Verdict>('approve', 'reject', 'inconclusive'),
            fc.constantFrom<ApprovalStatus>('Approved', 'Rejected', 'PendingManualApproval'),
            fc.constantFrom(MODEL, digest('b')),
          ),
          { nil: undefined },
        ),
        (policy, facts) => {
          const report = facts && judged(facts[0], facts[1], { source: 'x', digest: facts[2] })
          const approved = approvalOf(policy, report, MODEL).status === 'Approved'
          const earned = facts?.[0] === 'approve' && facts[1] === 'Approved' && facts[2] === MODEL
          expect(approved).toBe(earned && policy === 'from-gate')
        },
      ),
    )
  })
})

test('another artifact than the judged one is refused, with both digests', () => {
  const artifact = { uri: 's3://m/model.tar.gz', digest: digest('b') }
  expect(() => assertJudged(judged('approve', 'Approved'), artifact)).toThrow(
    new RegExp(`^E-DIGEST: .*${digest('b')}.*${MODEL}`),
  )
  expect(() => assertJudged(judged('approve', 'Approved'), { ...artifact, digest: MODEL })).not.toThrow()
  expect(() => assertJudged({}, artifact)).not.toThrow()
})

test('a re-run decides only what waits for a decision', () => {
  expect((['Approved', 'Rejected', 'PendingManualApproval'] as const).filter(maySettle)).toEqual([
    'PendingManualApproval',
  ])
})

describe('the description of an approval', () => {
  const by = '(ada, https://github.com/acme/retail/actions/runs/4711)'
  test('says what, who and where on one line', () => {
    expect(approvalDescription('It is\n  better.', identity)).toBe(`It is better. ${by}`)
  })
  test('never exceeds what SageMaker takes, and keeps who and where', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme', maxLength: 3000 }), (text) => {
        const description = approvalDescription(text, identity)
        expect(description.length).toBeLessThanOrEqual(1024)
        expect(description).not.toMatch(/[\n\r]/)
        expect(description.endsWith(by)).toBe(true)
      }),
    )
  })
})

describe('a person', () => {
  const bad = { [healthKey('prod')]: UNHEALTHY, [healthKey('dev')]: 'healthy' }
  test('approves what is pending, and nothing twice', () => {
    expect(approvable(packageOf(1, { approvalStatus: 'PendingManualApproval' }))).toEqual({
      kind: 'approve',
      remove: [],
    })
    expect(approvable(packageOf(1))).toEqual({ kind: 'unchanged' })
  })
  test('approves again what failed in production, and takes the mark away', () => {
    const found = packageOf(1, { approvalStatus: 'Rejected', metadata: bad })
    expect(approvable(found)).toEqual({ kind: 'approve', remove: [healthKey('prod')] })
  })
  test('does not approve what the gate rejected, nor what never completed', () => {
    const rejected = packageOf(1, { approvalStatus: 'Rejected', approvalDescription: 'f1 is too low' })
    expect(() => approvable(rejected)).toThrow(/^E-NOT-APPROVED: .*f1 is too low/)
    const failed = packageOf(1, { status: 'Failed', failureReason: 'no such image' })
    expect(() => approvable(failed)).toThrow(/^E-REGISTRY: .*no such image/)
  })
})

test('only what is approved and completed is used', () => {
  expect(() => assertUsable(packageOf(1))).not.toThrow()
  expect(() => assertUsable(packageOf(1, { approvalStatus: 'PendingManualApproval' }))).toThrow(/^E-NOT-APPROVED/)
  expect(() => assertUsable(packageOf(1, { status: 'InProgress' }))).toThrow(/^E-NOT-APPROVED: .*InProgress/)
})
