import { spawnSync } from 'node:child_process'
import { chmodSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from '@jest/globals'

const root = join(import.meta.dirname, '../..')
const COREUTILS = ['cat', 'df', 'dirname', 'ln', 'mkdir', 'mktemp', 'mv', 'rm', 'tail', 'uname']
const TOOLS = [...COREUTILS, 'awk', 'bash', 'git', 'grep', 'sed', 'sh']

let folder: string
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'bootstrap-'))
  mkdirSync(join(folder, 'bin'))
  for (const tool of TOOLS) {
    const found = spawnSync('sh', ['-c', `command -v ${tool}`], { encoding: 'utf8' }).stdout.trim()
    symlinkSync(found, join(folder, 'bin', tool))
  }
})
afterEach(() => rmSync(folder, { recursive: true }))

const fake = (name: string, script: string): string => {
  const path = join(folder, 'bin', name)
  rmSync(path, { force: true })
  writeFileSync(path, `#!/bin/sh\n${script}\n`)
  chmodSync(path, 0o755)
  return path
}
// Not a version manager's shim, which needs more than these tools.
const python = () =>
  spawnSync('python3', ['-c', 'import sys; print(sys.executable)'], { encoding: 'utf8' }).stdout.trim()
/** A Python that is new enough, whose pip does that when it is to install something. */
const fakePip = (script: string) =>
  fake('python3', `case "$*" in *--target*) ${script} ;; *--version*) exit 0 ;; *) echo "$0" ;; esac`)
const npm = 'exit 1'
const freeMb = (mb: number) =>
  `printf "Filesystem 1024-blocks Used Available Capacity Mounted\\n/dev/x 100 50 ${mb * 1024} 50%% /\\n"`
const FREE = freeMb(9999)

/** The one sentence that bootstrap ends with on a machine that has only these tools. */
const lastWords = () => {
  const { status, stderr } = spawnSync('sh', ['scripts/bootstrap', 'true'], {
    cwd: root,
    encoding: 'utf8',
    env: { PATH: join(folder, 'bin'), HOME: folder, XDG_CACHE_HOME: join(folder, 'cache') },
  })
  expect(status).toBe(1)
  return stderr.trim().split('\n').at(-1)
}

test.each(['git', 'bash'])('without %s', (tool) => {
  rmSync(join(folder, 'bin', tool))
  expect(lastWords()).toBe(`bootstrap: ${tool} is missing | the workflow's checkouts and steps need it | install it`)
})

test('without npm', () => {
  expect(lastWords()).toBe('bootstrap: npm is missing | it brings Node 24 and pnpm | install Node 18 or newer with npm')
})

test('without a Python that is new enough', () => {
  fake('npm', npm)
  fake('python3', 'exit 1')
  expect(lastWords()).toMatch(/^bootstrap: python3 >= 3\.11 is missing \|/)
})

test('without pip', () => {
  fake('npm', npm)
  fake('python3', `case "$*" in *pip*) exit 1 ;; *) echo "$0" ;; esac`)
  expect(lastWords()).toMatch(/^bootstrap: pip is missing for .* \| it brings uv \|/)
})

test('with a disk that is nearly full', () => {
  fake('npm', npm)
  fake('python3', `exec ${python()} "$@"`)
  fake('df', freeMb(50))
  expect(lastWords()).toMatch(/^bootstrap: 50 MB are free for .* \| toolchain, Python packages and data need \d+ MB \|/)
})

test('without a network', () => {
  fake('python3', `exec ${python()} "$@"`)
  fake('npm', 'echo "npm error network request to the registry failed" >&2; exit 1')
  fake('df', FREE)
  expect(lastWords()).toMatch(/^bootstrap: npm could not get Node and pnpm: network request .*check the network/)
})

test('with a disk that fills up while the toolchain is unpacked, which npm calls a success', () => {
  fakePip('exit 0')
  fake('npm', 'exit 0')
  fake('df', FREE)
  expect(lastWords()).toMatch(/^bootstrap: the toolchain is damaged .* \| the disk may be full/)
})

test('with a registry of Python packages that cannot be reached', () => {
  fake('npm', 'exit 0')
  fake('df', FREE)
  fakePip('echo "ERROR: no route to host"; exit 1')
  expect(lastWords()).toMatch(/^bootstrap: pip could not get uv: ERROR: no route to host .*check the network/)
})

test('with a disk that is full when the workspace is installed', () => {
  const versions = Object.fromEntries(
    [...readFileSync(join(root, 'scripts/bootstrap'), 'utf8').matchAll(/\b(\w+)_VERSION=([\d.]+)/g)].map(
      ([, name = '', version = '']) => [name, version],
    ),
  )
  const tools = `tools-node${versions['NODE']}-pnpm${versions['PNPM']}-uv${versions['UV']}-linux-x64`
  const place = join(folder, 'cache/mlops-actions', tools)
  mkdirSync(join(place, 'bin'), { recursive: true })
  writeFileSync(join(place, 'complete'), '')
  writeFileSync(join(place, 'python-path'), python())
  symlinkSync(fake('pnpm', 'echo "ENOSPC: no space left on device, write"; exit 1'), join(place, 'bin/pnpm'))
  expect(lastWords()).toMatch(
    /^bootstrap: pnpm could not install the workspace: ENOSPC: no space left on device, write .*check the network and the disk$/,
  )
})

test('with a cache folder that cannot be written', () => {
  fake('npm', npm)
  fake('python3', `exec ${python()} "$@"`)
  writeFileSync(join(folder, 'cache'), 'a file in the place of the folder')
  expect(lastWords()).toMatch(/^bootstrap: cannot write to /)
})
