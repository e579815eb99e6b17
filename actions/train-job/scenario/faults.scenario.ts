import { afterAll, beforeAll, expect, test } from '@jest/globals'
import { prepareLocalCloud } from '@mlops/local-cloud'
import { changingScripts, openWorld, runStep, trainStep, type World } from '@mlops/testing'

const scripts = changingScripts()
let world: World
beforeAll(async () => {
  world = await openWorld({ action: 'train-job', python: prepareLocalCloud() })
  await world.put('s3://mlops-dev/gold/train/a.csv', 'x\n1\n')
}, 120_000)
afterAll(async () => {
  await world.close()
  scripts.remove()
})

const OPERATIONS = [
  'sts AssumeRoleWithWebIdentity',
  's3 ListObjectsV2',
  's3 HeadObject',
  's3 GetObject',
  's3 PutObject',
  'sagemaker CreateTrainingJob',
  'sagemaker DescribeTrainingJob',
  'logs DescribeLogStreams',
  'logs GetLogEvents',
]
const KINDS = ['throttle', '500', 'reset', 'lost-response'] as const

let run = 0
const trained = async () => {
  run += 1
  scripts.change(String(run))
  return runStep(trainStep(world, { 'source-dir': scripts.folder }, { environment: { GITHUB_RUN_ID: String(run) } }))
}

test('these are all the operations that the action calls', async () => {
  await trained()
  const called = (await world.control.calls())
    .filter(({ principal }) => principal.includes(':assumed-role/ci/') || principal === 'anonymous')
    .map(({ service, operation }) => `${service} ${operation}`)
  expect([...new Set(called)].toSorted()).toEqual(OPERATIONS.toSorted())
}, 60_000)

/** Each operation, and how many calls of it pass before: the second object that is written is the record of the run key. */
const CALLS = [...OPERATIONS.map((operation) => [operation, 0] as const), ['s3 PutObject', 1] as const]
const cases = CALLS.flatMap(([operation, skip]) => KINDS.map((kind) => [operation, skip, kind] as const))

test.each(cases)(
  '%s (after %s of them) meets %s, and all ends as without it: one job, completed',
  async (operation, skip, kind) => {
    const [service = '', name = ''] = operation.split(' ')
    const before = (await world.jobs()).length
    await world.control.clearCalls()
    // Jobs read and write as the execution role; this is about the action.
    const principal = service === 'sts' ? '*' : '*:assumed-role/ci/*'
    await world.control.fault({ service, operation: name, kind, principal, skip })
    const step = await trained()
    expect((await world.control.calls()).filter(({ fault }) => fault === kind)).toHaveLength(1)
    expect([step.code, step.outputs['status']]).toEqual([0, 'completed'])
    const jobs = await world.jobs()
    expect(jobs).toHaveLength(before + 1)
    expect(jobs.at(-1)).toMatchObject({ name: step.outputs['job-name'], status: 'Completed' })
  },
  60_000,
)
