import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from '@jest/globals'
import { prepareLocalCloud } from '@mlops/local-cloud'
import { openWorld, processStep, runStep, startStep, type World } from '@mlops/testing'

const LATEST = 's3://mlops-dev/sets/latest.json'
let world: World
let folder: string
beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'publishes-'))
  world = await openWorld({ action: 'process-data', python: prepareLocalCloud() })
}, 120_000)
afterAll(async () => {
  await world.close()
  rmSync(folder, { recursive: true })
})

const held = (run: string, marker: string) =>
  inRun(run, { arguments: `${String(processStep(world).inputs?.['arguments'])}\n--until\n${join(folder, marker)}` })

const inRun = (run: string, inputs: Readonly<Record<string, string>> = {}) =>
  processStep(world, inputs, { environment: { GITHUB_RUN_ID: run } })

test('a data set is published when all of it is there', async () => {
  await world.put('s3://mlops-dev/raw/a.csv', 'x\n1\n')
  const step = await runStep(inRun('1'))
  expect(step.text).toContain('counted 2 rows')
  expect([step.code, step.outputs['rows'], step.outputs['published']]).toEqual([0, '2', 'true'])
  expect(await world.processing(step.outputs['job-name'] ?? '')).toMatchObject({ ProcessingJobStatus: 'Completed' })
  const { gold = '' } = JSON.parse(step.outputs['output-uris'] ?? '{}') as Readonly<Record<string, string>>
  expect(await world.read(`${gold}part.csv`)).toBe('2\n')
  expect(await world.read(LATEST)).toContain(gold)
}, 60_000)

test('the same data in another run is not processed again', async () => {
  const before = await world.jobs()
  const step = await runStep(inRun('2'))
  expect(step.outputs).toMatchObject({ reused: 'true', rows: '2' })
  expect(await world.jobs()).toEqual(before)
}, 60_000)

test('a run that was overtaken does not publish over the newer data', async () => {
  await world.put('s3://mlops-dev/raw/a.csv', 'x\n1\n2\n')
  const slow = startStep(held('3', 'newer'))
  await slow.printed(/counted 3 rows/)
  await world.put('s3://mlops-dev/raw/a.csv', 'x\n1\n2\n3\n')
  expect((await runStep(inRun('4'))).outputs).toMatchObject({ published: 'true', rows: '4' })
  const published = await world.read(LATEST)
  writeFileSync(join(folder, 'newer'), '')
  expect((await slow.done).outputs).toMatchObject({ published: 'false', rows: '3' })
  expect(await world.read(LATEST)).toBe(published)
}, 60_000)

test('a cancelled step stops its job', async () => {
  const options = held('5', 'never')
  const running = startStep(options)
  await running.printed(/counted/)
  running.kill('SIGINT')
  const step = await running.done
  expect(step.code).toBe(130)
  await runStep({ ...options, state: step.state })
  const stops = (await world.control.calls()).filter(({ operation }) => operation === 'StopProcessingJob')
  expect(stops.map(({ status }) => status)).toEqual([200])
}, 60_000)
