import { DescribeModelPackageCommand, ListModelPackagesCommand } from '@aws-sdk/client-sagemaker'
import { afterAll, beforeAll, expect, test } from '@jest/globals'
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

const GROUP = 'basket-sensitivity'
const LATEST = 's3://mlops-prod/basket-sensitivity/deploy/prod/latest.json'

let world: World
let repository: ScratchRepository
let runs: PipelineRuns
beforeAll(async () => {
  world = await openWorld({ python: prepareLocalCloud() })
  repository = scratchRepository()
  runs = pipelineRuns(world, repository)
}, 120_000)
afterAll(async () => {
  await world.close()
  repository.remove()
  runs.remove()
})

/** Trains for prod on data that makes a model right in that share of the rows, and gives what the evaluate job said. */
const retrain = async (quality: number, rows = 2000) => {
  await world.put('s3://mlops-prod/raw/transactions.csv', `BASKET_ID\nquality=${quality}\nrows=${rows}\n`)
  return runs.run({ inputs: { environment: 'prod', 'retrain-model': 'true' } })
}
const evaluated = ({ record }: PipelineResult) => record?.jobs.find(({ id }) => id.endsWith('/evaluate'))?.outputs ?? {}
const packageOf = (arn = '') => world.sagemaker.send(new DescribeModelPackageCommand({ ModelPackageName: arn }))
const approved = async () => {
  const { ModelPackageSummaryList = [] } = await world.sagemaker.send(
    new ListModelPackagesCommand({
      ModelPackageGroupName: GROUP,
      ModelApprovalStatus: 'Approved',
      SortBy: 'CreationTime',
      SortOrder: 'Ascending',
    }),
  )
  return ModelPackageSummaryList.map(({ ModelPackageVersion }) => ModelPackageVersion)
}
const exportedVersion = async () =>
  (JSON.parse((await world.read(LATEST)) ?? '{}') as { readonly model_info?: { readonly version?: number } }).model_info
    ?.version

// One story: each run finds the registry as the run before has left it.

test('the first model ever is judged by absolute rules, approved and exported', async () => {
  const result = await retrain(0.85)
  expect(result.code).toBe(0)
  const { verdict, 'package-arn': arn, 'approval-status': status } = evaluated(result)
  expect({ verdict, status }).toEqual({ verdict: 'approve', status: 'Approved' })
  const { ModelPackageStatus, ModelApprovalStatus, ApprovalDescription, CustomerMetadataProperties } =
    await packageOf(arn)
  expect({ ModelPackageStatus, ModelApprovalStatus }).toEqual({
    ModelPackageStatus: 'Completed',
    ModelApprovalStatus: 'Approved',
  })
  expect(ApprovalDescription).toContain('Approved on')
  expect(CustomerMetadataProperties?.['golden-uri']).toMatch(/golden\.jsonl$/)
  expect(await exportedVersion()).toBe(1)
}, 180_000)

test('one that is a little worse is approved as not inferior, on paired rows', async () => {
  const result = await retrain(0.846)
  expect(result.code).toBe(0)
  expect(evaluated(result)).toMatchObject({ verdict: 'approve', champion: '1', 'package-version': '2' })
  expect(evaluated(result)['sentence']).toContain('champion')
  expect(JSON.parse(evaluated(result)['deltas'] ?? '')).toMatchObject({ accuracy: expect.closeTo(-0.004, 10) })
  expect(await exportedVersion()).toBe(2)
}, 180_000)

test('one that is clearly worse is rejected with the reason; champion and export stay, and the run is green', async () => {
  const result = await retrain(0.81)
  expect(result.code).toBe(0)
  const { verdict, sentence, 'package-arn': arn } = evaluated(result)
  expect(verdict).toBe('reject')
  const { ModelApprovalStatus, ApprovalDescription } = await packageOf(arn)
  expect(ModelApprovalStatus).toBe('Rejected')
  expect(ApprovalDescription).toContain(sentence)
  expect(await approved()).toEqual([1, 2])
  expect(await exportedVersion()).toBe(2)
}, 180_000)

test('too few rows to tell wait for a person, whom the approve workflow lets decide', async () => {
  const result = await retrain(0.9, 120)
  expect(result.code).toBe(0)
  const { verdict, 'package-arn': arn = '' } = evaluated(result)
  expect(verdict).toBe('inconclusive')
  expect((await packageOf(arn)).ModelApprovalStatus).toBe('PendingManualApproval')
  expect(await exportedVersion()).toBe(2)
  const decided = await runs.run({
    workflow: 'approve.yml',
    inputs: { 'package-arn': arn, environment: 'prod', reason: 'the shop is new; looked at by hand' },
  })
  expect(decided.code).toBe(0)
  const { ModelApprovalStatus, ApprovalDescription } = await packageOf(arn)
  expect(ModelApprovalStatus).toBe('Approved')
  expect(ApprovalDescription).toContain('looked at by hand')
}, 180_000)

test('with one more week of data both models are judged on the new rows', async () => {
  const result = await retrain(0.9, 2600)
  expect(result.code).toBe(0)
  expect(evaluated(result)).toMatchObject({ verdict: 'approve', champion: '4' })
  expect(evaluated(result)['sentence']).toMatch(/2.?600 rows/)
}, 180_000)
