import { expect, test } from '@jest/globals'
import type { Alarm } from '@mlops/core'
import { sleepingClock } from '@mlops/testing'
import { denied, GOLDEN, GOOD, ok, world } from './world.ts'

test('a good release is healthy after its whole bake, and is asked again and again', async () => {
  const { judge, asked, elapsed } = await world({})
  const { verdict, rounds, answer } = await judge()
  expect(verdict.kind).toBe('healthy')
  expect(elapsed()).toBe(600_000)
  expect(rounds).toBe(41)
  expect(asked[0]).toMatchObject({ method: 'POST', path: '/predict', body: '{"a":1}', name: 'model', port: 'http' })
  // Two of three attempts have to pass, and no third is needed.
  expect(asked).toHaveLength(2 * rounds)
  expect(answer).toBe('{"prediction":"Low"}')
})

test('the first proof ends the bake at once', async () => {
  const { judge, elapsed } = await world({ answer: (_, asked) => ok(asked > 10 ? { prediction: 'High' } : GOOD) })
  const { verdict } = await judge()
  expect(verdict).toMatchObject({ kind: 'unhealthy', firstBad: 'predicts', cause: 'golden' })
  expect(elapsed()).toBeLessThan(120_000)
})

test('one bad answer among good ones is no proof', async () => {
  const { judge } = await world({ answer: (_, asked) => ok(asked % 7 === 0 ? { prediction: 'High' } : GOOD) })
  expect((await judge()).verdict.kind).toBe('healthy')
})

test('a service that asks to wait is waited for', async () => {
  const { judge, elapsed } = await world({
    checks: 'bake: 0s',
    answer: (_, asked) => (asked === 1 ? { ...ok('', 429), headers: { 'retry-after': '9' } } : ok(GOOD)),
  })
  expect((await judge()).verdict.kind).toBe('healthy')
  expect(elapsed()).toBeGreaterThanOrEqual(9000)
})

test('golden answers that are not those of the package are an error', async () => {
  const { judge } = await world({ stored: `${GOLDEN} ` })
  await expect(judge()).rejects.toMatchObject({ facts: { code: 'E-DIGEST', kind: 'rejected' } })
})

const WATCHED = 'bake: 10m\nalarms: [errors]'

test('an alarm is proof as soon as it goes off', async () => {
  const { judge, elapsed } = await world({
    checks: WATCHED,
    changes: (since) =>
      since < 100_000 ? [] : [{ name: 'errors', at: 1_800_000_099_000 as Alarm['since'], to: 'ALARM', reason: 'up' }],
  })
  expect((await judge()).verdict).toMatchObject({ kind: 'unhealthy', failureClass: 'alarm', firstBad: 'errors' })
  expect(elapsed()).toBeLessThanOrEqual(115_000)
})

test('alarms that can be read again in time are as good as any', async () => {
  const { judge } = await world({
    checks: WATCHED,
    alarm: (since) => (since > 100_000 && since < 150_000 ? denied : {}),
  })
  expect((await judge()).verdict.kind).toBe('healthy')
})

test.each([
  ['for good', 100_000],
  ['at the very end', 590_000],
])('alarms that cannot be read %s prove nothing', async (_, from) => {
  const { judge } = await world({ checks: WATCHED, alarm: (since) => (since > from ? denied : {}) })
  expect((await judge()).verdict).toMatchObject({ kind: 'inconclusive', firstBad: 'alarms' })
})

test('an alarm that is deleted while it bakes proves nothing', async () => {
  const { judge } = await world({ checks: WATCHED, alarm: (since) => (since > 100_000 ? 'deleted' : {}) })
  expect((await judge()).verdict).toMatchObject({
    kind: 'inconclusive',
    firstBad: 'alarms',
    sentence: expect.stringContaining('there is no alarm errors') as unknown,
  })
})

test('a doubtful bake is extended once, when the file says so', async () => {
  const floor = 'min-requests: {count: 5, namespace: n, metric: m}\non-inconclusive: extend\nbake: 1m'
  const { judge, elapsed } = await world({ checks: floor, requests: 4 })
  expect((await judge()).verdict).toMatchObject({ kind: 'inconclusive', firstBad: 'min-requests' })
  expect(elapsed()).toBe(120_000)
  const enough = await world({ checks: floor, requests: 5 })
  expect((await enough.judge()).verdict.kind).toBe('healthy')
  expect(enough.elapsed()).toBe(60_000)
})

test('requests that cannot be counted prove nothing', async () => {
  const floor = 'min-requests: {count: 5, namespace: n, metric: m}\nbake: 1m'
  const { judge } = await world({ checks: floor, requests: denied })
  expect((await judge()).verdict).toMatchObject({
    kind: 'inconclusive',
    firstBad: 'min-requests',
    sentence: expect.stringContaining('E-ACCESS') as unknown,
  })
})

test('a newer release ends the bake', async () => {
  const clock = sleepingClock()
  const { judge, deployAgain, elapsed } = await world({}, clock)
  clock.at(30_000, () => void deployAgain())
  await expect(judge()).rejects.toMatchObject({ facts: { code: 'E-SUPERSEDED' } })
  expect(elapsed()).toBeLessThan(70_000)
})
