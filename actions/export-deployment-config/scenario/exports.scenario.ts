import { afterAll, beforeAll, expect, test } from '@jest/globals'
import { prepareLocalCloud } from '@mlops/local-cloud'
import { changePackage, exportStep, openWorld, putPackage, runStep, startStep, type World } from '@mlops/testing'

let world: World
beforeAll(async () => {
  world = await openWorld({ action: 'export-deployment-config', python: prepareLocalCloud() })
}, 120_000)
afterAll(() => world.close())

const inGroup = (name: string, inputs: Readonly<Record<string, string>> = {}, run = '4711') =>
  exportStep(
    world,
    {
      's3-prefix': `s3://mlops-prod/configs/${name}`,
      ...('package-arn' in inputs ? {} : { 'model-package-group': `basket-sensitivity-${name}` }),
      ...inputs,
    },
    { environment: { GITHUB_RUN_ID: run } },
  )
const put = (name: string, more: Parameters<typeof putPackage>[2] = {}) =>
  putPackage(world, `basket-sensitivity-${name}`, more)

const folder = (name: string) => `s3://mlops-prod/configs/${name}/prod`
const latest = async (name: string) =>
  JSON.parse((await world.read(`${folder(name)}/latest.json`)) ?? 'null') as {
    readonly model_info: { readonly version: number }
  } | null
const versionOf = async (name: string) => (await latest(name))?.model_info.version
const history = async (name: string) =>
  ((await world.read(`${folder(name)}/history.jsonl`)) ?? '')
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line) as Readonly<Record<string, unknown>>)
const errorOf = ({ annotations }: Awaited<ReturnType<typeof runStep>>) =>
  annotations.find(({ level }) => level === 'error')?.message

test('the first export is written, and the same again is not', async () => {
  await world.put('s3://mlops-dev/models/whole/features.json', '{"label": "x"}')
  const arn = await put('whole', { features: 's3://mlops-dev/models/whole/features.json' })
  const step = await runStep(inGroup('whole'))
  expect(step.code).toBe(0)
  expect(step.outputs).toMatchObject({
    status: 'exported',
    changed: 'true',
    'package-arn': arn,
    'package-version': '1',
    'selected-by': 'latest-approved',
    'previous-version': '',
  })
  const text = await world.read(step.outputs['config-uri'] ?? '')
  expect(text).toBe(await world.read(`${folder('whole')}/latest.json`))
  expect(await latest('whole')).toMatchObject({
    model_info: { package_arn: arn, version: 1 },
    deployment_config: { environment: 'prod' },
    feature_info: { label: 'x' },
    metadata: { approval_status: 'Approved' },
  })
  expect(await history('whole')).toMatchObject([{ actor: 'ada', kind: 'export', to: { arn, version: 1 } }])
  const keys = await world.keys(folder('whole'))
  const again = await runStep(inGroup('whole', {}, '4712'))
  expect(again.outputs).toMatchObject({ status: 'unchanged', changed: 'false' })
  expect(await world.keys(folder('whole'))).toEqual(keys)
  expect(await history('whole')).toHaveLength(1)
}, 60_000)

test('the champion of the environment goes before what is only approved', async () => {
  await put('champion', { metadata: { 'champion:prod': 'run 9' } })
  await put('champion')
  const step = await runStep(inGroup('champion'))
  expect(step.outputs).toMatchObject({ 'package-version': '1', 'selected-by': 'champion' })
  expect(await versionOf('champion')).toBe(1)
}, 60_000)

test('what is rejected or was unhealthy there is passed over', async () => {
  await put('skips')
  await put('skips', { metadata: { 'health:prod': 'unhealthy' } })
  await put('skips', { status: 'Rejected' })
  const step = await runStep(inGroup('skips'))
  expect(step.outputs['package-version']).toBe('1')
}, 60_000)

