import { execFileSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { existsSync, mkdirSync, readFileSync, rmSync } from 'node:fs'
import { homedir } from 'node:os'
import { dirname, join } from 'node:path'

const root = join(import.meta.dirname, '../../..')
const cache = process.env['MLOPS_CACHE'] ?? join(homedir(), '.cache', 'mlops-actions')

/**
 * The interpreter of an environment that holds exactly a hashed requirement file of the repository. It is made once, in
 * the user's cache, keyed by the file and the interpreter; two processes may ask at once.
 */
export const pythonFor = (requirements: string): string => {
  const file = join(root, requirements)
  const base = process.env['UV_PYTHON'] ?? 'python3'
  const key = createHash('sha256').update(base).update(readFileSync(file)).digest('hex').slice(0, 16)
  const folder = join(cache, 'envs', `${requirements.replaceAll(/\W+/g, '-')}-${key}`)
  const python = join(folder, 'bin', 'python')
  if (existsSync(python)) return python
  mkdirSync(dirname(folder), { recursive: true })
  // Made under the final name's own lock: a virtual environment cannot be moved, its scripts hold its path.
  const lock = `${folder}.lock`
  try {
    mkdirSync(lock)
  } catch {
    throw new Error(`another process makes ${folder}; when none does, remove ${lock}`)
  }
  try {
    execFileSync('uv', ['venv', '--quiet', '--python', base, folder], { stdio: 'inherit' })
    execFileSync('uv', ['pip', 'install', '--quiet', '--python', python, '--require-hashes', '-r', file], {
      stdio: 'inherit',
    })
  } catch (error) {
    rmSync(folder, { recursive: true, force: true })
    throw error
  } finally {
    rmSync(lock, { recursive: true, force: true })
  }
  return python
}
