import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, beforeAll, expect, test } from '@jest/globals'
import { prepareLocalCloud } from '@mlops/local-cloud'
import { openWorld, startStep, STEPPED_CLOCK, trainStep, type World } from '@mlops/testing'

const HOURS = 3600
let world: World
let folder: string
beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'long-wait-'))
  world = await openWorld({ action: 'train-job', python: prepareLocalCloud() })
  await world.put('s3://mlops-dev/gold/train/a.csv', 'x\n1\n')
}, 120_000)
afterAll(async () => {
  await world.close()
  rmSync(folder, { recursive: true })
})

test('a four-hour job is waited for with sessions of one hour', async () => {
  const marker = join(folder, 'done')
  const inputs = { hyperparameters: `until=${marker}`, 'max-runtime': '5h' }
  const running = startStep(
    trainStep(world, inputs, {
      nodeOptions: `--import ${STEPPED_CLOCK}`,
      environment: { STEPPED_CLOCK: world.cloud.endpoint },
    }),
  )
  await running.printed(/training on/)
  const begun = await world.control.now()
  const fourHours = async () => {
    while ((await world.control.now()) - begun < 4 * HOURS) await sleep(50)
  }
  // A step that ends too early must fail the test, not keep it waiting.
  await Promise.race([running.done, fourHours()])
  writeFileSync(marker, '')
  const step = await running.done
  expect(step.code).toBe(0)
  expect(step.outputs).toMatchObject({ status: 'completed' })
  expect(Number(step.outputs['training-seconds'])).toBeGreaterThanOrEqual(4 * HOURS)
  // The first session and at least four more.
  expect(world.tokensMinted()).toBeGreaterThanOrEqual(5)
}, 180_000)