test('what is not approved is refused, and nothing is written', async () => {
  const arn = await put('pending', { status: 'PendingManualApproval' })
  const step = await runStep(inGroup('pending', { 'package-arn': arn }))
  expect(step.code).toBe(1)
  expect(errorOf(step)).toMatch(/^E-NOT-APPROVED: .*PendingManualApproval/)
  expect(await world.keys(folder('pending'))).toEqual([])
}, 60_000)

test('where there is none yet it is an error that counts, or well by if-missing: skip', async () => {
  await put('none', { status: 'Rejected' })
  const step = await runStep(inGroup('none'))
  expect(step.code).toBe(1)
  expect(errorOf(step)).toMatch(/^E-NO-MODEL: .* 1 are Rejected/)
  const skipped = await runStep(inGroup('none', { 'if-missing': 'skip' }))
  expect([skipped.code, skipped.outputs['status'], skipped.outputs['package-arn']]).toEqual([0, 'none', ''])
  expect(await world.keys(folder('none'))).toEqual([])
}, 60_000)

test('a dry run finds the champion and writes nothing', async () => {
  const arn = await put('look-up', { metadata: { 'champion:prod': 'run 9' } })
  const step = await runStep(inGroup('look-up', { 'dry-run': 'true', 's3-prefix': '' }))
  expect(step.outputs).toMatchObject({ status: 'found', 'package-arn': arn, 'selected-by': 'champion' })
  expect(await world.keys(folder('look-up'))).toEqual([])
}, 60_000)

test('of two at once the newer version stays, though the older one writes last', async () => {
  const older = await put('race')
  await put('race')
  await world.control.clearCalls()
  const slow = { service: 's3', operation: 'PutObject', kind: 'latency', seconds: 4 } as const
  await world.control.fault({ ...slow, principal: '*-1-1' })
  const first = startStep(inGroup('race', { 'package-arn': older }, '1'))
  // The older one has read and decided once it is writing.
  const writing = async () => {
    while (!(await world.control.calls()).some(({ fault }) => fault === 'latency'))
      await new Promise((resolve) => setTimeout(resolve, 50))
  }
  await Promise.race([writing(), first.done])
  const second = await runStep(inGroup('race', { selector: 'latest-approved' }, '2'))
  expect(second.outputs).toMatchObject({ status: 'exported', 'package-version': '2' })
  const step = await first.done
  expect([step.code, step.outputs['status'], step.outputs['changed']]).toEqual([0, 'overtaken', 'false'])
  expect(await versionOf('race')).toBe(2)
  expect(await history('race')).toMatchObject([{ to: { version: 2 } }])
}, 60_000)

test('rollback-to goes back step by step, past what is not approved any more', async () => {
  const arns: string[] = []
  for (const version of ['1', '2', '3']) {
    arns.push(await put('back'))
    await runStep(inGroup('back', { selector: version }))
  }
  await changePackage(world, arns[1] ?? '', { status: 'Rejected', description: 'rolled back' })
  const step = await runStep(inGroup('back', { 'rollback-to': 'previous' }))
  expect(step.outputs).toMatchObject({ status: 'rolled-back', 'package-version': '1', 'previous-version': '3' })
  expect(await versionOf('back')).toBe(1)
  expect((await history('back')).at(-1)).toMatchObject({ kind: 'rollback', from: { version: 3 }, to: { version: 1 } })
  const forward = await runStep(inGroup('back', { 'rollback-to': '3' }))
  expect(forward.outputs).toMatchObject({ status: 'rolled-back', 'package-version': '3' })
  expect(await versionOf('back')).toBe(3)
}, 90_000)

test('an export of a later version of the suite is left alone', async () => {
  await put('newer')
  await world.put(`${folder('newer')}/latest.json`, '{"version": 2}')
  const step = await runStep(inGroup('newer'))
  expect(step.code).toBe(1)
  expect(errorOf(step)).toMatch(/^E-VERSION: .*latest\.json is of version 2/)
  expect(await world.read(`${folder('newer')}/latest.json`)).toBe('{"version": 2}')
}, 60_000)
