import { execFileSync } from 'node:child_process'
import { cpSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { jest } from '@jest/globals'
import { type RunEnd, type RunOptions, runWorkflow } from '../src/run.ts'
import type { JobRecord, RunRecord } from '../src/run-record.ts'

// Whole runs on a busy machine: slow is no fault.
jest.setTimeout(120_000)

const conformance = join(import.meta.dirname, '..', 'conformance')

export const inGit = (folder: string, ...args: readonly string[]): string =>
  execFileSync('git', ['-C', folder, '-c', 'user.name=a', '-c', 'user.email=a@example.com', ...args], {
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'pipe'],
    env: Object.fromEntries(Object.entries(process.env).filter(([name]) => !name.startsWith('GIT_'))),
  }).trim()

export interface Ran {
  readonly record: RunRecord
  readonly out: string
  readonly job: (id: string) => JobRecord
  readonly log: (id: string) => string
  readonly artifact: (name: string, path: string) => string
  /** Lines that steps appended to $TRACE. */
  readonly trace: readonly string[]
}

interface Started {
  readonly folder: string
  readonly tracePath: string
  readonly cancel: () => void
  readonly stop: () => void
  readonly end: Promise<RunEnd>
  readonly ran: () => Promise<Ran>
}

export interface Sandbox {
  readonly folder: string
  readonly repo: string
  readonly start: (workflow: string, options?: Partial<RunOptions>) => Started
  readonly run: (workflow: string, options?: Partial<RunOptions>) => Promise<Ran>
  readonly dispose: () => void
}

const linesOf = (path: string): readonly string[] =>
  existsSync(path)
    ? readFileSync(path, 'utf8')
        .split('\n')
        .filter((line) => line !== '')
    : []

const makeRepository = (folder: string): string => {
  const repo = join(folder, 'repo')
  mkdirSync(join(repo, '.github'), { recursive: true })
  cpSync(conformance, join(repo, '.github/workflows'), {
    recursive: true,
    filter: (path) => !path.startsWith(join(conformance, 'actions')),
  })
  cpSync(join(conformance, 'actions'), join(repo, 'actions'), { recursive: true })
  inGit(repo, 'init', '--quiet', '--initial-branch', 'main')
  inGit(repo, 'add', '.')
  inGit(repo, 'commit', '--quiet', '--message', 'one')
  return repo
}

const jobOf = (record: RunRecord, id: string): JobRecord => {
  const job = record.jobs.find((each) => each.id === id)
  if (job === undefined) throw new Error(`no job ${id} among ${record.jobs.map((each) => each.id).join(', ')}`)
  return job
}

const asRan = (end: RunEnd, out: string, tracePath: string): Ran => {
  if (end.kind !== 'ran') throw new Error(`it did not run: ${JSON.stringify(end)}`)
  return {
    record: end.record,
    out,
    job: (id) => jobOf(end.record, id),
    log: (id) => readFileSync(join(out, 'logs', `${id.replaceAll(/[^\w.-]+/g, '_')}.log`), 'utf8'),
    artifact: (name, path) => readFileSync(join(out, 'artifacts', name, path), 'utf8'),
    trace: linesOf(tracePath),
  }
}

/** A repository made of the conformance files, and a runner whose minutes last 300 ms. */
export const createSandbox = (): Sandbox => {
  const folder = mkdtempSync(join(tmpdir(), 'conformance-'))
  const repo = makeRepository(folder)
  let count = 0
  const start = (workflow: string, options: Partial<RunOptions> = {}): Started => {
    count += 1
    const own = join(folder, String(count))
    const out = join(own, 'out')
    mkdirSync(out, { recursive: true })
    const tracePath = join(own, 'trace')
    const cancel = new AbortController()
    const stop = new AbortController()
    const end = runWorkflow({
      repo,
      workflow: `.github/workflows/${workflow}`,
      event: 'workflow_dispatch',
      payload: {},
      inputs: {},
      ref: undefined,
      sha: undefined,
      variables: {},
      secrets: {},
      holds: {},
      repository: 'mlops-actions/mlops-actions',
      identity: { runId: '1', runNumber: '1', runAttempt: 1 },
      oidcKey: undefined,
      immutableSubject: false,
      out,
      cacheFolder: join(folder, 'cache'),
      timing: { minuteMs: 300, grace: { untilTerminateMs: 400, untilKillMs: 1500 }, cancelLimitMs: 20_000 },
      cancel: cancel.signal,
      stop: stop.signal,
      onJob: () => undefined,
      ...options,
      environment: { TRACE: tracePath, ...options.environment },
    })
    return {
      folder: own,
      tracePath,
      cancel: () => cancel.abort(),
      stop: () => stop.abort(),
      end,
      ran: async () => asRan(await end, out, tracePath),
    }
  }
  return {
    folder,
    repo,
    start,
    run: async (workflow, options) => start(workflow, options).ran(),
    dispose: () => rmSync(folder, { recursive: true, force: true }),
  }
}

/** Waits until something on disk is so. */
export const until = async (isSo: () => boolean): Promise<void> => {
  while (!isSo()) await sleep(20)
}

/** Nobody may be there to reap an orphan: a zombie is as good as gone. */
export const isAlive = (pid: number): boolean => {
  try {
    return !readFileSync(`/proc/${pid}/stat`, 'utf8').includes(') Z ')
  } catch {
    return false
  }
}
