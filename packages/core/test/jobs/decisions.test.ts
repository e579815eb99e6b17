import { describe, expect, test } from '@jest/globals'
import fc from 'fast-check'
import { type Arn, epochMs } from '../../src/brand.ts'
import { decide, REUSE_MODES, type ReuseMode } from '../../src/jobs/decide.ts'
import { type JobFailure, jobFailure, parseQuota, type Quota } from '../../src/jobs/failure.ts'
import type { JobState, JobStatus } from '../../src/jobs/ports.ts'
import {
  afterFailure,
  afterQuota,
  FIRST_TRY,
  type NextStep,
  type RetryBounds,
  type RetryState,
} from '../../src/jobs/retry.ts'

const job = (more: Partial<JobState>): JobState => ({
  kind: 'training',
  name: 'x',
  arn: 'arn:aws:sagemaker:eu-central-1:1:training-job/x' as Arn,
  status: 'failed',
  phase: '',
  message: '',
  failureReason: '',
  exitMessage: '',
  instanceType: 'ml.m5.xlarge',
  instanceCount: 1,
  createdAt: epochMs(0),
  metrics: [],
  interruptions: 0,
  startedBy: '',
  ...more,
})

describe('what to do about the job of that name', () => {
  test.each<[JobStatus | 'none', ReuseMode, string]>([
    ['none', 'run', 'create'],
    ['none', 'content', 'create'],
    ['none', 'never', 'create'],
    ['in-progress', 'run', 'attach'],
    ['in-progress', 'content', 'attach'],
    ['completed', 'run', 'reuse'],
    ['completed', 'content', 'reuse'],
    ['stopping', 'run', 'next-attempt'],
    ['stopped', 'run', 'next-attempt'],
    ['failed', 'content', 'next-attempt'],
    ['in-progress', 'never', 'next-attempt'],
    ['completed', 'never', 'next-attempt'],
  ])('%s with reuse %s: %s', (status, reuse, kind) => {
    expect(decide(status === 'none' ? undefined : job({ status }), reuse).kind).toBe(kind)
  })
  test('a job without a result is never reused', () => {
    const statuses = ['in-progress', 'stopping', 'failed', 'stopped'] as const
    fc.assert(
      fc.property(fc.constantFrom(...statuses), fc.constantFrom(...REUSE_MODES), (status, reuse) => {
        expect(decide(job({ status }), reuse).kind).not.toBe('reuse')
      }),
    )
  })
})

describe('why a job ended', () => {
  test.each<[Partial<JobState>, JobFailure | undefined]>([
    [{ status: 'completed' }, undefined],
    [{ status: 'in-progress' }, undefined],
    [{ failureReason: 'CapacityError: Unable to provision requested ML compute capacity.' }, 'capacity'],
    [{ failureReason: 'InsufficientInstanceCapacity' }, 'capacity'],
    [{ failureReason: 'InternalServerError: We encountered an internal error.' }, 'internal'],
    [{ failureReason: 'AlgorithmError: ExecuteUserScriptError: ExitCode 1' }, 'user'],
    [{ failureReason: 'ClientError: Data download failed' }, 'user'],
    [{ failureReason: 'something new' }, 'remote'],
    [{ status: 'stopped', phase: 'MaxRuntimeExceeded' }, 'timeout'],
    [{ status: 'stopped', phase: 'MaxWaitTimeExceeded' }, 'spot'],
    [{ status: 'stopped', phase: 'Stopped' }, 'external'],
    [{ kind: 'processing', status: 'stopped', startedAt: epochMs(0), endedAt: epochMs(60_000) }, 'timeout'],
    [{ kind: 'processing', status: 'stopped', startedAt: epochMs(0), endedAt: epochMs(59_000) }, 'external'],
  ])('%j: %s', (state, failure) => {
    expect(jobFailure(job(state), 60)).toBe(failure)
  })
})

describe('a quota message', () => {
  test.each([
    [
      "The account-level service limit 'ml.p3.2xlarge for training job usage' is 0 Instances, with current utilization of 0 Instances and a request delta of 1 Instances. Please contact AWS support to request an increase for this limit.",
      { name: 'ml.p3.2xlarge for training job usage', limit: 0, used: 0, asked: 1 },
    ],
    [
      'The account-level service limit for training-job/ml.p2.xlarge is 3 Instances, with current utilization of 2 Instances and a request delta of 2 Instances.',
      { name: 'training-job/ml.p2.xlarge', limit: 3, used: 2, asked: 2 },
    ],
    ['The requested resource training-job/ml.p2.xlarge is not available in this region', undefined],
  ])('%s', (message, quota) => {
    expect(parseQuota(message)).toEqual(quota)
  })
})

const bounds: RetryBounds = {
  instanceTypes: ['ml.a.large', 'ml.b.large'],
  capacityRetries: 3,
  internalRetries: 2,
  quotaWait: 120,
  onSpotTimeout: 'fail',
}

/** The waits, in seconds, until it gives up. */
const waits = (step: (state: RetryState) => NextStep) => {
  const found: number[] = []
  let next = step(FIRST_TRY)
  while (next.kind === 'retry' && found.length < 100) {
    found.push(next.waitSeconds)
    next = step(next.state)
  }
  return found
}

describe('what follows a failure', () => {
  test('no capacity: the other type, then 5, 10 and 20 minutes', () => {
    expect(waits((state) => afterFailure('capacity', state, bounds))).toEqual([0, 300, 600, 1200])
  })
  test('an internal error: new attempts at once, as many as allowed', () => {
    expect(waits((state) => afterFailure('internal', state, bounds))).toEqual([0, 0])
  })
  test.each<JobFailure>(['user', 'timeout', 'external', 'remote', 'spot'])('%s is not retried', (failure) => {
    expect(afterFailure(failure, FIRST_TRY, bounds)).toEqual({ kind: 'fail' })
  })
  test('a spot job that got no machine goes on demand once, when that is wanted', () => {
    const once = afterFailure('spot', FIRST_TRY, { ...bounds, onSpotTimeout: 'on-demand' })
    expect(once).toMatchObject({ kind: 'retry', state: { onDemand: true } })
    expect(waits((state) => afterFailure('spot', state, { ...bounds, onSpotTimeout: 'on-demand' }))).toHaveLength(1)
  })
})

const quota = (limit: number): Quota => ({ name: 'q', limit, used: 4, asked: 2 })

describe('what follows a quota', () => {
  test('that others use up: steps of a minute, then the other type', () => {
    expect(waits((state) => afterQuota(quota(4), state, bounds))).toEqual([60, 60, 0])
  })
  test('that is smaller than the demand: the other type at once', () => {
    expect(waits((state) => afterQuota(quota(1), state, bounds))).toEqual([0])
  })
  test('without figures: the other type at once', () => {
    expect(waits((state) => afterQuota(undefined, state, bounds))).toEqual([0])
  })
})

test('every sequence of failures ends', () => {
  const failure = fc.constantFrom<JobFailure | 'quota'>('capacity', 'internal', 'spot', 'quota')
  fc.assert(
    fc.property(fc.infiniteStream(failure), fc.integer({ min: 0, max: 5 }), (failures, limit) => {
      let state = FIRST_TRY
      let steps = 0
      for (const happened of failures) {
        const next: NextStep =
          happened === 'quota'
            ? afterQuota({ name: 'q', limit, used: 1, asked: 2 }, state, bounds)
            : afterFailure(happened, state, { ...bounds, onSpotTimeout: 'on-demand' })
        if (next.kind === 'fail') break
        state = next.state
        steps += 1
        expect(steps).toBeLessThanOrEqual(9)
      }
    }),
  )
})
