import { afterAll, afterEach, beforeAll, expect, test } from '@jest/globals'
import { prepareLocalCloud } from '@mlops/local-cloud'
import { judgedModel, openWorld, packagesOf, registerStep, runStep, type World } from '@mlops/testing'

let world: World
beforeAll(async () => {
  world = await openWorld({ action: 'register-model', python: prepareLocalCloud() })
}, 120_000)
afterEach(() => world.control.clearFaults())
afterAll(() => world.close())

const OPERATIONS = [
  'sts AssumeRoleWithWebIdentity',
  's3 GetObject',
  's3 HeadObject',
  's3 PutObject',
  'sagemaker AddAssociation',
  'sagemaker BatchDescribeModelPackage',
  'sagemaker CreateArtifact',
  'sagemaker CreateModelPackage',
  'sagemaker CreateModelPackageGroup',
  'sagemaker DescribeModelPackage',
  'sagemaker DescribeModelPackageGroup',
  'sagemaker ListArtifacts',
  'sagemaker ListModelPackages',
  'sagemaker UpdateModelPackage',
]

/** Registers twice into a new group, so that every operation is needed: two runs, the same artifact. */
const registerTwice = async (name: string) => {
  const group = `basket-sensitivity-${name}`
  const steps = []
  for (const run of ['1', '2']) {
    // Other bytes each time, so that every file has to be written.
    const report = { judgedAt: `${name} ${run}` }
    const model = await judgedModel(world, { name, verdict: 'approve', report })
    const inputs = { 'model-package-group': group, lineage: 'required', ...model }
    steps.push(await runStep(registerStep(world, inputs, { environment: { GITHUB_RUN_ID: run } })))
  }
  return { steps, group }
}

const calledBySteps = async () =>
  (await world.control.calls()).filter(
    ({ principal }) => principal.includes(':assumed-role/ci/') || principal === 'anonymous',
  )
const names = (calls: Awaited<ReturnType<typeof calledBySteps>>) =>
  [...new Set(calls.map(({ service, operation }) => `${service} ${operation}`))].toSorted()

test('these are all the operations that the action calls', async () => {
  await registerTwice('plain')
  expect(names(await calledBySteps())).toEqual(OPERATIONS.toSorted())
}, 60_000)

test.each(['throttle', '500', 'reset', 'lost-response'] as const)(
  'every operation meets %s once, and all ends as without it: two packages, approved',
  async (kind) => {
    await world.control.clearCalls()
    for (const operation of OPERATIONS) {
      const [service = '', name = ''] = operation.split(' ')
      // The test itself writes to S3 too.
      const principal = service === 'sts' ? '*' : '*:assumed-role/ci/*'
      await world.control.fault({ service, operation: name, kind, principal })
    }
    const { steps, group } = await registerTwice(kind)
    const befallen = (await calledBySteps()).filter(({ fault }) => fault === kind)
    expect(names(befallen)).toEqual(OPERATIONS.toSorted())
    expect(steps.map(({ code, outputs }) => [code, outputs['status'], outputs['approval-status']])).toEqual([
      [0, 'registered', 'Approved'],
      [0, 'registered', 'Approved'],
    ])
    expect(await packagesOf(world, group)).toMatchObject([
      { ModelApprovalStatus: 'Approved' },
      { ModelApprovalStatus: 'Approved' },
    ])
  },
  90_000,
)
