import { afterAll, afterEach, beforeAll, expect, test } from '@jest/globals'
import { prepareLocalCloud } from '@mlops/local-cloud'
import {
  changePackage,
  judgedModel,
  openWorld,
  packagesOf,
  registerStep,
  runStep,
  startStep,
  type World,
} from '@mlops/testing'

let world: World
beforeAll(async () => {
  world = await openWorld({ action: 'register-model', python: prepareLocalCloud() })
}, 120_000)
afterEach(() => world.control.clearFaults())
afterAll(() => world.close())

const inGroup = (
  name: string,
  model: Readonly<Record<string, string>>,
  environment: Readonly<Record<string, string>> = {},
) => registerStep(world, { 'model-package-group': `basket-sensitivity-${name}`, ...model }, { environment })
const creations = async () =>
  (await world.control.calls()).filter(({ operation }) => operation === 'CreateModelPackage').length

test('the same run twice is one package, also when the gate has judged anew', async () => {
  const model = { name: 'twice', verdict: 'approve' } as const
  const first = await runStep(inGroup('twice', await judgedModel(world, model)))
  const again = await judgedModel(world, { ...model, report: { judgedAt: '2026-11-25T00:00:00.000Z' } })
  const second = await runStep(inGroup('twice', again, { GITHUB_RUN_ATTEMPT: '2' }))
  expect(second.outputs).toMatchObject({ created: 'existing', 'package-arn': first.outputs['package-arn'] })
  expect(await packagesOf(world, 'basket-sensitivity-twice')).toHaveLength(1)
}, 60_000)

test('two runs at once are two packages, and the later one is the latest', async () => {
  const models = await Promise.all(['one', 'other'].map((name) => judgedModel(world, { name, verdict: 'approve' })))
  const steps = await Promise.all(
    models.map((model, index) => runStep(inGroup('at-once', model, { GITHUB_RUN_ID: String(index + 1) }))),
  )
  expect(steps.map(({ code }) => code)).toEqual([0, 0])
  const found = await packagesOf(world, 'basket-sensitivity-at-once')
  expect(
    found.map(({ ModelPackageVersion, ModelApprovalStatus }) => [ModelPackageVersion, ModelApprovalStatus]),
  ).toEqual([
    [1, 'Approved'],
    [2, 'Approved'],
  ])
  expect(new Set(steps.map(({ outputs }) => outputs['package-arn'])).size).toBe(2)
}, 60_000)

test('a runner that is lost after the creation leaves its package to the re-run, which finishes it', async () => {
  const options = inGroup('lost', await judgedModel(world, { name: 'lost', verdict: 'approve' }))
  await world.control.clearCalls()
  // Keeps the step between creation and approval until it is killed.
  const slow = { kind: 'latency', principal: '*:assumed-role/ci/*', seconds: 5 } as const
  await world.control.fault({ ...slow, service: 'sagemaker', operation: 'DescribeModelPackage' })
  const lost = startStep(options)
  await lost.printed(/: registered$/m)
  lost.kill('SIGKILL')
  await lost.done
  await world.control.clearFaults()
  expect(await packagesOf(world, 'basket-sensitivity-lost')).toMatchObject([
    { ModelApprovalStatus: 'PendingManualApproval' },
  ])
  const step = await runStep({ ...options, environment: { ...options.environment, GITHUB_RUN_ATTEMPT: '2' } })
  expect(step.code).toBe(0)
  expect(step.outputs).toMatchObject({ created: 'existing', 'approval-status': 'Approved' })
  expect(await packagesOf(world, 'basket-sensitivity-lost')).toMatchObject([
    { ModelApprovalStatus: 'Approved', ApprovalDescription: expect.stringContaining('Approved on') },
  ])
  expect(await creations()).toBe(1)
}, 90_000)

test.each(['Approved', 'Rejected'] as const)(
  'a package that a person has %s stays so in a re-run',
  async (status) => {
    const name = status.toLowerCase()
    const model = { name, verdict: 'inconclusive' } as const
    const first = await runStep(inGroup(name, await judgedModel(world, model)))
    const description = 'decided by a person'
    await changePackage(world, first.outputs['package-arn'] ?? '', { status, description })
    const step = await runStep(inGroup(name, await judgedModel(world, model), { GITHUB_RUN_ATTEMPT: '2' }))
    expect(step.outputs).toMatchObject({ created: 'existing', 'approval-status': status })
    expect(await packagesOf(world, `basket-sensitivity-${name}`)).toMatchObject([
      { ModelApprovalStatus: status, ApprovalDescription: 'decided by a person' },
    ])
  },
  60_000,
)
