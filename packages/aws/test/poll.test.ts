import { expect, test } from '@jest/globals'
import { ActionError, epochMs } from '@mlops/core'
import { poll } from '../src/poll.ts'

const stepped = () => {
  let now = 0
  const pauses: number[] = []
  return {
    pauses,
    clock: {
      now: () => epochMs(now),
      sleep: (ms: number, signal?: AbortSignal) => {
        now += ms
        pauses.push(ms)
        return signal?.aborted === true ? Promise.reject(signal.reason as Error) : Promise.resolve()
      },
    },
  }
}
const passing = new ActionError({ code: 'E-NETWORK', kind: 'remote', what: 'x', why: 'y', hint: 'z' })
const final = new ActionError({ code: 'E-ACCESS', kind: 'user', what: 'x', why: 'y', hint: 'z' })
const { signal } = new AbortController()
const every = () => 1000

test('it asks until the answer is final', async () => {
  let asked = 0
  const { clock, pauses } = stepped()
  const probe = () => Promise.resolve((asked += 1))
  const seen: number[] = []
  const done = (value: number) => value === 3
  const onValue = (value: number) => seen.push(value)
  expect(await poll({ probe, done, intervalMs: every, clock, signal, onValue })).toEqual({ kind: 'done', value: 3 })
  expect([seen, pauses]).toEqual([
    [1, 2, 3],
    [1000, 1000],
  ])
})

test('the deadline ends it with what was seen last, and is not overslept', async () => {
  const { clock, pauses } = stepped()
  const options = { probe: () => Promise.resolve('x'), done: () => false, intervalMs: every, clock, signal }
  expect(await poll({ ...options, deadlineMs: epochMs(2500) })).toEqual({ kind: 'deadline', last: 'x' })
  expect(pauses).toEqual([1000, 1000, 500])
})

test('passing faults are borne for ten minutes, at doubling pauses of a minute at most', async () => {
  const { clock, pauses } = stepped()
  const options = { probe: () => Promise.reject(passing), done: () => false, intervalMs: every, clock, signal }
  await expect(poll(options)).rejects.toBe(passing)
  expect(pauses.slice(0, 4)).toEqual([2000, 4000, 8000, 16_000])
  expect(Math.max(...pauses)).toBe(60_000)
  expect(clock.now()).toBeGreaterThanOrEqual(600_000)
})

test('a fault that has passed is forgotten', async () => {
  const { clock, pauses } = stepped()
  const answers = [passing, passing, 'x', passing, 'end']
  const probe = () => {
    const answer = answers.shift()
    return answer instanceof ActionError ? Promise.reject(answer) : Promise.resolve(answer)
  }
  await poll({ probe, done: (value) => value === 'end', intervalMs: every, clock, signal })
  expect(pauses).toEqual([2000, 4000, 1000, 2000])
})

test('any other error is thrown at once', async () => {
  const { clock, pauses } = stepped()
  const options = { probe: () => Promise.reject(final), done: () => false, intervalMs: every, clock, signal }
  await expect(poll(options)).rejects.toBe(final)
  expect(pauses).toEqual([])
})

test('an abort ends it with its reason', async () => {
  const controller = new AbortController()
  const probe = () => {
    controller.abort(new Error('cancelled'))
    return Promise.resolve('x')
  }
  const options = { probe, done: () => false, intervalMs: every, clock: stepped().clock, signal: controller.signal }
  await expect(poll(options)).rejects.toThrow('cancelled')
})
