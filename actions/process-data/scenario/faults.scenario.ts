import { afterAll, beforeAll, expect, test } from '@jest/globals'
import { prepareLocalCloud } from '@mlops/local-cloud'
import { changingScripts, openWorld, processStep, runStep, type World } from '@mlops/testing'

const scripts = changingScripts()
let world: World
beforeAll(async () => {
  world = await openWorld({ action: 'process-data', python: prepareLocalCloud() })
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
  'sagemaker CreateProcessingJob',
  'sagemaker DescribeProcessingJob',
  'logs DescribeLogStreams',
  'logs GetLogEvents',
]
const KINDS = ['throttle', '500', 'reset', 'lost-response'] as const

let run = 0
/** Processes new data by new code in a new run: all of it is done anew, and the manifest is replaced. */
const processed = async () => {
  run += 1
  await world.put('s3://mlops-dev/raw/a.csv', `x\n${run}\n`)
  scripts.change(String(run))
  return runStep(processStep(world, { 'source-dir': scripts.folder }, { environment: { GITHUB_RUN_ID: String(run) } }))
}

test('these are all the operations that the action calls', async () => {
  await processed()
  await processed()
  const called = (await world.control.calls())
    .filter(({ principal }) => principal.includes(':assumed-role/ci/') || principal === 'anonymous')
    .map(({ service, operation }) => `${service} ${operation}`)
  expect([...new Set(called)].toSorted()).toEqual(OPERATIONS.toSorted())
}, 60_000)

/** Each operation, and how many calls of it pass before: the third object that is written is the manifest. */
const CALLS = [...OPERATIONS.map((operation) => [operation, 0] as const), ['s3 PutObject', 2] as const]
const cases = CALLS.flatMap(([operation, skip]) => KINDS.map((kind) => [operation, skip, kind] as const))

test.each(cases)(
  '%s (after %s of them) meets %s, and all ends as without it: one job, its data published',
  async (operation, skip, kind) => {
    const [service = '', name = ''] = operation.split(' ')
    const before = (await world.jobs()).length
    await world.control.clearCalls()
    // Jobs read and write as the execution role; this is about the action.
    const principal = service === 'sts' ? '*' : '*:assumed-role/ci/*'
    await world.control.fault({ service, operation: name, kind, principal, skip })
    const step = await processed()
    expect((await world.control.calls()).filter(({ fault }) => fault === kind)).toHaveLength(1)
    expect([step.code, step.outputs['status'], step.outputs['published']]).toEqual([0, 'completed', 'true'])
    const jobs = await world.jobs()
    expect(jobs).toHaveLength(before + 1)
    expect(jobs.at(-1)).toMatchObject({ name: step.outputs['job-name'], status: 'Completed' })
    expect(JSON.parse((await world.read('s3://mlops-dev/sets/latest.json')) ?? '')).toMatchObject({
      job: step.outputs['job-name'],
    })
  },
  60_000,
)
