import { expect, test } from '@jest/globals'
import { ActionError, type ErrorCode } from '@mlops/core'
import { stepContext } from '@mlops/testing'
import { newHolder, noteHolder, noteReleased, seeToLeft } from '../src/index.ts'

const left = () => {
  const context = stepContext()
  noteHolder(context, newHolder(context))
  return context
}
const failing = (code: ErrorCode) => () =>
  Promise.reject(new ActionError({ code, kind: 'remote', what: 'no', why: 'it is so', hint: '-' }))

test('a holder says which run it is, and no two steps of it are the same', () => {
  const numbers = [0, 0.5]
  const context = { ...stepContext(), random: { next: () => numbers.shift() ?? 0 } }
  const [one, other] = [newHolder(context), newHolder(context)]
  expect(one).toMatch(/^acme\/retail run 4711\.1 train [0-9a-z]{8}$/)
  expect(other).not.toBe(one)
})

test('what was left is seen to under the same name', async () => {
  const context = left()
  const seen: string[] = []
  await seeToLeft(context, 'late', (holder) => Promise.resolve(void seen.push(holder)))
  expect(seen).toEqual([context.saved.get('holder')])
})

test('nothing is to be seen to when nothing was held, or all was released', async () => {
  const released = left()
  noteReleased(released)
  // What the runner hands over as empty is nothing to a step.
  expect(released.saved.get('holder')).toBe('')
  await seeToLeft(stepContext(), 'late', failing('E-BUG'))
})

test('who has the lock sees to it; any other error is told', async () => {
  await seeToLeft(left(), 'late', failing('E-LOCKED'))
  await expect(seeToLeft(left(), 'late', failing('E-CLUSTER'))).rejects.toThrow('E-CLUSTER')
})

test('it ends in time, with what that means', async () => {
  const context = left()
  const from = context.clock.now()
  const waits = (_: string, { signal }: { readonly signal: AbortSignal }) =>
    new Promise<void>((_resolve, reject) => signal.addEventListener('abort', () => reject(signal.reason as Error)))
  await expect(seeToLeft(context, 'it was not undone', waits)).rejects.toThrow('E-ROLLBACK-FAILED: it was not undone')
  expect(context.clock.now() - from).toBe(240_000)
})
