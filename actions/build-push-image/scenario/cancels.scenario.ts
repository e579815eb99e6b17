import { existsSync, mkdtempSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from '@jest/globals'
import { prepareLocalCloud } from '@mlops/local-cloud'
import {
  folderOf,
  imagesIn,
  imageStep,
  openWorld,
  putModel,
  runStep,
  startStep,
  tagsIn,
  type World,
} from '@mlops/testing'

let world: World
beforeAll(async () => {
  world = await openWorld({ action: 'build-push-image', python: prepareLocalCloud() })
}, 120_000)
afterAll(() => world.close())

/** Resolves when a step has called an operation that a fault makes slow. */
const called = async (operation: string) => {
  for (;;) {
    const found = (await world.control.calls()).find((one) => one.operation === operation && one.fault === 'latency')
    if (found !== undefined) return
    await new Promise((resolve) => setTimeout(resolve, 50))
  }
}

/** A step that hangs in an operation, and where it keeps its files. */
const hanging = async (name: string, operation: string) => {
  await world.control.clearCalls()
  const model = await putModel(world, `basket-sensitivity-${name}`, { model: name })
  const temporary = mkdtempSync(join(tmpdir(), 'runner-'))
  const workspace = folderOf({ 'serve.py': `print("${name}")\n` })
  const options = imageStep(world, { model }, { workspace, environment: { RUNNER_TEMP: temporary } })
  await world.control.fault({ service: 'ecr', operation, kind: 'latency', seconds: 4 })
  const running = startStep(options)
  await called(operation)
  return { options, running, folder: join(temporary, 'mlops-actions/build-push-image-step/workshop') }
}

test.each([
  ['UploadLayerPart', 'upload'],
  ['StartImageScan', 'scan'],
])(
  'a step that is cancelled in %s leaves nothing tagged, and the next run completes',
  async (operation, name) => {
    const before = await tagsIn(world)
    const { options, running, folder } = await hanging(name, operation)
    expect(existsSync(folder)).toBe(true)
    running.kill('SIGINT')
    const step = await running.done
    expect([step.code, step.outputs['status']]).toEqual([130, 'cancelled'])
    expect(await tagsIn(world)).toEqual(before)
    expect(existsSync(folder)).toBe(false)
    const again = await runStep(options)
    expect([again.code, again.outputs['status']]).toEqual([0, 'pushed'])
    expect(new Set(await tagsIn(world))).toEqual(new Set([...before, again.outputs['tag']]))
  },
  60_000,
)

test('a step that is killed leaves nothing tagged, and post clears the machine', async () => {
  const before = await imagesIn(world)
  const { options, running, folder } = await hanging('killed', 'UploadLayerPart')
  running.kill('SIGKILL')
  const step = await running.done
  expect(existsSync(folder)).toBe(true)
  const post = await runStep({ ...options, state: step.state })
  expect([post.code, existsSync(folder)]).toEqual([0, false])
  expect(await imagesIn(world)).toEqual(before)
}, 60_000)
