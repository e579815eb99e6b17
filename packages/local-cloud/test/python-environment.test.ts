import { spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { chmodSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from '@jest/globals'

const source = join(import.meta.dirname, '../src/python-environment.ts')
const script = `import { pythonEnvironment } from ${JSON.stringify(source)}
try { console.log(pythonEnvironment(process.argv[1])) } catch ({ message }) { console.log(message) }`

let folder: string
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'environment-'))
  mkdirSync(join(folder, 'bin'))
  writeFileSync(join(folder, 'requirements.txt'), '')
})
afterEach(() => rmSync(folder, { recursive: true }))

/** Makes `uv` a script; it finds what it was asked in "$*", and notes each of its starts. */
const fakeUv = (text: string) => {
  const path = join(folder, 'bin', 'uv')
  writeFileSync(path, `#!/bin/sh\necho "$*" >>${folder}/asked\n${text}\n`)
  chmodSync(path, 0o755)
}
// As uv does for `uv venv <folder>`, with an interpreter that can do nothing.
const MAKES = `case "$*" in venv*) for last; do :; done; mkdir -p "$last/bin"; ln -s /bin/true "$last/bin/python" ;; esac`

const given = () => ['--input-type=module-typescript', '-e', script, join(folder, 'requirements.txt')]
const options = () => ({
  env: { ...process.env, PATH: `${join(folder, 'bin')}:${process.env['PATH']}`, MLOPS_CACHE: join(folder, 'cache') },
})
const make = () =>
  spawnSync(process.execPath, given(), { ...options(), encoding: 'utf8', timeout: 20_000 }).stdout.trim()
const asked = () => readFileSync(join(folder, 'asked'), 'utf8').trim().split('\n')

test('it is made once and then found', () => {
  fakeUv(MAKES)
  const python = make()
  expect(existsSync(python)).toBe(true)
  expect(make()).toBe(python)
  expect(asked()).toHaveLength(2)
})

test.each([
  ['the network is gone', 'error: Request failed after 3 retries\n  Caused by: dns error'],
  ['the disk is full', 'error: Failed to install: numpy\n  Caused by: No space left on device (os error 28)'],
])('when %s, one sentence says so in the words of uv, and the next try starts anew', (_, words) => {
  fakeUv(`case "$*" in pip*) printf '%s' '${words}' >&2; exit 2 ;; *) ${MAKES} ;; esac`)
  const [what, why, hint] = make().split(' | ')
  expect(what).toBe(`installing the Python packages of ${join(folder, 'requirements.txt')} failed`)
  expect(why).toBe(words.replaceAll(/\s+/g, ' '))
  expect(hint).toBe(`check the network, the proxy and the space in ${join(folder, 'cache')}`)
  fakeUv(MAKES)
  expect(existsSync(make())).toBe(true)
})

test('a process that was killed while it made one keeps nobody waiting', async () => {
  fakeUv('sleep 60')
  const killed = spawn(process.execPath, given(), { ...options(), detached: true, stdio: 'ignore' })
  while (!existsSync(join(folder, 'asked'))) spawnSync('sleep', ['0.05'])
  process.kill(-(killed.pid ?? 0), 'SIGKILL')
  await once(killed, 'close')
  fakeUv(MAKES)
  expect(existsSync(make())).toBe(true)
})

test('of two processes at once one makes it', async () => {
  fakeUv(`sleep 0.5; ${MAKES}`)
  const both = [1, 2].map(() => once(spawn(process.execPath, given(), options()), 'close'))
  await Promise.all(both)
  expect(asked()).toHaveLength(2)
})
