import { afterAll, beforeAll, expect, test } from '@jest/globals'
import { prepareLocalCloud } from '@mlops/local-cloud'
import { openWorld, runStep, trainStep, type World } from '@mlops/testing'

let world: World
beforeAll(async () => {
  const quotas = [{ instanceType: 'ml.m5.xlarge', usage: 'training', limit: 0 }] as const
  world = await openWorld({ action: 'train-job', python: prepareLocalCloud(), quotas: [...quotas] })
  await world.put('s3://mlops-dev/gold/train/a.csv', 'x\n1\n')
}, 120_000)
afterAll(() => world.close())

test('a type without quota makes room for the next one', async () => {
  const step = await runStep(trainStep(world, { 'instance-types': 'ml.m5.xlarge,ml.m5.2xlarge' }))
  expect(step.code).toBe(0)
  const job = await world.training(step.outputs['job-name'] ?? '')
  expect(job).toMatchObject({ TrainingJobStatus: 'Completed', ResourceConfig: { InstanceType: 'ml.m5.2xlarge' } })
}, 60_000)

test('without another type the error names limit, use and demand, and no job is there', async () => {
  const before = await world.jobs()
  const environment = { GITHUB_RUN_ID: '2' }
  const step = await runStep(trainStep(world, { 'instance-types': 'ml.m5.xlarge' }, { environment }))
  expect(step.code).toBe(1)
  expect(step.outputs).toMatchObject({ 'failure-class': 'quota' })
  expect(step.annotations.at(-1)?.message).toMatch(
    /^E-QUOTA: .*ml\.m5\.xlarge for training job usage.* limit 0, 0 in use, 1 asked for/,
  )
  expect(await world.jobs()).toEqual(before)
}, 60_000)

test('a type without capacity makes room for the next one, as a second attempt', async () => {
  await world.control.fault({ kind: 'capacity' })
  const environment = { GITHUB_RUN_ID: '3' }
  const step = await runStep(trainStep(world, { 'instance-types': 'ml.m5.2xlarge,ml.m5.4xlarge' }, { environment }))
  expect(step.code).toBe(0)
  expect(step.outputs['job-name']).toMatch(/-a2$/)
  const job = await world.training(step.outputs['job-name'] ?? '')
  expect(job).toMatchObject({ TrainingJobStatus: 'Completed', ResourceConfig: { InstanceType: 'ml.m5.4xlarge' } })
}, 60_000)
