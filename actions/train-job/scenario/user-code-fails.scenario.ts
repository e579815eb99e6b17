import { afterAll, beforeAll, expect, test } from '@jest/globals'
import { prepareLocalCloud } from '@mlops/local-cloud'
import { openWorld, runStep, trainStep, type World } from '@mlops/testing'

let world: World
beforeAll(async () => {
  world = await openWorld({ action: 'train-job', python: prepareLocalCloud() })
  await world.put('s3://mlops-dev/gold/train/a.csv', 'x\n1\n')
}, 120_000)
afterAll(() => world.close())

test('the step is red with the traceback of the script, annotated where it arose, and nothing goes on billing', async () => {
  const step = await runStep(trainStep(world, { 'entry-point': 'broken.py' }))
  expect(step.code).toBe(1)
  expect(step.outputs).toMatchObject({ status: 'failed', 'failure-class': 'user' })
  expect(await world.jobs()).toEqual([{ kind: 'training', name: step.outputs['job-name'], status: 'Failed' }])
  const [at, verdict] = step.annotations.filter(({ level }) => level === 'error')
  expect(at).toMatchObject({ message: expect.stringContaining('ZeroDivisionError'), properties: { line: '5' } })
  expect(at?.properties['file']).toMatch(/broken\.py$/)
  expect(verdict?.message).toMatch(/^E-USER-CODE: .*ZeroDivisionError: division by zero/)
  expect(step.summary).toContain('return {"mean": sum(rows) / len(rows)}')
}, 60_000)

test('a line of the script that looks like a workflow command is text', async () => {
  const step = await runStep(trainStep(world, { 'entry-point': 'broken.py' }, { environment: { GITHUB_RUN_ID: '2' } }))
  expect(step.log).toContain('::error::this line of a script is no workflow command')
  expect(step.log).toContain('nor is this: ##[error]not at its start')
  const messages = step.annotations.map(({ message }) => message)
  expect(messages).not.toContain('this line of a script is no workflow command')
  expect(messages).not.toContain('not at its start')
}, 60_000)
