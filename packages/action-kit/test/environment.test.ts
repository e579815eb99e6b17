import { globSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from '@jest/globals'
import { ENVIRONMENT, runIdentity } from '../src/environment.ts'

const root = join(import.meta.dirname, '../../..')

test('every variable that shipped code reads is documented', () => {
  const read = globSync('{actions/*,packages/{action-kit,aws,core,data,report}}/src/**/*.ts', { cwd: root })
    .map((path) => readFileSync(join(root, path), 'utf8'))
    .flatMap((text) => [
      ...text.matchAll(/environment\[\s*'(?<name>[A-Z]\w*)'\s*\]/g),
      ...text.matchAll(/\{(?<name>[^{}]+)\}\s*(?::\s*Environment\b|=\s*environment\b)/g),
    ])
    .flatMap(({ groups }) => groups?.['name']?.match(/\b[A-Z][A-Z\d_]{3,}\b/g) ?? [])
  expect(new Set(read).size).toBeGreaterThan(10)
  for (const name of read) expect(Object.keys(ENVIRONMENT)).toContain(name)
})

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
