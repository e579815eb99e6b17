import { afterAll, afterEach, beforeAll, expect, test } from '@jest/globals'
import { prepareLocalCloud } from '@mlops/local-cloud'
import { openWorld, REPOSITORY, runStep, trainStep, type World } from '@mlops/testing'

let world: World
beforeAll(async () => {
  world = await openWorld({ action: 'train-job', python: prepareLocalCloud(), denied: ['iam:PassRole'] })
  await world.put('s3://mlops-dev/gold/train/a.csv', 'x\n1\n')
}, 120_000)
afterAll(() => world.close())

afterEach(async () => expect(await world.jobs()).toEqual([]))

const untouched = async () => expect(await world.keys('s3://mlops-dev/models/')).toEqual([])

const refusal = async (inputs: Readonly<Record<string, string>>, subject?: string) => {
  const environment = subject === undefined ? {} : world.environmentOf(subject)
  const step = await runStep(trainStep(world, inputs, { environment }))
  expect(step.code).toBe(1)
  expect(step.annotations.length).toBeGreaterThan(0)
  return step.annotations.filter(({ level }) => level === 'error').map(({ message }) => message)
}

test('all faults of the inputs are named at once', async () => {
  const faults = await refusal({
    'job-name-prefix': 'bad name',
    'execution-role': 'just-a-name',
    'output-path': '',
    hyperparameters: JSON.stringify({ long: 'x'.repeat(2501) }),
    'max-wait': '2h',
    'metric-definitions': 'a=no group',
  })
  const about = [
    /^E-INPUT: input job-name-prefix is "bad name"/,
    /^E-INPUT: input execution-role is "just-a-name"/,
    /^E-EMPTY: input output-path is empty/,
    /^E-INPUT: input max-wait is given without spot/,
    /^E-INPUT: input hyperparameters .*long.*2501/,
    /^E-INPUT: input metric-definitions .*group/,
  ]
  for (const pattern of about) expect(faults).toContainEqual(expect.stringMatching(pattern))
  expect(faults).toHaveLength(about.length)
  await untouched()
}, 60_000)

test('every channel without data is named', async () => {
  const [fault] = await refusal({ channels: 'train=s3://mlops-dev/nothing/\ntest=s3://mlops-dev/neither/' })
  expect(fault).toMatch(/^E-NO-DATA: .*s3:\/\/mlops-dev\/nothing\/.*s3:\/\/mlops-dev\/neither\//)
  await untouched()
}, 60_000)

test('a bucket of somebody else is named', async () => {
  const [fault] = await refusal({ channels: 'train=s3://mlops-of-others/gold/' })
  expect(fault).toMatch(/^E-BUCKET: .*mlops-of-others/)
  await untouched()
}, 60_000)

test('a role that cannot be assumed is explained by the claims of the token', async () => {
  const [fault] = await refusal({}, `repo:${REPOSITORY}:ref:refs/heads/topic`)
  expect(fault).toMatch(/^E-ASSUME-ROLE: .*arn:aws:iam::123456789012:role\/ci/)
  expect(fault).toContain(`sub=repo:${REPOSITORY}:ref:refs/heads/topic and aud=sts.amazonaws.com`)
  await untouched()
}, 60_000)

test('a missing entry point is named with what is there', async () => {
  const [fault] = await refusal({ 'entry-point': 'trian.py' })
  expect(fault).toMatch(/^E-SOURCE: .*trian\.py.*train\.py/)
  await untouched()
}, 60_000)

test('an execution role that may not be passed on is named, before a job is there', async () => {
  const [fault] = await refusal({ 'execution-role': 'arn:aws:iam::123456789012:role/ci' })
  expect(fault).toMatch(/^E-ACCESS: .*iam:PassRole/)
}, 60_000)
