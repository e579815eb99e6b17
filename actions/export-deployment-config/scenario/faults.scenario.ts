import { afterAll, afterEach, beforeAll, expect, test } from '@jest/globals'
import { prepareLocalCloud } from '@mlops/local-cloud'
import { exportStep, openWorld, putPackage, runStep, type World } from '@mlops/testing'

let world: World
beforeAll(async () => {
  world = await openWorld({ action: 'export-deployment-config', python: prepareLocalCloud() })
}, 120_000)
afterEach(() => world.control.clearFaults())
afterAll(() => world.close())

const OPERATIONS = [
  'sts AssumeRoleWithWebIdentity',
  's3 GetObject',
  's3 HeadObject',
  's3 PutObject',
  'sagemaker DescribeModelPackage',
  'sagemaker ListModelPackages',
]

/** Exports twice, the second time over the first. */
const exportTwice = async (name: string) => {
  const group = `basket-sensitivity-${name}`
  const inputs = { 'model-package-group': group, 's3-prefix': `s3://mlops-prod/configs/${name}` }
  const steps = []
  for (const run of ['1', '2']) {
    await putPackage(world, group)
    steps.push(await runStep(exportStep(world, inputs, { environment: { GITHUB_RUN_ID: run } })))
  }
  return steps
}

const calledBySteps = async () =>
  (await world.control.calls()).filter(
    ({ principal }) => principal.includes(':assumed-role/ci/') || principal === 'anonymous',
  )
const names = (calls: Awaited<ReturnType<typeof calledBySteps>>) =>
  [...new Set(calls.map(({ service, operation }) => `${service} ${operation}`))].toSorted()

test('these are all the operations that the action calls', async () => {
  await exportTwice('plain')
  expect(names(await calledBySteps())).toEqual(OPERATIONS.toSorted())
}, 60_000)

test.each(['throttle', '500', 'reset', 'lost-response'] as const)(
  'every operation meets %s, and all ends as without it: two exports, one after the other',
  async (kind) => {
    await world.control.clearCalls()
    for (const operation of OPERATIONS) {
      const [service = '', name = ''] = operation.split(' ')
      // The test itself writes to S3 too.
      const principal = service === 'sts' ? '*' : '*:assumed-role/ci/*'
      // Each of the three files of an export, and not its second try.
      const skips = name === 'PutObject' ? [0, 1, 2] : [0]
      for (const skip of skips) await world.control.fault({ service, operation: name, kind, principal, skip })
    }
    const steps = await exportTwice(kind)
    expect(names((await calledBySteps()).filter(({ fault }) => fault === kind))).toEqual(OPERATIONS.toSorted())
    expect(steps.map(({ code, outputs }) => [code, outputs['status'], outputs['package-version']])).toEqual([
      [0, 'exported', '1'],
      [0, 'exported', '2'],
    ])
    const lines = ((await world.read(`s3://mlops-prod/configs/${kind}/prod/history.jsonl`)) ?? '').trim().split('\n')
    expect(lines.map((line) => JSON.parse(line) as unknown)).toMatchObject([
      { to: { version: 1 } },
      { from: { version: 1 }, to: { version: 2 } },
    ])
  },
  90_000,
)
