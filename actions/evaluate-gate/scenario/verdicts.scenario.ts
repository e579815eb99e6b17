import { createHash } from 'node:crypto'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals'
import type { GateReport } from '@mlops/core'
import { prepareLocalCloud } from '@mlops/local-cloud'
import {
  CANDIDATE,
  gateStep,
  GROUP,
  openWorld,
  predictionsCsv,
  registerModel,
  runStep,
  type StepResult,
  THREE_LINES,
  trainElsewhere,
  type World,
} from '@mlops/testing'

const CHAMPION = 's3://mlops-dev/models/champion/output/model.tar.gz'
const SCORED = 's3://mlops-dev/scores/scored.csv'
const ROWS = 3000
const sha256 = (text: string) => `sha256:${createHash('sha256').update(text).digest('hex')}`

let world: World
let workspace: string
beforeAll(async () => {
  world = await openWorld({ action: 'evaluate-gate', python: prepareLocalCloud() })
  workspace = mkdtempSync(join(tmpdir(), 'gate-'))
  writeFileSync(join(workspace, 'gate.yml'), THREE_LINES)
  await world.put(CANDIDATE, 'the candidate')
  await world.put(CHAMPION, 'the champion')
}, 120_000)
afterAll(async () => {
  await world.close()
  rmSync(workspace, { recursive: true })
})
beforeEach(() => world.control.clearCalls())

const gate = (inputs: Readonly<Record<string, string>> = {}) => runStep(gateStep(world, workspace, inputs))
const reportOf = async ({ outputs }: StepResult) =>
  JSON.parse((await world.read(outputs['report-uri'] ?? '')) ?? '') as GateReport

test('the first model ever is judged by absolute rules alone', async () => {
  await world.put(SCORED, predictionsCsv(ROWS, 0.85))
  await world.put('s3://mlops-dev/scores/golden.jsonl', '{}')
  await world.put('s3://mlops-dev/scores/metadata.json', '{}')
  const step = await gate({
    predictions: 's3://mlops-dev/scores/',
    champion: `registry:${GROUP}@champion,latest-approved`,
  })
  expect(step.text).toContain('Approved')
  expect(step.code).toBe(0)
  expect(step.outputs).toMatchObject({
    status: 'approved',
    verdict: 'approve',
    approved: 'true',
    'approval-status': 'Approved',
    'artifact-digest': sha256('the candidate'),
    'champion-package-arn': '',
  })
  expect(JSON.parse(step.outputs['metrics'] ?? '')).toMatchObject({ accuracy: 0.85 })
  const report = await reportOf(step)
  expect(report).toMatchObject({ verdict: 'approve', rows: ROWS, paired: false })
  expect(report.model).toEqual({ source: CANDIDATE, digest: sha256('the candidate') })
  expect(report.predictions).toEqual({ source: SCORED, digest: sha256(predictionsCsv(ROWS, 0.85)) })
  const statistics = JSON.parse((await world.read(step.outputs['statistics-uri'] ?? '')) ?? '') as object
  expect(statistics).toMatchObject({ multiclass_classification_metrics: { accuracy: { value: 0.85 } } })
  expect(await world.read(step.outputs['page-uri'] ?? '')).toContain('<!doctype html>')
}, 60_000)

