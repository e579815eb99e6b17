import { execFileSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { existsSync, mkdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { homedir } from 'node:os'
import { basename, dirname, join } from 'node:path'

/** The folder in the user's cache that all environments and states live in. */
export const cacheFolder = (): string => process.env['MLOPS_CACHE'] ?? join(homedir(), '.cache', 'mlops-actions')

const sleep = (ms: number) => Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, ms)

/** A lock that is older was left by a process that is gone: making an environment takes a minute at most. */
const STALE_MS = 15 * 60_000

/** Runs `make` while no other process does; `isDone` says whether another one has done it meanwhile. */
const once = (lock: string, isDone: () => boolean, make: () => void) => {
  for (;;) {
    if (isDone()) return
    try {
      mkdirSync(lock)
      break
    } catch {
      if (existsSync(lock) && Date.now() - statSync(lock).mtimeMs > STALE_MS) rmSync(lock, { recursive: true })
      sleep(200)
    }
  }
  try {
    if (!isDone()) make()
  } finally {
    rmSync(lock, { recursive: true, force: true })
  }
}

/**
 * The interpreter of an environment that holds exactly a hashed requirement file, made once in the user's cache and keyed
 * by the file and the base interpreter. Safe for several processes at once. Needs uv on the PATH.
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
      const stdio = ['ignore', 'ignore', 'inherit'] as const
      execFileSync('uv', ['venv', '--quiet', '--python', base, folder], { stdio: [...stdio] })
      execFileSync('uv', ['pip', 'install', '--quiet', '--python', python, '--require-hashes', '-r', requirements], {
        stdio: [...stdio],
      })
      // Compiled once here instead of at every first start.
      execFileSync(python, ['-m', 'compileall', '-q', join(folder, 'lib')], { stdio: 'ignore' })
      writeFileSync(complete, '')
    },
  )
  return python
}
