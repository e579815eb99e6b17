import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, beforeAll, expect, test } from '@jest/globals'
import { prepareLocalCloud } from '@mlops/local-cloud'
import { openWorld, runStep, startStep, trainStep, type World } from '@mlops/testing'

let world: World
beforeAll(async () => {
  world = await openWorld({ action: 'train-job', python: prepareLocalCloud() })
  await world.put('s3://mlops-dev/gold/train/a.csv', 'x\n1\n')
}, 120_000)
afterAll(() => world.close())

const statusOf = async (name: string) => (await world.training(name)).TrainingJobStatus

const untilEnded = async (name: string) => {
  while (['InProgress', 'Stopping'].includes((await statusOf(name)) ?? '')) await sleep(200)
  return statusOf(name)
}

/** Seconds from the signal to the answer of the one Stop call. */
const secondsToStop = async (signalled: number) => {
  const stops = (await world.control.calls()).filter(({ operation }) => operation === 'StopTrainingJob')
  expect(stops).toHaveLength(1)
  expect(stops[0]?.status).toBe(200)
  return (stops[0]?.time ?? Infinity) - signalled
}

test.each([
  ['at once', '1', { hyperparameters: 'seconds=120' }, /training on/],
  ['after saving for 20 seconds', '2', { 'entry-point': 'stubborn.py' }, /ready/],
])(
  'a cancelled step stops its job within 3 s; the script ends %s, and the job with it',
  async (_, run, inputs, begun) => {
    await world.control.clearCalls()
    const options = trainStep(world, inputs, { environment: { GITHUB_RUN_ID: run } })
    const running = startStep(options)
    await running.printed(begun)
    const signalled = await world.control.now()
    running.kill('SIGINT')
    const step = await running.done
    expect(step.code).toBe(130)
    expect(step.outputs).toMatchObject({ status: 'cancelled', 'failure-class': 'cancelled' })
    expect(await secondsToStop(signalled)).toBeLessThanOrEqual(3)
    const name = step.outputs['job-name'] ?? (await world.jobs()).at(-1)?.name ?? ''
    const post = await runStep({ ...options, state: step.state })
    expect(post.code).toBe(0)
    expect(await untilEnded(name)).toBe('Stopped')
  },
  90_000,
)

test.each(['throttle', '500', 'reset', 'lost-response'] as const)(
  'a cancelled step whose Stop call meets %s stops its job all the same',
  async (kind) => {
    await world.control.clearCalls()
    const environment = { GITHUB_RUN_ID: kind }
    const running = startStep(trainStep(world, { hyperparameters: 'seconds=20' }, { environment }))
    await running.printed(/training on/)
    await world.control.fault({ service: 'sagemaker', operation: 'StopTrainingJob', kind })
    running.kill('SIGINT')
    const step = await running.done
    expect(step.code).toBe(130)
    expect((await world.control.calls()).filter(({ fault }) => fault === kind)).toHaveLength(1)
    expect(await untilEnded(step.outputs['job-name'] ?? '')).toBe('Stopped')
  },
  90_000,
)

test('the post step stops the job of a main step that was killed', async () => {
  const options = trainStep(world, { hyperparameters: 'seconds=120' }, { environment: { GITHUB_RUN_ID: '3' } })
  const running = startStep(options)
  await running.printed(/training on/)
  running.kill('SIGKILL')
  const step = await running.done
  const name = (await world.jobs()).at(-1)?.name ?? ''
  expect(await statusOf(name)).toBe('InProgress')
  const post = await runStep({ ...options, state: step.state })
  expect(post.code).toBe(0)
  expect(await untilEnded(name)).toBe('Stopped')
}, 90_000)

test('with on-cancel: leave neither the step nor its post stops the job', async () => {
  const inputs = { hyperparameters: 'seconds=8', 'on-cancel': 'leave' }
  const options = trainStep(world, inputs, { environment: { GITHUB_RUN_ID: '4' } })
  const running = startStep(options)
  await running.printed(/training on/)
  running.kill('SIGINT')
  const step = await running.done
  await runStep({ ...options, state: step.state })
  expect(await untilEnded((await world.jobs()).at(-1)?.name ?? '')).toBe('Completed')
}, 90_000)
