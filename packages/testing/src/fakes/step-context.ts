import { type Clock, epochMs, type Log, type RunIdentity } from '@mlops/core'

export interface SleepingClock extends Clock {
  /** Something that happens after that many milliseconds, on the way of whoever sleeps. */
  readonly at: (ms: number, happens: () => void) => void
}

/** Time passes only while somebody sleeps. */
export const sleepingClock = (): SleepingClock => {
  let now = 1_800_000_000_000
  const planned: { readonly at: number; readonly happens: () => void }[] = []
  return {
    now: () => epochMs(now),
    at: (ms, happens) => {
      planned.push({ at: now + ms, happens })
      planned.sort((one, other) => one.at - other.at)
    },
    sleep: async (ms, signal) => {
      const until = now + ms
      for (let next = planned[0]; next !== undefined && next.at <= until; next = planned[0]) {
        planned.shift()
        now = next.at
        next.happens()
        signal?.throwIfAborted()
      }
      now = until
      await Promise.resolve()
      signal?.throwIfAborted()
    },
  }
}

const IDENTITY: RunIdentity = {
  runId: '4711',
  runNumber: '17',
  runAttempt: 1,
  repository: 'acme/retail',
  sha: 'abcdef0123456789abcdef0123456789abcdef01',
  ref: 'refs/heads/main',
  actor: 'ada',
  eventName: 'push',
  workflow: 'pipeline',
  job: 'train',
  serverUrl: 'https://github.com',
  apiUrl: 'https://api.github.com',
}

/** What surrounds a step, in memory: nothing of this machine's time, environment or runner. */
export const stepContext = (identity: Partial<RunIdentity> = {}) => {
  const lines: string[] = []
  const say = (level: string) => (line: string) => {
    lines.push(`${level}: ${line}`)
  }
  const log: Log = {
    info: say('info'),
    notice: say('notice'),
    warning: say('warning'),
    error: say('error'),
    foreign: (texts) => texts.forEach(say('job')),
    mask: () => undefined,
  }
  const saved = new Map<string, string>()
  const abort = new AbortController()
  return {
    clock: sleepingClock(),
    random: { next: () => 0 },
    log,
    lines,
    saved,
    state: { save: (key: string, value: string) => void saved.set(key, value), load: (key: string) => saved.get(key) },
    files: {
      readText: (path: string): string => {
        throw new Error(`there is no file ${path}`)
      },
      writeTemporary: (name: string) => `/temporary/${name}`,
    },
    environment: {},
    identity: { ...IDENTITY, ...identity },
    idToken: () => Promise.resolve('token'),
    workspace: '/workspace',
    abort,
    signal: abort.signal,
  }
}
