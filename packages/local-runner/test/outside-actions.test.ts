import { execFileSync } from 'node:child_process'
import { readdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from '@jest/globals'
import { messages, once } from './promises.ts'
import { createSandbox, inGit, type Sandbox } from './sandbox.ts'

let sandbox: Sandbox

beforeAll(() => {
  sandbox = createSandbox()
})

afterAll(() => sandbox.dispose())

const python = execFileSync('python3', ['-c', 'import platform; print(platform.python_version())'], {
  encoding: 'utf8',
}).trim()
const ran = once(async () => {
  writeFileSync(join(sandbox.repo, '.gitignore'), 'ignored.txt\n')
  for (const name of ['ignored.txt', 'untracked.txt']) writeFileSync(join(sandbox.repo, name), name)
  return sandbox.run('outside.yml', { inputs: { python, node: process.versions.node } })
})

test('checkout brings tracked and untracked files, not ignored ones, with a history of its own', () => {
  const commits = inGit(sandbox.repo, 'rev-list', '--count', 'HEAD')
  expect(ran().job('checkout').outputs['seen']).toBe(
    `${readdirSync(sandbox.repo)
      .filter((name) => !name.startsWith('.') && name !== 'ignored.txt')
      .concat('log.txt')
      .toSorted()
      .join(' ')} main ?? .gitignore ?? log.txt ?? untracked.txt ${Number(commits) + 1}`,
  )
  expect(ran().job('checkout').outputs['commit']).toBe('true')
})

test('setup-python gives that Python, and what one job installs is there for the next', () => {
  expect(ran().job('python').outputs).toEqual({ hit: 'false', marker: `${python} /bin`.padStart(python.length + 6) })
  expect(ran().job('again').outputs).toEqual({ hit: 'true', marker: `kept ${python} /bin` })
})

test('a Node or Python that is not here is a failure of the step', () => {
  expect(ran().job('node').outputs).toEqual({ right: 'success', wrong: 'failure', absent: 'failure' })
  expect(messages(ran(), 'node').some((message) => message.includes('Python 3.99 is not on this machine'))).toBe(true)
})

test('all are listed afterwards', () => {
  expect(
    ran()
      .record.outsideActions.map(({ action, times }) => `${action} ${times}`)
      .toSorted(),
  ).toEqual(['actions/checkout 3', 'actions/setup-node 2', 'actions/setup-python 3'])
})