describe('beside a champion of the registry', () => {
  let champion: string
  beforeAll(async () => {
    champion = await registerModel(world, {
      artifact: CHAMPION,
      status: 'Approved',
      metadata: { 'artifact-digest': sha256('the champion') },
    })
  }, 60_000)

  const judged = async (candidate: number, champions: number, rows = ROWS) => {
    await world.put(SCORED, predictionsCsv(rows, candidate, champions))
    return gate({ champion: `registry:${GROUP}@champion,latest-approved` })
  }

  test.each([
    ['a better one', 0.88, 0.85],
    ['one that is a little worse, within the margin', 0.846, 0.85],
  ])(
    '%s is approved as not inferior',
    async (_, candidate, champions) => {
      const step = await judged(candidate, champions)
      expect(step.text).toContain('Approved')
      expect(step.outputs).toMatchObject({ verdict: 'approve', 'champion-package-arn': champion })
      const { rules, paired } = await reportOf(step)
      expect(paired).toBe(true)
      const comparison = rules.find(({ metric, opponent }) => metric === 'accuracy' && opponent !== undefined)
      expect(comparison).toMatchObject({ result: 'approve', evidence: 'paired', rows: ROWS })
      expect(comparison?.delta).toBeCloseTo(candidate - champions, 10)
      expect(comparison?.interval?.lower).toBeGreaterThan(-0.01)
    },
    60_000,
  )

  test('one that is clearly worse is rejected with the reason, and the step is green', async () => {
    const step = await judged(0.82, 0.85)
    expect(step.code).toBe(0)
    expect(step.outputs).toMatchObject({ status: 'rejected', verdict: 'reject', 'approval-status': 'Rejected' })
    expect(step.outputs['sentence']).toMatch(/^Rejected on 3[,  ]?000 rows: .*champion/)
    const annotation = step.annotations.find(({ level }) => level === 'error')
    expect(annotation?.properties).toMatchObject({ file: 'gate.yml', line: '3' })
    expect(JSON.parse(step.outputs['failed-rules'] ?? '')).not.toEqual([])
  }, 60_000)

  test('too few rows are no verdict, for better or worse', async () => {
    for (const [candidate, champions] of [
      [0.9, 0.85],
      [0.6, 0.85],
    ] as const) {
      const step = await judged(candidate, champions, 100)
      expect(step.code).toBe(0)
      expect(step.outputs).toMatchObject({ verdict: 'inconclusive', 'approval-status': 'PendingManualApproval' })
      expect((await reportOf(step)).rules.map(({ result }) => result)).not.toContain('reject')
    }
  }, 60_000)

  test('a champion that could not be scored leaves the comparison open, with the reason', async () => {
    await world.put(SCORED, predictionsCsv(ROWS, 0.85))
    const step = await gate({
      champion,
      scoring: JSON.stringify({ champion: { status: 'failed', reason: 'it wants a feature that is gone' } }),
    })
    expect(step.outputs).toMatchObject({ verdict: 'inconclusive', 'approval-status': 'PendingManualApproval' })
    expect(step.summary).toContain('it wants a feature that is gone')
  }, 60_000)

  test('a model is not compared with itself', async () => {
    await world.put(SCORED, predictionsCsv(ROWS, 0.9, 0.9))
    const step = await gate({ champion, 'model-artifact-uri': CHAMPION })
    expect(step.outputs).toMatchObject({ verdict: 'reject' })
    expect((await reportOf(step)).rules).toContainEqual(expect.objectContaining({ code: 'E-SAME', result: 'reject' }))
  }, 60_000)

  test('fail-on makes a verdict an error, with all outputs', async () => {
    await world.put(SCORED, predictionsCsv(ROWS, 0.82, 0.85))
    const step = await gate({ champion, 'fail-on': 'reject' })
    expect(step.code).toBe(1)
    expect(step.annotations.map(({ message }) => message).join('\n')).toContain('E-REJECTED')
    expect(step.outputs).toMatchObject({ verdict: 'reject', 'failure-class': 'rejected' })
    expect(await reportOf(step)).toMatchObject({ verdict: 'reject' })
    const open = await judged(0.9, 0.85, 100)
    expect(open.code).toBe(0)
    expect((await gate({ champion, 'fail-on': 'inconclusive' })).code).toBe(1)
  }, 60_000)
})

test('a training job is judged by its own figures, and its model is the one that is judged', async () => {
  const name = 'basket-sensitivity-judged'
  await trainElsewhere(world, name, 'score=0.8;')
  writeFileSync(join(workspace, 'job.yml'), '- validation:score >= 0.7\n')
  const judged = { gate: 'job.yml', predictions: '', 'model-artifact-uri': '' }
  const step = await gate({ ...judged, candidate: `job:${name}` })
  expect(step.text).toContain('Approved')
  expect(step.outputs).toMatchObject({ verdict: 'approve', metrics: '{"validation:score":0.8}' })
  expect(await reportOf(step)).toMatchObject({
    trainingJob: name,
    model: { source: `s3://mlops-dev/models/${name}/output/model.tar.gz`, digest: step.outputs['artifact-digest'] },
  })
  expect((await gate({ ...judged, candidate: 'job:basket-sensitivity-none' })).text).toContain('E-NO-JOB: ')
}, 60_000)

test('a dry run judges and keeps nothing', async () => {
  await world.put(SCORED, predictionsCsv(ROWS, 0.85))
  const step = await gate({ 'dry-run': 'true' })
  expect(step.outputs['verdict']).toBe('approve')
  expect(step.outputs['report-uri']).toBeUndefined()
  const ofStep = (await world.control.calls()).filter(({ principal }) => principal.includes(':assumed-role/'))
  expect(ofStep.map(({ operation }) => operation)).toContain('GetObject')
  expect(ofStep.map(({ operation }) => operation)).not.toContain('PutObject')
}, 60_000)
