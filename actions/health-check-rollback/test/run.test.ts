import { setTimeout as sleep } from 'node:timers/promises'
import { expect, test } from '@jest/globals'
import { systemClock } from '@mlops/action-kit'
import type { Clock, Cluster } from '@mlops/core'
import { denied, ok, SETTINGS, world } from './world.ts'

/** Whoever sleeps in the background, as a step that was killed, keeps nobody waiting. */
const clock: Clock = {
  now: systemClock.now,
  sleep: (ms, signal) => sleep(ms, undefined, { ref: false, ...(signal && { signal }) }),
}

/** The cluster as a step sees it that is killed once `when` holds. */
const killedWhen =
  (when: () => Promise<boolean>) =>
  (cluster: Cluster): Cluster => {
    const cut =
      <Args extends readonly unknown[], R>(call: (...args: Args) => Promise<R>) =>
      async (...args: Args): Promise<R> => {
        if (await when()) throw new Error('killed')
        return call(...args)
      }
    return { ...cluster, get: cut(cluster.get), list: cut(cluster.list), replace: cut(cluster.replace) }
  }

const wrong = () => ok({ prediction: 'High' })

test('a healthy release: the record says so, and the champion moves', async () => {
  const { run, records, marks, holder } = await world({}, systemClock)
  const { status, verdict, outputs, report } = await run()
  expect([status, verdict, outputs.verdict, outputs.answer]).toEqual([
    'healthy',
    'ok',
    'healthy',
    '{"prediction":"Low"}',
  ])
  expect(report.headline).toMatch(
    /^Release model, revision 1 in dev, is healthy after [0-9.]+ s: All checks passed \(predicts\)\.$/,
  )
  expect((await records())[0]).toMatchObject({ status: 'deployed', health: 'healthy' })
  expect(marks()).toEqual([['Approved'], ['Approved', 'champion:dev']])
  expect(holder()).toMatchObject({ holderIdentity: '' })
})

test('an unhealthy release without anything to go back to: said, and its model is rejected', async () => {
  const { run, records, marks, holder } = await world({ answer: wrong }, systemClock)
  await expect(run()).rejects.toMatchObject({
    facts: {
      code: 'E-NO-TARGET',
      why: 'The check predicts failed at service/model:http: golden answer b-1: $.prediction is "High" instead of "Low".',
      outputs: {
        status: 'failed-no-target',
        verdict: 'unhealthy',
        'failure-class': 'health-check',
        'rolled-back': 'false',
      },
    },
  })
  expect((await records())[0]).toMatchObject({ health: 'unhealthy', failureClass: 'health-check' })
  expect(marks()).toEqual([
    ['Approved', 'champion:dev'],
    ['Rejected', 'health:dev'],
  ])
  expect(holder()).toMatchObject({ holderIdentity: '' })
})

test.each([
  ['suggest', /mode: rollback/],
  ['never', /roll this one back/],
] as const)('with rollback: %s an unhealthy release is left', async (rollback, hint) => {
  const { run, marks } = await world({ answer: wrong }, systemClock)
  await expect(run({ rollback })).rejects.toMatchObject({
    facts: { code: 'E-UNHEALTHY', hint: expect.stringMatching(hint) as unknown, outputs: { status: 'unhealthy' } },
  })
  expect(marks()[1]).toEqual(['Rejected', 'health:dev'])
})

test('a doubtful release is held red, or passes with a warning, and moves nobody', async () => {
  const floor = 'bake: 1ms\nmin-requests: {count: 1, namespace: n, metric: m}\n'
  const held = await world({ checks: floor }, systemClock)
  await expect(held.run()).rejects.toMatchObject({
    facts: { code: 'E-INCONCLUSIVE', outputs: { status: 'inconclusive', 'first-bad-check': 'min-requests' } },
  })
  expect((await held.records())[0]).toMatchObject({ health: 'inconclusive' })
  const passed = await world({ checks: `${floor}on-inconclusive: pass` }, systemClock)
  expect(await passed.run()).toMatchObject({ status: 'inconclusive', verdict: 'inconclusive' })
  expect(passed.marks()).toEqual([['Approved', 'champion:dev'], ['Approved']])
})

test('a revision that is not the newest is superseded, and nobody is asked', async () => {
  const { run, deployAgain, asked } = await world({}, systemClock)
  await deployAgain()
  await expect(run({ revision: 1 })).rejects.toMatchObject({ facts: { code: 'E-SUPERSEDED' } })
  expect(asked).toEqual([])
})

