// The command as a person starts it: the bundle in its own process.
import { type ChildProcess, spawn } from 'node:child_process'
import { existsSync, mkdirSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from '@jest/globals'
import { build } from 'esbuild'
import type { RunRecord } from '../src/index.ts'
import { createSandbox, isAlive, type Sandbox, until } from './sandbox.ts'

let sandbox: Sandbox
let bundle: string

beforeAll(async () => {
  sandbox = createSandbox()
  bundle = join(sandbox.folder, 'local-runner.mjs')
  await build({
    entryPoints: [join(import.meta.dirname, '../src/main.ts')],
    outfile: bundle,
    bundle: true,
    platform: 'node',
    target: 'node24',
    format: 'esm',
    mainFields: ['module', 'main'],
    banner: {
      js: "import { createRequire as createRequireOfBundle } from 'node:module';const require=createRequireOfBundle(import.meta.url);",
    },
  })
})

const children: ChildProcess[] = []

afterAll(() => {
  for (const child of children) child.kill('SIGKILL')
  sandbox.dispose()
})

interface Running {
  readonly child: ChildProcess
  readonly out: string
  readonly end: Promise<{ readonly code: number | null; readonly text: string }>
}

let count = 0

const temporary = () => {
  const folder = join(sandbox.folder, 'tmp')
  mkdirSync(folder, { recursive: true })
  return folder
}

const leftBehind = () => readdirSync(temporary())

const start = (workflow: string, ...more: readonly string[]): Running => {
  count += 1
  const out = join(sandbox.folder, `out-${count}`)
  const args = ['--repo', sandbox.repo, '--workflow', `.github/workflows/${workflow}`, '--out', out, ...more]
  const child = spawn(process.execPath, [bundle, ...args], {
    env: { PATH: process.env['PATH'], MLOPS_CACHE: join(sandbox.folder, 'cache'), TMPDIR: temporary() },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  children.push(child)
  let text = ''
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk: Buffer) => (text += chunk.toString()))
  const end = new Promise<{ readonly code: number | null; readonly text: string }>((resolve) =>
    child.once('close', (code) => resolve({ code, text })),
  )
  return { child, out, end }
}

const dispatch = ['--event', 'workflow_dispatch']
const recordIn = (out: string) => JSON.parse(readFileSync(join(out, 'run.json'), 'utf8')) as RunRecord

const startSlow = async () => {
  const pidFile = join(sandbox.folder, `pids-${count}`)
  const environment = [`PIDS=${pidFile}`, `TRACE=${pidFile}.trace`, 'GATE=/nonexistent'].flatMap((pair) => [
    '--env',
    pair,
  ])
  const running = start('cancel.yml', ...dispatch, ...environment)
  await until(() => existsSync(pidFile) && readFileSync(pidFile, 'utf8').includes(' '))
  const pids = readFileSync(pidFile, 'utf8').split(' ').map(Number)
  return { ...running, pids, trace: `${pidFile}.trace` }
}

test('exits 0 on success and leaves run.json, logs and artifacts', async () => {
  const { out, end } = start('artifacts.yml', ...dispatch)
  const { code, text } = await end
  expect({ code, text }).toMatchObject({ code: 0 })
  expect(recordIn(out)).toMatchObject({ schema: 1, result: 'success' })
  expect(readFileSync(join(out, 'artifacts/file/model.txt'), 'utf8')).toBe('m\n')
  expect(existsSync(join(out, 'logs/make.log'))).toBe(true)
  expect(text).toContain('actions/upload-artifact (6x)')
  expect(leftBehind()).toEqual([])
})

test('exits 1 on failure', async () => {
  expect((await start('needs.yml', ...dispatch, '--quiet').end).code).toBe(1)
})

test('exits 2 when it refuses or is used wrongly', async () => {
  const refused = start('refused.yml', '--event', 'push')
  expect((await refused.end).code).toBe(2)
  expect(recordIn(refused.out).refusals.length).toBeGreaterThan(10)
  expect((await start('needs.yml', '--event', 'release').end).code).toBe(2)
  expect((await start('needs.yml', ...dispatch, '--input', 'nothing').end).code).toBe(2)
  expect((await start('needs.yml', ...dispatch, '--sha', '1'.repeat(40)).end).code).toBe(2)
  const wrongKey = await start('needs.yml', ...dispatch, '--oidc-key', import.meta.filename).end
  expect(wrongKey).toMatchObject({ code: 2, text: expect.stringMatching(/^--oidc-key .* cannot be read \|.*\|.*\n$/) })
})

test('exits 3 and says why when the workflow does not listen', async () => {
  const { code, text } = await start('needs.yml', '--event', 'push').end
  expect({ code, text }).toEqual({
    code: 3,
    text: '.github/workflows/needs.yml does not run on this push: it does not listen to push.\n',
  })
})

test('a second interrupt kills everything at once', async () => {
  const { child, end, pids, out, trace } = await startSlow()
  child.kill('SIGINT')
  // Two signals at once could be delivered as one.
  await until(() => existsSync(trace) && readFileSync(trace, 'utf8').includes('SIGINT'))
  child.kill('SIGINT')
  expect((await end).code).toBe(130)
  await until(() => !pids.some(isAlive))
  expect(recordIn(out).result).toBe('cancelled')
  expect(leftBehind()).toEqual([])
})

test('nothing of a run outlives a runner that was killed', async () => {
  const { child, end, pids } = await startSlow()
  child.kill('SIGKILL')
  await end
  await until(() => !pids.some(isAlive) && leftBehind().length === 0)
  expect(leftBehind()).toEqual([])
})
