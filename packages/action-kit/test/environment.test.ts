import { expect, test } from '@jest/globals'
import { runIdentity } from '../src/environment.ts'

test('the identity is that of the workflow run', () => {
  const identity = runIdentity({
    GITHUB_RUN_ID: '1',
    GITHUB_RUN_NUMBER: '2',
    GITHUB_RUN_ATTEMPT: '3',
    GITHUB_REPOSITORY: 'a/b',
    GITHUB_API_URL: 'https://ghes.example/api/v3',
  })
  expect(identity).toMatchObject({
    runId: '1',
    runNumber: '2',
    runAttempt: 3,
    repository: 'a/b',
    apiUrl: 'https://ghes.example/api/v3',
  })
})

test('outside a workflow run it is local, and the public instance is assumed', () => {
  expect(runIdentity({ GITHUB_RUN_ID: '' })).toMatchObject({
    runId: 'local',
    runAttempt: 1,
    apiUrl: 'https://api.github.com',
  })
})
