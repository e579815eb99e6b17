import { afterAll, beforeAll, expect, test } from '@jest/globals'
import { prepareLocalCloud } from '@mlops/local-cloud'
import { openWorld, runStep, trainStep, type World } from '@mlops/testing'

let world: World
beforeAll(async () => {
  world = await openWorld({ action: 'train-job', python: prepareLocalCloud() })
  await world.put('s3://mlops-dev/gold/train/a.csv', 'x\n1\n2\n')
}, 120_000)
afterAll(() => world.close())

test('a job runs to its end, and its model, metrics and cost are outputs', async () => {
  const step = await runStep(
    trainStep(world, { 'price-per-hour': 'ml.m5.xlarge=0.23', hyperparameters: '{"score": 0.75}' }),
  )
  expect(step.text).toContain('training on 3 rows')
  expect(step.code).toBe(0)
  const job = await world.training(step.outputs['job-name'] ?? '')
  expect(job.TrainingJobStatus).toBe('Completed')
  expect(step.outputs).toMatchObject({
    status: 'completed',
    'model-artifact-uri': job.ModelArtifacts?.S3ModelArtifacts,
    'failure-class': '',
  })
  expect(JSON.parse(step.outputs['metrics'] ?? '')).toEqual({ 'validation:score': 0.75 })
  expect(Number(step.outputs['estimated-cost'])).toBeGreaterThan(0)
  expect(await world.keys(`s3://mlops-dev/models/${step.outputs['job-name']}/output/`)).toHaveLength(1)
}, 60_000)
