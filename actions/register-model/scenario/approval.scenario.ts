import { afterAll, beforeAll, expect, test } from '@jest/globals'
import { prepareLocalCloud } from '@mlops/local-cloud'
import {
  digestOfText,
  type JudgedModel,
  judgedModel,
  openWorld,
  packagesOf,
  registerStep,
  runStep,
  type World,
} from '@mlops/testing'

let world: World
beforeAll(async () => {
  world = await openWorld({ action: 'register-model', python: prepareLocalCloud() })
}, 120_000)
afterAll(() => world.close())

/** Registers a model in a group of its own. */
const registered = async (model: JudgedModel, inputs: Readonly<Record<string, string>> = {}) => {
  const group = `basket-sensitivity-${model.name}`
  const step = await runStep(
    registerStep(world, { 'model-package-group': group, ...(await judgedModel(world, model)), ...inputs }),
  )
  return { step, packages: await packagesOf(world, group) }
}

const errorsOf = ({ annotations }: Awaited<ReturnType<typeof runStep>>) =>
  annotations.filter(({ level }) => level === 'error').map(({ message }) => message)

test.each([
  ['approve', 'Approved', 0],
  ['reject', 'Rejected', 1],
  ['inconclusive', 'PendingManualApproval', 1],
] as const)(
  'the verdict %s makes it %s, and the step is green',
  async (verdict, status, warnings) => {
    const { step, packages } = await registered({ name: verdict, verdict })
    expect(step.code).toBe(0)
    expect(step.outputs['approval-status']).toBe(status)
    expect(packages).toMatchObject([
      { ModelApprovalStatus: status, ApprovalDescription: expect.stringContaining('rows') },
    ])
    expect(step.annotations.filter(({ level }) => level === 'warning')).toHaveLength(warnings)
  },
  60_000,
)

test('an artifact that was replaced after the gate is refused with both digests, and nothing is registered', async () => {
  const model = await judgedModel(world, { name: 'swapped', verdict: 'approve' })
  await world.put(model['model-artifact-uri'] ?? '', 'another model')
  const group = 'basket-sensitivity-swapped'
  const step = await runStep(registerStep(world, { 'model-package-group': group, ...model }))
  expect(step.code).toBe(1)
  const [error] = errorsOf(step)
  expect(error).toMatch(/^E-DIGEST: /)
  expect(error).toContain(digestOfText('another model'))
  expect(error).toContain(digestOfText('swapped'))
  expect(await packagesOf(world, group)).toEqual([])
  const writes = (await world.control.calls()).filter(({ operation }) => /^(Create|Put|Update)/.test(operation))
  expect(writes.filter(({ name = '' }) => name.includes('swapped') && !name.includes('/'))).toEqual([])
}, 60_000)

test('a report of a later version is refused, and nothing is registered', async () => {
  const { step, packages } = await registered({ name: 'newer', verdict: 'approve', report: { version: 2 as 1 } })
  expect(step.code).toBe(1)
  expect(errorsOf(step)[0]).toMatch(/^E-VERSION: .*version 2/)
  expect(packages).toEqual([])
}, 60_000)

test('a model in a bucket of somebody else is named, and nothing is registered', async () => {
  const foreign = { 'model-artifact-uri': 's3://mlops-of-others/models/x/model.tar.gz' }
  const { step, packages } = await registered({ name: 'foreign', verdict: 'approve' }, foreign)
  expect(step.code).toBe(1)
  expect(errorsOf(step)[0]).toMatch(/^E-BUCKET: .*mlops-of-others/)
  expect(packages).toEqual([])
}, 60_000)
