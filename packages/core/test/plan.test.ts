import { describe, expect, test } from '@jest/globals'
import { buildId, ENVIRONMENTS, planRun } from '../src/index.ts'

const MAIN = 'refs/heads/main'
const DEVELOP = 'refs/heads/develop'

describe('a push', () => {
  test.each([
    [MAIN, ['train.py'], 'prod', true, true],
    [MAIN, [], 'prod', false, true],
    [MAIN, undefined, 'prod', true, true],
    [DEVELOP, ['train.py'], 'staging', true, true],
    [DEVELOP, [], 'staging', false, true],
    [DEVELOP, undefined, 'staging', true, true],
    ['refs/heads/topic', ['train.py'], 'dev', false, false],
    ['refs/heads/main2', ['train.py'], 'dev', false, false],
    ['refs/tags/main', undefined, 'dev', false, false],
  ])('to %s with %j changed', (ref, trainingPathsChanged, environment, train, deploy) => {
    expect(planRun({ kind: 'push', ref, trainingPathsChanged })).toMatchObject({ environment, train, deploy })
  })
})

describe('a dispatch', () => {
  const combinations = ENVIRONMENTS.flatMap((environment) =>
    [true, false].flatMap((retrainModel) =>
      [true, false].map((deployOnly) => ({ environment, retrainModel, deployOnly })),
    ),
  )
  const expected: Readonly<Record<string, readonly [train: boolean, deploy: boolean]>> = {
    'dev true true': [false, true],
    'dev true false': [true, false],
    'dev false true': [false, true],
    'dev false false': [false, false],
    'staging true true': [false, true],
    'staging true false': [true, true],
    'staging false true': [false, true],
    'staging false false': [false, true],
    'prod true true': [false, true],
    'prod true false': [true, true],
    'prod false true': [false, true],
    'prod false false': [false, true],
  }
  test.each(combinations)('%j', ({ environment, retrainModel, deployOnly }) => {
    const plan = planRun({ kind: 'dispatch', environment, retrainModel, deployOnly })
    expect([plan.train, plan.deploy]).toEqual(expected[`${environment} ${retrainModel} ${deployOnly}`])
    expect(plan.environment).toBe(environment)
  })
})

test.each([
  [{ kind: 'pull-request' } as const, 'dev', false, false],
  [{ kind: 'schedule' } as const, 'prod', true, true],
  [{ kind: 'data-changed', environment: 'dev' } as const, 'dev', true, false],
  [{ kind: 'data-changed', environment: 'staging' } as const, 'staging', true, true],
  [{ kind: 'data-changed', environment: 'prod' } as const, 'prod', true, true],
])('%j', (trigger, environment, train, deploy) => {
  expect(planRun(trigger)).toMatchObject({ environment, train, deploy })
})

test('the build id names the run and the commit', () => {
  expect(buildId('17', 'abcdef0123456789')).toBe('build-17-abcdef0')
})
