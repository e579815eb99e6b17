import { afterAll, beforeAll, expect, test } from '@jest/globals'
import { prepareLocalCloud } from '@mlops/local-cloud'
import {
  openWorld,
  packagesOf,
  type PipelineRuns,
  pipelineRuns,
  scratchRepository,
  type ScratchRepository,
  type World,
} from '../src/index.ts'

/** A workflow as somebody would write it who needs one step only. */
const workflow = (score: string) => `
name: composed
on: workflow_dispatch
permissions: {}
jobs:
  model:
    runs-on: ubuntu-latest
    permissions:
      contents: read
      id-token: write
    outputs:
      verdict: \${{ steps.model.outputs.verdict }}
      package-arn: \${{ steps.model.outputs.package-arn }}
      approval-status: \${{ steps.model.outputs.approval-status }}
    steps:
      - uses: actions/checkout@v7
      - id: model
        uses: mlops-actions/mlops-actions/actions/train-and-register@v1
        with:
          aws-region: \${{ vars.AWS_REGION }}
          role-to-assume: \${{ vars.AWS_ROLE_CI }}
          model: basket-sensitivity
          execution-role: \${{ vars.SAGEMAKER_EXECUTION_ROLE }}
          source-dir: examples/retail/pipeline
          channels: train=s3://mlops-prod/gold/
          output-path: s3://mlops-prod/composed
          gate: examples/retail/gate.yml
${score}
`
const SCORED = `          score-code: score.py
          evaluation-data: s3://mlops-prod/gold/`

let world: World
let repository: ScratchRepository
let runs: PipelineRuns
beforeAll(async () => {
  world = await openWorld({ python: prepareLocalCloud() })
  repository = scratchRepository({ '.github/workflows/composed.yml': workflow(SCORED) })
  runs = pipelineRuns(world, repository, { workflow: 'composed.yml' })
}, 120_000)
afterAll(async () => {
  await world.close()
  repository.remove()
  runs.remove()
})

const compose = async (quality: number) => {
  await world.put('s3://mlops-prod/gold/part.csv', `BASKET_ID\nquality=${quality}\n`)
  const { code, record } = await runs.run({})
  return { code, outputs: record?.jobs.find(({ id }) => id === 'model')?.outputs ?? {} }
}

test('one step trains, scores, judges and registers; the next model is compared with the first', async () => {
  const first = await compose(0.9)
  expect(first.code).toBe(0)
  expect(first.outputs).toMatchObject({ verdict: 'approve', 'approval-status': 'Approved' })
  const second = await compose(0.82)
  expect(second.code).toBe(0)
  expect(second.outputs).toMatchObject({ verdict: 'reject', 'approval-status': 'Rejected' })
  expect(await packagesOf(world)).toMatchObject([
    { ModelPackageArn: first.outputs['package-arn'], ModelApprovalStatus: 'Approved' },
    {
      ModelPackageArn: second.outputs['package-arn'],
      ModelApprovalStatus: 'Rejected',
      CustomerMetadataProperties: { 'training-job': expect.stringMatching(/^basket-sensitivity-/) },
    },
  ])
}, 180_000)
