import { afterAll, beforeAll, expect, jest, test } from '@jest/globals'
import {
  type ClusterWorld,
  healthCheckStep,
  manifestFolder,
  openClusterWorld,
  runStep,
  startStep,
} from '@mlops/testing'
import {
  deployVersion,
  expectCode,
  holderOf,
  judgeStep,
  marksOf,
  newPlace,
  putAlarm,
  setAlarm,
  standings,
  versionOf,
  writesSince,
} from './judging.ts'

jest.setTimeout(120_000)
let world: ClusterWorld
beforeAll(async () => {
  world = await openClusterWorld({ action: 'health-check-rollback' })
}, 40 * 60_000)
afterAll(() => world.close())

const ASKED = /predicts passed at/

test('an alarm that goes off for a moment between two looks: rolled back', async () => {
  const place = await newPlace(world)
  await deployVersion(world, place, { version: '1' })
  expect((await runStep(judgeStep(world, place))).code).toBe(0)
  await deployVersion(world, place, { version: '2' })
  const alarm = await putAlarm(world)
  const baking = startStep(judgeStep(world, place, { bake: '2m', 'short-bake': 'allow', alarms: [alarm] }))
  await baking.printed(ASKED)
  await setAlarm(world, alarm, 'ALARM')
  await setAlarm(world, alarm, 'OK')
  const { code, text, outputs, summary } = await baking.done
  expectCode(text, code, 1)
  expect(outputs).toMatchObject({
    status: 'rolled-back',
    verdict: 'unhealthy',
    'failure-class': 'alarm',
    'first-bad-check': alarm,
    'restored-revision': '1',
    'rollback-verdict': 'healthy',
  })
  expect(await versionOf(place)).toBe('1')
  expect(summary).toContain('ErrorRate was set to ALARM')
  // Nothing but the model differs between the two releases.
  expect(await marksOf(world, place)).toEqual(['Approved champion:dev', 'Rejected health:dev'])
})

test('an alarm that was on before the release is not held against it, nor for it', async () => {
  const place = await newPlace(world)
  const alarm = await putAlarm(world)
  await setAlarm(world, alarm, 'ALARM')
  await deployVersion(world, place, { version: '1' })
  const checks = { bake: '1s', 'short-bake': 'allow', alarms: [alarm] }
  const blocked = await runStep(judgeStep(world, place, checks))
  expectCode(blocked.text, blocked.code, 1)
  expect(blocked.outputs).toMatchObject({ status: 'inconclusive', 'first-bad-check': alarm, 'rolled-back': 'false' })
  const ignored = await runStep(judgeStep(world, place, { ...checks, 'pre-existing-alarm': 'ignore' }))
  expectCode(ignored.text, ignored.code, 0)
  expect(await standings(place)).toEqual(['1 deployed healthy'])
})

test('what could never be judged is an error before anything is written', async () => {
  const place = await newPlace(world)
  await deployVersion(world, place, { version: '1' })
  const before = place.namespace.writes().length
  const alarm = await putAlarm(world)
  for (const [checks, words] of [
    [{ alarms: [alarm, 'nobody-made-this'], bake: '5m' }, 'there is no alarm nobody-made-this'],
    [{ alarms: [alarm], bake: '179s' }, 'a bake of 179 s is too short'],
  ] as const) {
    const { code, text, annotations, outputs } = await runStep(judgeStep(world, place, checks))
    expectCode(text, code, 1)
    expect(annotations.map(({ message }) => message).join()).toContain(`E-ALARM: ${words}`)
    expect(outputs['verdict']).toBeUndefined()
  }
  expect(writesSince(place, before)).toEqual([])
  expect(await standings(place)).toEqual(['1 deployed awaiting-verdict'])
})

