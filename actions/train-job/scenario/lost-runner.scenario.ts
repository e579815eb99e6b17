import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from '@jest/globals'
import { prepareLocalCloud } from '@mlops/local-cloud'
import { openWorld, startStep, trainStep, type World } from '@mlops/testing'

let world: World
let folder: string
beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'lost-runner-'))
  world = await openWorld({ action: 'train-job', python: prepareLocalCloud() })
  await world.put('s3://mlops-dev/gold/train/a.csv', 'x\n1\n')
}, 120_000)
afterAll(async () => {
  await world.close()
  rmSync(folder, { recursive: true })
})

test('a runner that is lost during training leaves its job to the re-run, which adopts it', async () => {
  const marker = join(folder, 'done')
  const inputs = { hyperparameters: `until=${marker}` }
  const lost = startStep(trainStep(world, inputs))
  await lost.printed(/training on/)
  lost.kill('SIGKILL')
  await lost.done
  const again = startStep(trainStep(world, inputs, { environment: { GITHUB_RUN_ATTEMPT: '2' } }))
  await again.printed(/attached training job/)
  writeFileSync(marker, '')
  const step = await again.done
  expect(step.code).toBe(0)
  expect(step.outputs).toMatchObject({ status: 'completed', attached: 'true' })
  const creations = (await world.control.calls()).filter(({ operation }) => operation === 'CreateTrainingJob')
  expect(creations).toHaveLength(1)
  expect(await world.jobs()).toEqual([{ kind: 'training', name: step.outputs['job-name'], status: 'Completed' }])
}, 60_000)
