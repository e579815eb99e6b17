import { type ChildProcess, spawn } from 'node:child_process'
import { globSync, readFileSync } from 'node:fs'
import { createInterface } from 'node:readline'

/**
 * How a running step is stopped: the entry process gets SIGINT, later SIGTERM, and at last its whole tree is killed.
 * https://docs.github.com/en/actions/reference/workflows-and-actions/workflow-cancellation
 */
export interface Grace {
  readonly untilTerminateMs: number
  readonly untilKillMs: number
}

export const GITHUB_GRACE: Grace = { untilTerminateMs: 7500, untilKillMs: 2500 }

export type StopReason = 'cancelled' | 'timed-out' | 'terminated'

export interface Command {
  readonly file: string
  readonly args: readonly string[]
  readonly folder: string
  readonly environment: Readonly<Record<string, string>>
}

export interface Watch {
  readonly onLine: (line: string) => void
  /** Begins the stages. */
  readonly stop: AbortSignal
  /** Kills at once. */
  readonly kill: AbortSignal
  readonly grace: Grace
}

// A background process of the step may hold the pipes open; the step is over all the same.
const DRAIN_MS = 1000

const signalGroup = (child: ChildProcess, signal: NodeJS.Signals) => {
  try {
    if (child.pid !== undefined) process.kill(-child.pid, signal)
  } catch {
    // ESRCH: the whole group is gone, which is what a kill is for.
  }
}

const stopInStages = (child: ChildProcess, { stop, kill, grace }: Watch): (() => void) => {
  const timers: NodeJS.Timeout[] = []
  const begin = () => {
    child.kill('SIGINT')
    timers.push(setTimeout(() => child.kill('SIGTERM'), grace.untilTerminateMs))
    timers.push(setTimeout(() => signalGroup(child, 'SIGKILL'), grace.untilTerminateMs + grace.untilKillMs))
  }
  const end = () => signalGroup(child, 'SIGKILL')
  for (const [signal, act] of [[stop, begin] as const, [kill, end] as const])
    if (signal.aborted) act()
    else signal.addEventListener('abort', act, { once: true })
  return () => {
    stop.removeEventListener('abort', begin)
    kill.removeEventListener('abort', end)
    for (const timer of timers) clearTimeout(timer)
  }
}

const readLines = (child: ChildProcess, onLine: (line: string) => void) => {
  for (const stream of [child.stdout, child.stderr])
    if (stream !== null) createInterface({ input: stream, crlfDelay: Infinity }).on('line', onLine)
}

/** Runs one process in its own group and resolves with its exit code, 1 when a signal ended it. Rejects when it can't be started. */
export const runProcess = async (command: Command, watch: Watch): Promise<number> => {
  const child = spawn(command.file, [...command.args], {
    cwd: command.folder,
    env: command.environment,
    detached: true,
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  readLines(child, watch.onLine)
  const release = stopInStages(child, watch)
  try {
    return await new Promise<number>((resolve, reject) => {
      child.once('error', reject)
      child.once('exit', (code) => {
        const drained = setTimeout(() => resolve(code ?? 1), DRAIN_MS)
        child.once('close', () => {
          clearTimeout(drained)
          resolve(code ?? 1)
        })
      })
    })
  } finally {
    release()
  }
}

/** The variable by which a job's processes are found again, as actions/runner does (src/Runner.Worker/JobExtension.cs). */
export const TRACKING_VARIABLE = 'RUNNER_TRACKING_ID'

const carries = (path: string, mark: string): boolean => {
  try {
    return readFileSync(path, 'utf8').split('\0').includes(mark)
  } catch {
    // The process ended, or belongs to somebody else.
    return false
  }
}

/** Kills every process that still carries the tracking id of a job; returns their ids. Linux only: needs /proc. */
export const killOrphans = (trackingId: string): readonly number[] => {
  const mark = `${TRACKING_VARIABLE}=${trackingId}`
  const orphans = globSync('/proc/[0-9]*/environ')
    .filter((path) => carries(path, mark))
    .map((path) => Number(path.split('/')[2]))
  for (const pid of orphans)
    try {
      process.kill(pid, 'SIGKILL')
    } catch {
      // It ended by itself meanwhile.
    }
  return orphans
}
