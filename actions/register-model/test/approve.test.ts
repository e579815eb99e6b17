import { expect, test } from '@jest/globals'
import type { ModelPackage, S3Uri } from '@mlops/core'
import { account, digestOf, errorOf, MODEL } from './world.ts'

const APPROVE = { mode: 'approve', reason: 'reviewed by hand', 'gate-report': '', 'metrics-prefix': '' }
const pending = (more: Partial<ModelPackage> = {}): Partial<ModelPackage> => ({
  approvalStatus: 'PendingManualApproval',
  approvalDescription: 'too few rows to tell',
  modelDataUrl: MODEL as S3Uri,
  metadata: { 'artifact-digest': digestOf('model') },
  ...more,
})
const approving = (found: Partial<ModelPackage>, more: Readonly<Record<string, string>> = {}) => {
  const { go, packages, registry, store } = account()
  const { arn } = registry.put('basket', found)
  const by = 'package-version' in more ? {} : { 'package-arn': arn, 'model-package-group': '' }
  return { packages, store, registry, ...go({ ...APPROVE, ...by, ...more }) }
}

test('a pending package is approved with actor and reason, and what was said before', async () => {
  const { done, packages } = approving(pending())
  expect(await done).toMatchObject({
    status: 'approved',
    verdict: 'ok',
    outputs: { 'approval-status': 'Approved', 'package-version': '1', 'artifact-digest': digestOf('model') },
  })
  expect(packages()).toMatchObject([
    {
      approvalStatus: 'Approved',
      approvalDescription:
        'Approved by hand: reviewed by hand. Before: too few rows to tell (ada, https://github.com/acme/retail/actions/runs/4711)',
    },
  ])
})

test('a package is found by group and version too', async () => {
  const { done, packages } = approving(pending(), { 'package-version': '1' })
  await done
  expect(packages()).toMatchObject([{ approvalStatus: 'Approved' }])
  const { message } = await errorOf(approving(pending(), { 'package-version': '2' }).done)
  expect(message).toMatch(/^E-NO-MODEL: basket has no version 2/)
})

test('an approved package is unchanged', async () => {
  const { done, registry } = approving(pending({ approvalStatus: 'Approved' }))
  expect(await done).toMatchObject({ status: 'unchanged', outputs: { 'approval-status': 'Approved' } })
  expect(registry.changes).toEqual([])
})

test('what the gate rejected is not approved by hand', async () => {
  const { done, registry } = approving(pending({ approvalStatus: 'Rejected', approvalDescription: 'f1 is too low' }))
  expect((await errorOf(done)).message).toMatch(/^E-NOT-APPROVED: .*f1 is too low/)
  expect(registry.changes).toEqual([])
})

test('what failed in production is approved again, and its mark goes', async () => {
  const metadata = { 'artifact-digest': digestOf('model'), 'health:prod': 'unhealthy' }
  const { done, packages } = approving(pending({ approvalStatus: 'Rejected', metadata }))
  await done
  expect(packages()).toMatchObject([{ approvalStatus: 'Approved', metadata: { 'artifact-digest': digestOf('model') } }])
  expect(packages()[0]?.metadata).not.toHaveProperty(['health:prod'])
})

test('an artifact that was replaced since is refused with both digests', async () => {
  const { done, registry } = approving(pending({ metadata: { 'artifact-digest': digestOf('the judged model') } }))
  const { message } = await errorOf(done)
  expect(message).toMatch(/^E-DIGEST: /)
  expect(message).toContain(digestOf('model'))
  expect(message).toContain(digestOf('the judged model'))
  expect(registry.changes).toEqual([])
})

test('a package that does not say what it was registered with is refused', async () => {
  const { done, registry } = approving(pending({ metadata: {} }))
  expect((await errorOf(done)).message).toMatch(/^E-DIGEST: .*does not say which artifact/)
  expect(registry.changes).toEqual([])
})

test('a package that does not exist is said', async () => {
  const arn = 'arn:aws:sagemaker:us-east-1:123456789012:model-package/basket/9'
  expect((await errorOf(approving(pending(), { 'package-arn': arn }).done)).message).toMatch(/^E-NO-MODEL: .*basket\/9/)
})

test('a dry run approves nothing', async () => {
  const { done, packages, registry } = approving(pending(), { 'dry-run': 'true' })
  expect(await done).toMatchObject({ status: 'planned', outputs: { 'approval-status': 'PendingManualApproval' } })
  expect(registry.changes).toEqual([])
  expect(packages()).toMatchObject([{ approvalStatus: 'PendingManualApproval' }])
})