test('a release that somebody else is writing is refused, in the words of a deploy', async () => {
  const { run, records, hold } = await world({ answer: wrong }, clock)
  const other = await hold()
  await expect(run()).rejects.toMatchObject({
    facts: { code: 'E-LOCKED', outputs: { status: 'refused', 'failure-class': 'conflict' } },
  })
  expect(await records()).toMatchObject([{ health: 'awaiting-verdict' }])
  await other.release()
})

test('nodes that are down: nothing is put back, for it would fare no better', async () => {
  const { run, put } = await world({ answer: wrong }, systemClock)
  put({
    apiVersion: 'v1',
    kind: 'Node',
    metadata: { name: 'n1' },
    status: { conditions: [{ type: 'Ready', status: 'Unknown' }] },
  })
  await expect(run()).rejects.toMatchObject({
    facts: { code: 'E-ENVIRONMENT', outputs: { status: 'environment', verdict: 'unhealthy' } },
  })
})

test('an unhealthy release of which the registry cannot be told is unhealthy all the same', async () => {
  const { run, records, holder } = await world({ answer: wrong, registry: denied }, systemClock)
  await expect(run()).rejects.toMatchObject({
    facts: {
      code: 'E-NO-TARGET',
      outputs: { verdict: 'unhealthy', 'failure-class': 'health-check' },
    },
  })
  expect((await records())[0]).toMatchObject({ health: 'unhealthy' })
  expect(holder()).toMatchObject({ holderIdentity: '' })
})

test('who may not see nodes puts back all the same', async () => {
  const { run, records } = await world({ answer: wrong, may: ({ resource }) => resource !== 'nodes' }, systemClock)
  await expect(run()).rejects.toMatchObject({ facts: { code: 'E-NO-TARGET' } })
  expect((await records())[0]).toMatchObject({ health: 'unhealthy' })
})

test('what was proven healthy once stays so when nobody can say it again', async () => {
  let requests = 9
  const facts = {
    checks: 'bake: 100ms\nmin-requests: {count: 5, namespace: shop, metric: requests}',
    get requests() {
      return requests
    },
  }
  const { run, records } = await world(facts, systemClock)
  await run()
  requests = 0
  await expect(run()).rejects.toMatchObject({ facts: { code: 'E-INCONCLUSIVE' } })
  expect((await records())[0]).toMatchObject({ health: 'healthy' })
})

test.each([
  ['changed', async ({ put }) => void put({ ...SETTINGS, data: { level: 'high' } })],
  ['deleted', ({ remove }) => remove()],
] as const satisfies readonly (readonly [string, (of: Awaited<ReturnType<typeof world>>) => Promise<unknown>])[])(
  'an object that somebody has %s by hand is not the release that was judged',
  async (_, meddle) => {
    const opened = await world({}, systemClock)
    await meddle(opened)
    await expect(opened.run()).rejects.toMatchObject({
      facts: { code: 'E-SUPERSEDED', outputs: { status: 'superseded', revision: '1' } },
    })
    expect(await opened.records()).toMatchObject([{ health: 'awaiting-verdict' }])
    expect(opened.marks()).toEqual([['Approved', 'champion:dev'], ['Approved']])
    expect(opened.holder()).toMatchObject({ holderIdentity: '' })
  },
)

test.each([
  ['judge', {}],
  ['rollback', { mode: 'rollback', reason: 'Sales have dropped.', checks: undefined }],
] as const)(
  'mode: %s, killed before the rollback of an unhealthy release was begun: post does it',
  async (_, inputs) => {
    const { run, post, records, object, holder } = await world({ answer: wrong, created: true }, clock)
    const isUnhealthy = async () => (await records())[0]?.health === 'unhealthy'
    await expect(run(inputs, killedWhen(isUnhealthy))).rejects.toThrow('killed')
    expect(await records()).toMatchObject([{ status: 'deployed', health: 'unhealthy' }])
    await post(inputs)
    expect(await records()).toMatchObject([{ status: 'rolled-back', health: 'unhealthy' }])
    expect(object()).toBeUndefined()
    expect(holder()).toMatchObject({ holderIdentity: '' })
  },
)

test('a release that somebody has left unhealthy is left by the post of a step that had said nothing yet', async () => {
  const { run, post, records, object, holder } = await world({ answer: wrong, created: true }, clock)
  await expect(run({ rollback: 'never' })).rejects.toMatchObject({ facts: { code: 'E-UNHEALTHY' } })
  const isHeld = () => Promise.resolve(holder()?.holderIdentity !== '')
  await expect(run({}, killedWhen(isHeld))).rejects.toThrow('killed')
  await post()
  expect(await records()).toMatchObject([{ status: 'deployed', health: 'unhealthy' }])
  expect(object()).toBeDefined()
})
