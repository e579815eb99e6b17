import { execFile } from 'node:child_process'
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { promisify } from 'node:util'
import { afterAll, beforeAll, expect, jest, test } from '@jest/globals'
import { cacheFolder } from '../src/binary/cache.ts'
import type { Standing } from '../src/commands.ts'
import { binary, type Result } from './world.ts'

jest.setTimeout(60_000)
// A cache of its own with the binary of this user's: a cluster that stands for them is left alone.
const cache = mkdtempSync(join(tmpdir(), 'cache-'))
beforeAll(async () => {
  await binary()
  mkdirSync(join(cache, 'local-cluster'))
  for (const entry of readdirSync(cacheFolder(), { withFileTypes: true }))
    if (entry.isDirectory()) symlinkSync(join(cacheFolder(), entry.name), join(cache, 'local-cluster', entry.name))
}, 40 * 60_000)
afterAll(async () => {
  await run('down')
  rmSync(cache, { recursive: true })
})

const main = join(import.meta.dirname, '../src/main.ts')
const run = (...args: readonly string[]): Promise<Result> =>
  new Promise((resolve) => {
    const env = { ...process.env, MLOPS_CACHE: cache }
    execFile(process.execPath, [main, ...args], { env }, (error, stdout, stderr) => {
      resolve({ code: error === null ? 0 : Number(error.code), stdout, stderr })
    })
  })

/** What `up` and `status` tell to put into the environment. */
const toldBy = ({ stdout }: Result) => {
  const [, kubeconfig = '', bin = ''] = /KUBECONFIG=(\S+) PATH=([^:]+):/.exec(stdout) ?? []
  return { kubeconfig, bin }
}

test('a cluster stands from up to down, one for all who ask', async () => {
  expect((await run('status')).code).toBe(1)
  const [first, second] = await Promise.all([run('up'), run('up')])
  expect([first.code, second.code]).toEqual([0, 0])
  expect(second.stdout).toBe(first.stdout)
  expect(await run('status')).toMatchObject({ code: 0, stdout: first.stdout })

  const { kubeconfig, bin } = toldBy(first)
  const args = ['--kubeconfig', kubeconfig, 'get', 'nodes', '--output', 'name']
  const { stdout } = await promisify(execFile)(join(bin, 'kubectl'), args, { env: { HOME: cache } })
  expect(stdout.trim()).toBe('node/local-node')

  expect((await run('down')).code).toBe(0)
  expect(existsSync(dirname(kubeconfig))).toBe(false)
  expect((await run('status')).code).toBe(1)
})

test('one whose owner was killed stands no more, and another one can', async () => {
  const { kubeconfig } = toldBy(await run('up'))
  const { owner } = JSON.parse(readFileSync(join(cache, 'local-cluster/standing.json'), 'utf8')) as Standing
  process.kill(Number(owner.split(' ')[0]), 'SIGKILL')
  expect((await run('status')).code).toBe(1)
  const next = toldBy(await run('up')).kubeconfig
  expect([existsSync(kubeconfig), existsSync(next)]).toEqual([false, true])
})

test('anything else is told what there is', async () => {
  const { code, stderr } = await run('upp')
  expect([code, stderr]).toEqual([2, expect.stringContaining('up [--images <table.json>]')])
})
