import { describe, expect, test } from '@jest/globals'
import { epochMs } from '@mlops/core'
import { withRetries } from '../src/retries.ts'

const failing = (...errors: readonly unknown[]) => {
  const left = [...errors]
  let calls = 0
  return {
    call: () => {
      calls += 1
      const error = left.shift()
      return error === undefined ? Promise.resolve('done') : Promise.reject(error)
    },
    calls: () => calls,
  }
}
const named = (name: string) => Object.assign(new Error(name), { name })

const stepped = (random = 1) => {
  const slept: number[] = []
  return {
    slept,
    options: {
      clock: {
        now: () => epochMs(0),
        sleep: (ms: number, signal?: AbortSignal) => {
          slept.push(ms)
          return signal?.aborted === true ? Promise.reject(signal.reason as Error) : Promise.resolve()
        },
      },
      random: { next: () => random },
    },
  }
}

test('what can pass is repeated, with doubling bounds up to the cap', async () => {
  const { slept, options } = stepped()
  const faulty = failing(...Array.from({ length: 9 }, () => named('ThrottlingException')))
  expect(await withRetries(faulty.call, options)).toBe('done')
  expect(slept).toEqual([500, 1000, 2000, 4000, 8000, 16_000, 30_000, 30_000, 30_000])
})

test('the pause is anywhere below its bound', async () => {
  const { slept, options } = stepped(0.25)
  await withRetries(failing(named('SlowDown'), Object.assign(new Error('x'), { code: 'ECONNRESET' })).call, options)
  expect(slept).toEqual([125, 250])
})

test('it ends after twelve attempts', async () => {
  const faulty = failing(...Array.from({ length: 20 }, () => named('InternalFailure')))
  await expect(withRetries(faulty.call, stepped().options)).rejects.toThrow('InternalFailure')
  expect(faulty.calls()).toBe(12)
})

describe('what a repetition would not change is thrown at once', () => {
  test.each(['AccessDeniedException', 'ValidationException', 'ResourceLimitExceeded', 'ResourceInUse', 'NoSuchKey'])(
    '%s',
    async (name) => {
      const faulty = failing(named(name))
      await expect(withRetries(faulty.call, stepped().options)).rejects.toThrow(name)
      expect(faulty.calls()).toBe(1)
    },
  )
})

test('expired credentials are worth one more attempt, without a pause', async () => {
  const { slept, options } = stepped()
  expect(await withRetries(failing(named('ExpiredTokenException')).call, options)).toBe('done')
  expect(slept).toEqual([])
  const twice = failing(named('ExpiredTokenException'), named('ExpiredTokenException'))
  await expect(withRetries(twice.call, options)).rejects.toThrow('ExpiredTokenException')
})

test('an abort ends it with its reason', async () => {
  const controller = new AbortController()
  controller.abort(new Error('cancelled'))
  const { options } = stepped()
  const aborted = withRetries(failing(named('ThrottlingException')).call, { ...options, signal: controller.signal })
  await expect(aborted).rejects.toThrow('cancelled')
})
