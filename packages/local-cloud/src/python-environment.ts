import { spawnSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { existsSync, linkSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { homedir } from 'node:os'
import { basename, dirname, join } from 'node:path'

/** The folder in the user's cache that all environments and states live in. */
export const cacheFolder = (): string => process.env['MLOPS_CACHE'] ?? join(homedir(), '.cache', 'mlops-actions')

const sleep = (ms: number) => Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, ms)

const isAlive = (pid: number) => {
  try {
    process.kill(pid, 0)
    return true
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM'
  }
}

/** Takes a lock unless a living process has it. One that was left behind, by an interrupt for example, is taken over. */
const take = (lock: string): boolean => {
  const mine = `${lock}.${process.pid}`
  writeFileSync(mine, String(process.pid))
  try {
    // Unlike writing a file, a link appears together with its content.
    linkSync(mine, lock)
    return true
  } catch {
    const holder = existsSync(lock) ? Number(readFileSync(lock, 'utf8')) : 0
    if (holder > 0 && !isAlive(holder)) rmSync(lock, { force: true })
    return false
  } finally {
    rmSync(mine)
  }
}

/** Runs `make` while no other process does; `isDone` says whether another one has done it meanwhile. */
const once = (lock: string, isDone: () => boolean, make: () => void) => {
  while (!isDone()) {
    if (!take(lock)) {
      sleep(200)
      continue
    }
    try {
      if (!isDone()) make()
    } finally {
      rmSync(lock, { force: true })
    }
  }
}

/** What a tool said last, on one line: uv tells the reason at the end of a chain of causes. */
const lastWords = (text: string) => text.trim().replaceAll(/\s+/g, ' ').slice(-400)

const run = (doing: string, command: string, args: readonly string[]) => {
  const { status, stderr, error } = spawnSync(command, args, { encoding: 'utf8' })
  if (status === 0) return
  const why = error?.message ?? lastWords(stderr)
  throw new Error(`${doing} failed | ${why} | check the network, the proxy and the space in ${cacheFolder()}`)
}

/**
 * The interpreter of an environment that holds exactly a hashed requirement file, made once in the user's cache and keyed
 * by the file and the base interpreter. Safe for several processes at once. Needs uv on the PATH. Throws one sentence, in the
 * words of uv.
 *
 * @param requirements absolute path of the requirement file
 */
export const pythonEnvironment = (requirements: string): string => {
  const base = process.env['UV_PYTHON'] ?? 'python3'
  const key = createHash('sha256').update(base).update(readFileSync(requirements)).digest('hex').slice(0, 16)
  const name = `${basename(dirname(requirements))}-${basename(requirements, '.txt')}-${key}`
  const folder = join(cacheFolder(), 'envs', name)
  const python = join(folder, 'bin', 'python')
  const complete = join(folder, 'complete')
  mkdirSync(dirname(folder), { recursive: true })
  once(
    `${folder}.lock`,
    () => existsSync(complete),
    () => {
      // Made in its place: a virtual environment cannot be moved, its scripts hold its path.
      rmSync(folder, { recursive: true, force: true })
      run('making a Python environment', 'uv', ['venv', '--quiet', '--python', base, folder])
      const install = ['pip', 'install', '--quiet', '--python', python, '--require-hashes', '-r', requirements]
      run(`installing the Python packages of ${requirements}`, 'uv', install)
      // Compiled once here instead of at every first start.
      run('compiling them', python, ['-m', 'compileall', '-q', join(folder, 'lib')])
      writeFileSync(complete, '')
    },
  )
  return python
}
