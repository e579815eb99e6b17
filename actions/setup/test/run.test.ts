import { describe, expect, test } from '@jest/globals'
import { ActionError, type RunIdentity } from '@mlops/core'
import { run } from '../src/run.ts'
import type { Inputs } from '../src/spec.ts'
import type { Event } from '../src/trigger.ts'

const identity: RunIdentity = {
  runId: '1234',
  runNumber: '17',
  runAttempt: 1,
  repository: 'acme/retail',
  sha: 'abcdef0123456789abcdef0123456789abcdef01',
  ref: 'refs/heads/main',
  actor: 'ada',
  eventName: 'push',
  workflow: 'pipeline',
  job: 'setup',
  serverUrl: 'https://github.com',
  apiUrl: 'https://api.github.com',
}
const inputs: Inputs = {
  environment: 'dev',
  retrainModel: false,
  deployOnly: false,
  model: 'basket',
  trainingPaths: ['pipeline/**', '*.lock'],
  githubToken: 't',
}
const lines: string[] = []
const log = {
  info: (line: string) => lines.push(line),
  notice: () => undefined,
  warning: () => undefined,
  error: () => undefined,
  foreign: () => undefined,
  mask: () => undefined,
}

const plan = async (event: Partial<Event>, changed: readonly string[] | undefined = [], more: Partial<Inputs> = {}) => {
  const asked: string[] = []
  const outcome = await run(
    { ...inputs, ...more },
    {
      event: { name: 'push', ref: identity.ref, payload: {}, ...event },
      changedPaths: (base, head) => {
        asked.push(`${base}...${head}`)
        return Promise.resolve(changed)
      },
    },
    { identity, log },
  )
  return { ...outcome.outputs, asked }
}

const push = (before: string) => ({ payload: { before, after: 'b2' } })

describe('a push', () => {
  test('asks GitHub about exactly the pushed range', async () => {
    expect(await plan(push('a1'), ['pipeline/train.py'])).toMatchObject({ asked: ['a1...b2'], 'should-train': 'true' })
  })
  test.each([
    [['docs/x.md', 'pipelines/train.py'], 'false'],
    [['pipeline/deep/er/train.py'], 'true'],
    [['uv.lock'], 'true'],
    [['deep/uv.lock'], 'false'],
  ])('with %j changed trains: %s', async (changed, train) => {
    expect(await plan(push('a1'), changed)).toMatchObject({ 'should-train': train, 'should-deploy': 'true' })
  })
  test('that creates a branch trains without asking', async () => {
    expect(await plan(push('0'.repeat(40)))).toMatchObject({ asked: [], 'should-train': 'true' })
  })
})

test('the outputs name build, model and environment', async () => {
  expect(await plan({ name: 'schedule' })).toMatchObject({
    'build-id': 'build-17-abcdef0',
    model: 'basket',
    environment: 'prod',
    'event-id': '',
  })
})

test('a dispatch goes where it was told to', async () => {
  const more = { environment: 'staging', retrainModel: true } as const
  expect(await plan({ name: 'workflow_dispatch' }, [], more)).toMatchObject({
    environment: 'staging',
    'should-train': 'true',
  })
})

const sent = (payload: Record<string, unknown>, action = 'data-changed') => ({
  name: 'repository_dispatch',
  payload: { action, client_payload: { model: 'basket', environment: 'staging', 'event-id': 'e-1', ...payload } },
})

test('a data-changed event trains where its payload says', async () => {
  expect(await plan(sent({}))).toMatchObject({ environment: 'staging', 'should-train': 'true', 'event-id': 'e-1' })
})

test.each([
  ['an unknown environment', sent({ environment: 'qa' }), 'qa'],
  ['another model', sent({ model: 'fraud' }), 'fraud'],
  ['no event id', sent({ 'event-id': undefined }), 'event-id'],
  ['another type', sent({}, 'alarm'), 'alarm'],
  ['an event nobody planned for', { name: 'issues' }, 'issues'],
])('%s is refused', async (_, event, named) => {
  const error = await plan(event).catch((thrown: unknown) => thrown)
  expect(error).toBeInstanceOf(ActionError)
  expect(error).toMatchObject({ facts: { code: 'E-EVENT' } })
  expect(String(error)).toContain(named)
})
