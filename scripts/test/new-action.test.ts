import { spawnSync } from 'node:child_process'
import { cpSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from '@jest/globals'

const root = join(import.meta.dirname, '../..')
let copy: string

const tracked = () =>
  spawnSync('git', ['ls-files', '-co', '--exclude-standard'], { cwd: root, encoding: 'utf8' }).stdout.trim().split('\n')

beforeAll(() => {
  copy = mkdtempSync(join(tmpdir(), 'new-action-'))
  for (const path of tracked()) cpSync(join(root, path), join(copy, path), { force: true })
  const { status, stderr } = inCopy('node', 'scripts/new-action.ts', 'count-sheep', 'Count sheep')
  if (status !== 0) throw new Error(stderr)
}, 60_000)
afterAll(() => rmSync(copy, { recursive: true, force: true }))

const inCopy = (command: string, ...args: readonly string[]) =>
  spawnSync(command, args, { cwd: copy, encoding: 'utf8', env: { ...process.env, CI: '' } })

test('a new action typechecks, is formatted and linted', () => {
  expect(inCopy('node_modules/.bin/tsc', '-p', 'actions/count-sheep')).toMatchObject({ status: 0 })
  expect(inCopy('node_modules/.bin/oxlint', '--deny-warnings', 'actions/count-sheep')).toMatchObject({ status: 0 })
  expect(inCopy('node_modules/.bin/oxfmt', '--check', 'actions/count-sheep')).toMatchObject({ status: 0 })
})

test('its generated files are up to date, and its bundled process passes its scenario', () => {
  expect(inCopy('node', 'scripts/gen.ts', '--check')).toMatchObject({ status: 0 })
  expect(inCopy('node', 'scripts/bundle.ts')).toMatchObject({ status: 0 })
  const jest = inCopy(
    'node',
    '--experimental-vm-modules',
    '--disable-warning=ExperimentalWarning',
    'node_modules/jest/bin/jest.js',
    '-w',
    '1',
    'actions/count-sheep',
  )
  expect(jest.stderr).toContain('Tests:       2 passed, 2 total')
}, 60_000)