test('too few requests during the bake prove nothing', async () => {
  const place = await newPlace(world)
  await deployVersion(world, place, { version: '1' })
  const floor = { count: 3, namespace: 'MLOps/Serving', metric: 'Throughput', dimensions: { service: place.group } }
  const checks = { bake: '1s', 'min-requests': floor }
  const quiet = await runStep(judgeStep(world, place, checks))
  expectCode(quiet.text, quiet.code, 1)
  expect(quiet.outputs).toMatchObject({ verdict: 'inconclusive', 'first-bad-check': 'min-requests' })
  // They were counted: what can't be counted is inconclusive, too.
  expect(quiet.summary).toMatch(/requests during the bake\W+0/)
})

test('a newer release ends the bake: superseded, and nothing is written about either', async () => {
  const place = await newPlace(world)
  await deployVersion(world, place, { version: '1' })
  const baking = startStep(judgeStep(world, place, { bake: '3m' }))
  await baking.printed(ASKED)
  // It answers as well: only its record tells.
  await deployVersion(world, place, { version: '1', startMs: 1 })
  const { code, text, outputs } = await baking.done
  expectCode(text, code, 1)
  expect(outputs).toMatchObject({ status: 'superseded', revision: '1' })
  expect(await standings(place)).toEqual(['1 deployed unjudged', '2 deployed awaiting-verdict'])
  expect(await marksOf(world, place)).toEqual(['Approved', 'Approved'])

  const late = await runStep(judgeStep(world, place, {}, { revision: '1' }))
  expectCode(late.text, late.code, 1)
  expect(late.outputs['status']).toBe('superseded')
})

test('SIGINT while it bakes: nothing was written, and nothing is held', async () => {
  const place = await newPlace(world)
  await deployVersion(world, place, { version: '1' })
  const before = place.namespace.writes().length
  const baking = startStep(judgeStep(world, place, { bake: '5m' }))
  await baking.printed(ASKED)
  const from = performance.now()
  baking.kill('SIGINT')
  const { code, text, outputs } = await baking.done
  expectCode(text, code, 130)
  expect(performance.now() - from).toBeLessThan(7000)
  expect(outputs['status']).toBe('cancelled')
  expect(writesSince(place, before)).toEqual([])
  expect(await holderOf(place)).toBe('')
  expect(await standings(place)).toEqual(['1 deployed awaiting-verdict'])
})

test('SIGINT in the middle of a rollback: post finishes it', async () => {
  const place = await newPlace(world)
  await deployVersion(world, place, { version: '1', startMs: 4000 })
  expect((await runStep(judgeStep(world, place))).code).toBe(0)
  await deployVersion(world, place, { version: '2', mode: 'wrong' })
  const options = judgeStep(world, place)
  const judging = startStep(options)
  await judging.printed(/going back to revision 1/)
  while ((await standings(place)).length < 3) await new Promise((resolve) => setTimeout(resolve, 50))
  judging.kill('SIGINT')
  const { code, text, state } = await judging.done
  expectCode(text, code, 130)
  const post = await runStep({ ...options, state })
  expectCode(post.text, post.code, 0)
  expect(await versionOf(place)).toBe('1')
  expect((await standings(place)).map((line) => line.split(' ')[1])).toEqual(['deployed', 'rolled-back', 'deployed'])
  expect(await holderOf(place)).toBe('')
})

test('a bad checks file: all faults at once with their places, and nobody is asked anything', async () => {
  const place = await newPlace(world)
  const text = ['version: 1', 'target: {}', 'checks:', '  - {name: a, path: x, atempts: 2 of 3}', 'bake: soon'].join(
    '\n',
  )
  const step = await runStep(healthCheckStep(world, place.namespace, manifestFolder([], { 'checks.yml': text })))
  expectCode(step.text, step.code, 1)
  expect(step.annotations.flatMap(({ properties }) => (properties['file'] === undefined ? [] : [properties]))).toEqual(
    [
      { file: 'checks.yml', line: '2' },
      { file: 'checks.yml', line: '4' },
      { file: 'checks.yml', line: '4' },
      { file: 'checks.yml', line: '5' },
    ].map((place_) => expect.objectContaining(place_) as unknown),
  )
  expect(place.namespace.calls()).toEqual([])
})
