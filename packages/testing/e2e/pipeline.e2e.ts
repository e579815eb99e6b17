import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals'
import { prepareLocalCloud } from '@mlops/local-cloud'
import {
  openWorld,
  type PipelineResult,
  type PipelineRuns,
  pipelineRuns,
  scratchRepository,
  type ScratchRepository,
  type World,
} from '../src/index.ts'

const WORKFLOW = '.github/workflows/mlops-pipeline.yml'
// A job of the caller that must run however the pipeline ends.
const withAfterwards = `${readFileSync(join(import.meta.dirname, '../../..', WORKFLOW), 'utf8')}
  afterwards:
    needs: basket-sensitivity
    if: always()
    runs-on: ubuntu-latest
    permissions: {}
    steps:
      - run: echo "the pipeline ended"
`

let world: World
let repository: ScratchRepository
let runs: PipelineRuns
let run = 0

beforeAll(async () => {
  world = await openWorld({ python: prepareLocalCloud() })
  repository = scratchRepository({ [WORKFLOW]: withAfterwards })
  runs = pipelineRuns(world, repository)
}, 120_000)
afterAll(async () => {
  await world.close()
  repository.remove()
  runs.remove()
})
beforeEach(async () => {
  run += 1
  for (const bucket of ['mlops-prod', 'mlops-staging'])
    await world.put(`s3://${bucket}/raw/transactions.csv`, `BASKET_ID\n${run}\n`)
  await world.control.clearCalls()
})

const results = ({ record }: PipelineResult) =>
  Object.fromEntries((record?.jobs ?? []).map(({ id, result }) => [id.replace('basket-sensitivity/', ''), result]))

const TRAINED = {
  setup: 'success',
  'test (3.11)': 'success',
  'process-data': 'success',
  train: 'success',
  evaluate: 'success',
  'build-image': 'success',
}
const UNTRAINED = {
  setup: 'success',
  'test (3.11)': 'success',
  'process-data': 'skipped',
  train: 'skipped',
  evaluate: 'skipped',
  'build-image': 'success',
}

const trainOf = ({ record }: PipelineResult) => record?.jobs.find(({ id }) => id.endsWith('/train'))?.outputs ?? {}
const jobsCreated = async () =>
  (await world.control.calls()).filter(({ operation }) => /^Create\w+Job$/.test(operation))

describe('a dispatch with retrain for prod', () => {
  test('processes and trains; model and metrics are there and the run is green', async () => {
    const result = await runs.run({ inputs: { environment: 'prod', 'retrain-model': 'true' } })
    expect(result.code).toBe(0)
    expect(results(result)).toMatchObject(TRAINED)
    const { metrics = '', 'model-artifact-uri': model = '' } = trainOf(result)
    expect(JSON.parse(metrics)).toMatchObject({ 'validation:accuracy': 0.9, 'baseline:f1_macro': 0.3 })
    expect(model).toMatch(/^s3:\/\/mlops-prod\/basket-sensitivity\/models\//)
    expect(await world.keys(model)).toHaveLength(1)
    const manifest = await world.read('s3://mlops-prod/basket-sensitivity/data/latest.json')
    expect(manifest).toContain('gold')
    expect((await world.jobs()).map(({ status }) => status)).toEqual(['Completed', 'Completed', 'Completed'])
  }, 180_000)

  test('deploy-only does not train', async () => {
    const result = await runs.run({
      inputs: { environment: 'prod', 'retrain-model': 'true', 'deploy-only': 'true' },
    })
    expect(results(result)).toMatchObject(UNTRAINED)
    expect(await jobsCreated()).toEqual([])
  }, 180_000)
})

test('the weekly schedule trains for prod', async () => {
  const result = await runs.run({ event: 'schedule' })
  expect(result.code).toBe(0)
  expect(results(result)).toMatchObject(TRAINED)
  expect(trainOf(result)['model-artifact-uri']).toMatch(/^s3:\/\/mlops-prod\//)
}, 180_000)

describe('a push', () => {
  test('of documentation only starts nothing', async () => {
    const result = await runs.push({ 'docs/page.md': String(run), 'README.md': String(run) })
    expect(result.code).toBe(3)
    expect(await world.control.calls()).toEqual([])
  }, 60_000)

  test('of other code to main is tested and does not train', async () => {
    const result = await runs.push({ 'other/code.txt': String(run) })
    expect(results(result)).toMatchObject(UNTRAINED)
  }, 180_000)

  test('of training code to develop trains for staging, as long as the role trusts that branch', async () => {
    const result = await runs.push({ 'examples/retail/pipeline/note.txt': String(run) }, 'refs/heads/develop')
    expect(results(result)).toMatchObject(TRAINED)
    expect(trainOf(result)['model-artifact-uri']).toMatch(/^s3:\/\/mlops-staging\//)
  }, 180_000)
})

test('a run that is cancelled during training stops its job, and what must run always runs', async () => {
  await world.put('s3://mlops-prod/raw/transactions.csv', 'BASKET_ID\nhold\n')
  const running = runs.start({ event: 'schedule' })
  const training = async () =>
    (await world.jobs()).find(
      ({ name, status }) => status === 'InProgress' && name.startsWith('basket-sensitivity-prod'),
    )
  const isTraining = async () => {
    const job = await training()
    if (job === undefined) return false
    const found = await world.training(job.name).catch(() => undefined)
    return found?.SecondaryStatus === 'Training'
  }
  // A run that ends before it trains must fail the test, not keep it waiting.
  const ended = running.done.then(() => 'ended')
  for (let look = 'again'; look === 'again' && !(await isTraining());)
    look = await Promise.race([ended, sleep(100, 'again')])
  const { name = '' } = (await training()) ?? {}
  const signalled = await world.control.now()
  running.kill('SIGINT')
  const result = await running.done
  expect(result.code).toBe(130)
  expect(results(result)).toMatchObject({ train: 'cancelled', afterwards: 'success' })
  const stop = (await world.control.calls()).find(({ operation }) => operation === 'StopTrainingJob')
  expect((stop?.time ?? Infinity) - signalled).toBeLessThanOrEqual(3)
  while ((await world.training(name)).TrainingJobStatus === 'Stopping') await sleep(200)
  expect((await world.training(name)).TrainingJobStatus).toBe('Stopped')
}, 180_000)
