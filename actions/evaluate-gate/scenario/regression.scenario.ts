import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, beforeEach, expect, test } from '@jest/globals'
import { prepareLocalCloud } from '@mlops/local-cloud'
import { gateStep, openWorld, runStep, type World } from '@mlops/testing'

const BASELINE = 's3://mlops-dev/basket/gate/metrics.json'
const SCORED = 's3://mlops-dev/scores/scored.csv'
const GATE = `version: 1
task: regression
rules:
  - { metric: rmse, vs: baseline, max-increase: { rel: 0.10 } }
  - { metric: r2, min: 0.5 }
`

let world: World
let workspace: string
beforeAll(async () => {
  world = await openWorld({ action: 'evaluate-gate', python: prepareLocalCloud() })
  workspace = mkdtempSync(join(tmpdir(), 'gate-'))
  writeFileSync(join(workspace, 'gate.yml'), GATE)
  await world.put('s3://mlops-dev/models/candidate/output/model.tar.gz', 'the candidate')
}, 120_000)
afterAll(async () => {
  await world.close()
  rmSync(workspace, { recursive: true })
})
beforeEach(() => world.put(BASELINE, JSON.stringify({ rmse: 2, r2: 0.9 })))

/** Predictions whose error is exactly that in every row, up and down in turn. */
const scored = (error: number) =>
  [
    'y_true,y_candidate',
    ...Array.from({ length: 2000 }, (_, row) => `${row},${row + (row % 2 === 0 ? error : -error)}`),
  ]
    .join('\n')
    .concat('\n')

const gate = async (error: number, inputs: Readonly<Record<string, string>> = {}) => {
  await world.put(SCORED, scored(error))
  return runStep(gateStep(world, workspace, { baseline: BASELINE, ...inputs }))
}
const baseline = async () => JSON.parse((await world.read(BASELINE)) ?? '') as Readonly<Record<string, unknown>>

test('an error within the tolerance of ten percent is approved, and is the new baseline', async () => {
  const step = await gate(2.18)
  expect(step.text).toContain('Approved')
  expect(step.outputs).toMatchObject({ verdict: 'approve', 'baseline-updated': 'true' })
  const kept = await baseline()
  expect(kept['rmse']).toBeCloseTo(2.18, 10)
  expect(kept['model']).toBe(step.outputs['artifact-digest'])
}, 60_000)

test('an error beyond it is rejected, and the baseline stays', async () => {
  const step = await gate(2.22)
  expect(step.outputs).toMatchObject({ verdict: 'reject', 'baseline-updated': 'false' })
  expect(await baseline()).toEqual({ rmse: 2, r2: 0.9 })
}, 60_000)

test('without a baseline the other rules decide, and the first one is written', async () => {
  const first = 's3://mlops-dev/basket/gate/first.json'
  const step = await gate(0.5, { baseline: first })
  expect(step.outputs).toMatchObject({ verdict: 'approve', 'baseline-updated': 'true' })
  expect(await world.read(first)).toContain('"rmse"')
}, 60_000)

test('update-baseline: false leaves it alone', async () => {
  const step = await gate(0.5, { 'update-baseline': 'false' })
  expect(step.outputs).toMatchObject({ verdict: 'approve', 'baseline-updated': 'false' })
  expect(await baseline()).toEqual({ rmse: 2, r2: 0.9 })
}, 60_000)
