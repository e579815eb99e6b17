import { expect, test } from '@jest/globals'
import type { Arn } from '@mlops/core'
import { fakeRegistry, type FakeRegistryOptions, sleepingClock } from '@mlops/testing'
import { awaitCompleted } from '../../src/registry/await-completed.ts'

const { signal } = new AbortController()

const waiting = (options: Omit<FakeRegistryOptions, 'clock'>, more = {}) => {
  const clock = sleepingClock()
  const since = clock.now()
  const { put, registry } = fakeRegistry({ clock, ...options })
  const { arn } = put('basket', more)
  return { done: awaitCompleted(registry, arn, { clock, signal }), seconds: () => (clock.now() - since) / 1000 }
}

test('a package is waited for while it is unknown, pending or in progress', async () => {
  const { done, seconds } = waiting({ visibleAfterMs: 20_000, completesAfterMs: 100_000 })
  expect(await done).toMatchObject({ status: 'Completed' })
  expect(seconds()).toBeGreaterThanOrEqual(100)
  expect(seconds()).toBeLessThanOrEqual(102)
})

test('one that stays unknown is given up after half a minute', async () => {
  const { done, seconds } = waiting({ visibleAfterMs: 3_600_000 })
  await expect(done).rejects.toMatchObject({ facts: { code: 'E-REGISTRY', kind: 'remote' } })
  expect(seconds()).toBeLessThanOrEqual(32)
})

test('one that never completes is given up after five minutes', async () => {
  const { done, seconds } = waiting({ completesAfterMs: 3_600_000 })
  await expect(done).rejects.toMatchObject({ facts: { code: 'E-REGISTRY', kind: 'timeout' } })
  expect(seconds()).toBe(300)
})

test('one that failed says why', async () => {
  const { done } = waiting({}, { status: 'Failed', failureReason: 'no such image' })
  await expect(done).rejects.toMatchObject({ facts: { code: 'E-REGISTRY', why: 'no such image' } })
  const arn = 'arn:aws:sagemaker:us-east-1:123456789012:model-package/basket/9' as Arn
  const clock = sleepingClock()
  await expect(awaitCompleted(fakeRegistry({ clock }).registry, arn, { clock, signal })).rejects.toMatchObject({
    facts: { code: 'E-REGISTRY' },
  })
})
