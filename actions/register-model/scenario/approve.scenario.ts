import { afterAll, beforeAll, expect, test } from '@jest/globals'
import { prepareLocalCloud } from '@mlops/local-cloud'
import {
  changePackage,
  digestOfText,
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

const groupOf = (name: string) => `basket-sensitivity-${name}`

/** Registers a model that the gate could not decide over, or rejected. */
const waiting = async (name: string, verdict: 'inconclusive' | 'reject' = 'inconclusive') => {
  const model = await judgedModel(world, { name, verdict })
  const { outputs } = await runStep(registerStep(world, { 'model-package-group': groupOf(name), ...model }))
  return { arn: outputs['package-arn'] ?? '', artifact: model['model-artifact-uri'] ?? '' }
}

const approve = (which: Readonly<Record<string, string>>) =>
  runStep({
    action: 'register-model',
    inputs: { mode: 'approve', reason: 'looked through by hand', ...which },
    environment: { ...world.environment, GITHUB_ACTOR: 'grace' },
  })

const errorOf = ({ annotations }: Awaited<ReturnType<typeof runStep>>) =>
  annotations.find(({ level }) => level === 'error')?.message

test('what waits for a person is approved with name and reason; once more changes nothing', async () => {
  const { arn } = await waiting('waiting')
  const step = await approve({ 'package-arn': arn })
  expect([step.code, step.outputs['status'], step.outputs['approval-status']]).toEqual([0, 'approved', 'Approved'])
  const packages = await packagesOf(world, groupOf('waiting'))
  expect(packages).toMatchObject([
    {
      ModelApprovalStatus: 'Approved',
      ApprovalDescription: expect.stringMatching(/^Approved by hand: looked through by hand\. .* \(grace, https/),
    },
  ])
  const again = await approve({ 'model-package-group': groupOf('waiting'), 'package-version': '1', reason: 'again' })
  expect([again.code, again.outputs['status']]).toEqual([0, 'unchanged'])
  expect((await packagesOf(world, groupOf('waiting')))[0]?.ApprovalDescription).toBe(packages[0]?.ApprovalDescription)
}, 60_000)

test('a model that was replaced since it was judged is refused with both digests', async () => {
  const { arn, artifact } = await waiting('replaced')
  await world.put(artifact, 'another model')
  const step = await approve({ 'package-arn': arn })
  expect(step.code).toBe(1)
  expect(errorOf(step)).toMatch(/^E-DIGEST: /)
  expect(errorOf(step)).toContain(digestOfText('another model'))
  expect(errorOf(step)).toContain(digestOfText('replaced'))
  expect(await packagesOf(world, groupOf('replaced'))).toMatchObject([{ ModelApprovalStatus: 'PendingManualApproval' }])
}, 60_000)

test('what the gate rejected is not approved by hand', async () => {
  const { arn } = await waiting('rejected', 'reject')
  const step = await approve({ 'package-arn': arn })
  expect(step.code).toBe(1)
  expect(errorOf(step)).toMatch(/^E-NOT-APPROVED: .*was rejected/)
  expect(await packagesOf(world, groupOf('rejected'))).toMatchObject([{ ModelApprovalStatus: 'Rejected' }])
}, 60_000)

test('what failed in production is approved again, and its mark goes', async () => {
  const { arn } = await waiting('unhealthy')
  const metadata = { 'health:prod': 'unhealthy' }
  await changePackage(world, arn, { status: 'Rejected', description: 'rolled back in run 9', metadata })
  const step = await approve({ 'package-arn': arn })
  expect([step.code, step.outputs['status']]).toEqual([0, 'approved'])
  const [found] = await packagesOf(world, groupOf('unhealthy'))
  expect(found?.ModelApprovalStatus).toBe('Approved')
  expect(found?.CustomerMetadataProperties).not.toHaveProperty(['health:prod'])
}, 60_000)

test('a package that does not exist is said, by its version too', async () => {
  await waiting('missing')
  const step = await approve({ 'model-package-group': groupOf('missing'), 'package-version': '7' })
  expect(step.code).toBe(1)
  expect(errorOf(step)).toMatch(/^E-NO-MODEL: .*has no version 7/)
}, 60_000)
