import { afterAll, beforeAll, expect, test } from '@jest/globals'
import { prepareLocalCloud } from '@mlops/local-cloud'
import { openWorld, runStep, trainStep, type World } from '@mlops/testing'

let world: World
beforeAll(async () => {
  world = await openWorld({ action: 'train-job', python: prepareLocalCloud() })
  await world.put('s3://mlops-dev/gold/train/a.csv', 'x\n1\n')
}, 120_000)
afterAll(() => world.close())

const inRun = (run: string) => trainStep(world, { reuse: 'content' }, { environment: { GITHUB_RUN_ID: run } })

test('the same content in another run creates no job, asks little and takes less than three seconds', async () => {
  const first = await runStep(inRun('1'))
  await world.control.clearCalls()
  const begun = performance.now()
  const second = await runStep(inRun('2'))
  expect(performance.now() - begun).toBeLessThan(3000)
  expect(second.code).toBe(0)
  expect(second.outputs).toMatchObject({
    reused: 'true',
    'job-name': first.outputs['job-name'],
    'model-artifact-uri': first.outputs['model-artifact-uri'],
  })
  expect(await world.jobs()).toHaveLength(1)
  expect((await world.control.calls()).length).toBeLessThanOrEqual(6)
}, 60_000)

test('other data is other content', async () => {
  await world.put('s3://mlops-dev/gold/train/a.csv', 'x\n1\n2\n')
  const step = await runStep(inRun('3'))
  expect(step.outputs).toMatchObject({ reused: 'false', status: 'completed' })
  expect(step.summary).toContain('the data of train changed')
  expect(await world.jobs()).toHaveLength(2)
}, 60_000)
