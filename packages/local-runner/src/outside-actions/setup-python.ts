import { execFileSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { existsSync, globSync, mkdirSync, rmSync, writeFileSync } from 'node:fs'
import { homedir } from 'node:os'
import { dirname, join } from 'node:path'
import { searchPathOf } from '../environment.ts'
import { hashFiles } from '../hash-files.ts'
import { runProcess } from '../processes.ts'
import type { StepWork } from '../step.ts'
import type { OutsideAction } from './outside-action.ts'

interface Interpreter {
  readonly path: string
  readonly version: string
}

const WRITTEN = /^(\d+)(?:\.(\d+|x))?(?:\.(\d+|x))?$/

const fits = (version: string, wanted: string): boolean => {
  const parts = wanted.split('.').filter((part) => part !== 'x')
  return version.split('.').slice(0, parts.length).join('.') === parts.join('.')
}

// A shim answers with the version it would start here and now; the interpreter behind it is what stays the same.
const ASK = 'import os, platform, sys; print(platform.python_version()); print(os.path.realpath(sys._base_executable))'

const examine = (path: string, environment: Readonly<Record<string, string>>): Interpreter | undefined => {
  try {
    const answer = execFileSync(path, ['-I', '-c', ASK], {
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'ignore'],
      env: environment,
    })
    const [version, real] = answer.trim().split('\n')
    return version === undefined || real === undefined ? undefined : { version, path: real }
  } catch {
    // Not a Python, or a shim without a version behind it.
    return undefined
  }
}

const uvFinds = (wanted: string, environment: Readonly<Record<string, string>>): readonly string[] => {
  try {
    const args = ['python', 'find', '--no-project', wanted.replace(/\.x/g, '')]
    return [
      execFileSync('uv', args, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'], env: environment }).trim(),
    ]
  } catch {
    // There is no uv, or it knows no such Python.
    return []
  }
}

const candidates = (wanted: string, environment: Readonly<Record<string, string>>): readonly string[] => {
  const minor = wanted.split('.').slice(0, 2).join('.')
  const folders = (environment['PATH'] ?? '').split(':')
  const onPath = folders.flatMap((folder) => [`python${minor}`, 'python3', 'python'].map((name) => join(folder, name)))
  const pyenv = globSync(join(environment['PYENV_ROOT'] ?? join(homedir(), '.pyenv'), 'versions/*/bin/python'))
  return [...onPath, ...pyenv].filter((path) => existsSync(path))
}

const findInterpreter = (wanted: string, environment: Readonly<Record<string, string>>): Interpreter => {
  if (!WRITTEN.test(wanted))
    throw new Error(`python-version "${wanted}" is not understood | it must be like 3.12 or 3.12.1 | write it so`)
  const find = (paths: readonly string[]) => {
    for (const path of paths) {
      const found = examine(path, environment)
      if (found !== undefined && fits(found.version, wanted)) return found
    }
    return undefined
  }
  const found = find(candidates(wanted, environment)) ?? find(uvFinds(wanted, environment))
  if (found === undefined)
    throw new Error(
      `Python ${wanted} is not on this machine | neither PATH, nor pyenv, nor uv has it | install it, e.g. uv python install ${wanted}`,
    )
  return found
}

const dependencyHash = ({ scope }: StepWork, inputs: ReadonlyMap<string, string>): string | undefined => {
  const cache = inputs.get('cache') ?? ''
  if (cache === '') return undefined
  if (cache !== 'pip') throw new Error(`cache: ${cache} | only pip is cached here | write cache: pip`)
  const given = inputs.get('cache-dependency-path') ?? ''
  const patterns = given === '' ? ['**/requirements.txt', '**/pyproject.toml'] : [given]
  const hash = hashFiles(scope.job.workspace, patterns)
  if (hash === '')
    throw new Error(
      `no file matches ${patterns.join(' or ').trim()} | the cache is keyed by it | check the repository out first`,
    )
  return hash
}

const makeEnvironment = async (work: StepWork, interpreter: Interpreter, folder: string) => {
  rmSync(folder, { recursive: true, force: true })
  mkdirSync(dirname(folder), { recursive: true })
  const { job } = work.scope
  const code = await runProcess(
    {
      file: interpreter.path,
      args: ['-m', 'venv', folder],
      folder: job.workspace,
      environment: job.run.hostEnvironment,
    },
    { onLine: work.print, stop: work.stop, kill: job.control.terminated, grace: job.run.timing.grace },
  )
  if (code !== 0)
    throw new Error(`${interpreter.path} -m venv ended with ${code} | see the log | install its venv module`)
}

// One folder per interpreter and dependency files, so that what pip installed is there the next time: that is the cache.
const cachedEnvironment = async (work: StepWork, interpreter: Interpreter, hash: string) => {
  const { run } = work.scope.job
  const key = createHash('sha256')
    .update(`${interpreter.path} ${interpreter.version} ${hash}`)
    .digest('hex')
    .slice(0, 20)
  const folder = join(run.cacheFolder, 'python', key)
  const complete = join(folder, '.complete')
  const turn = await run.groups.enter(
    { group: `python-${key}`, cancelInProgress: false, queue: 'max' },
    work.stop,
    () => undefined,
  )
  if (turn === undefined) throw new Error('cancelled while another job made the Python environment')
  try {
    if (existsSync(complete)) return { folder, hit: true }
    await makeEnvironment(work, interpreter, folder)
    writeFileSync(complete, '')
    return { folder, hit: false }
  } finally {
    turn.release()
  }
}

const freshEnvironment = async (work: StepWork, interpreter: Interpreter) => {
  const folder = join(work.scope.job.temporary, `python-${interpreter.version}`)
  await makeEnvironment(work, interpreter, folder)
  return { folder, hit: false }
}

export const setupPython: OutsideAction = {
  emulation:
    'finds that Python on this machine (PATH, pyenv, uv) and gives a virtual environment; `cache: pip` keeps it',
  inputs: ['python-version', 'cache', 'cache-dependency-path'],
  meaningless: ['architecture', 'check-latest', 'token', 'update-environment', 'allow-prereleases'],
  perform: async (work, inputs) => {
    const { job } = work.scope
    const { hostEnvironment } = job.run
    const environment = { ...hostEnvironment, PATH: searchPathOf(job, hostEnvironment) }
    const wanted = (inputs.get('python-version') ?? '').trim()
    const interpreter = findInterpreter(wanted, environment)
    const hash = dependencyHash(work, inputs)
    const { folder, hit } = await (hash === undefined
      ? freshEnvironment(work, interpreter)
      : cachedEnvironment(work, interpreter, hash))
    job.searchPath.unshift(join(folder, 'bin'))
    job.environment.set('pythonLocation', folder)
    work.print(`Python ${interpreter.version} (${interpreter.path})${hit ? ', environment from the cache' : ''}`)
    return {
      failed: false,
      outputs: {
        'python-version': interpreter.version,
        'python-path': join(folder, 'bin', 'python'),
        'cache-hit': String(hit),
      },
    }
  },
}
