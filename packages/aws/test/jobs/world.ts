import { createHash } from 'node:crypto'
import {
  type Arn,
  type Clock,
  type EpochMs,
  epochMs,
  type JobInputs,
  type Log,
  type LogLine,
  type RunIdentity,
  seconds,
} from '@mlops/core'
import { fakeJobs, type FakeRequest } from '@mlops/testing'
import type { TailedJobLogs } from '../../src/job-logs.ts'
import { type JobContext, jobRun, type JobPorts } from '../../src/jobs/job-run.ts'

export const sha256 = (text: string): string => createHash('sha256').update(text).digest('hex')
export const KEY = sha256('the work')

/** Time passes only while somebody sleeps; what was planned for a moment happens on the way. */
export const sleepingClock = (): Clock & { readonly at: (ms: number, happens: () => void) => void } => {
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

export const identity: RunIdentity = {
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

export const recordingLog = () => {
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
  return { log, lines }
}

const INPUTS: JobInputs = {
  jobNamePrefix: 'basket',
  executionRole: 'arn:aws:iam::123456789012:role/sagemaker-execution' as Arn,
  image: 'image:1',
  framework: undefined,
  frameworkVersion: undefined,
  instanceTypes: ['ml.m5.xlarge'],
  instanceCount: 1,
  volumeGb: 30,
  maxRuntime: seconds(3600),
  environment: undefined,
  subnets: undefined,
  securityGroups: undefined,
  kmsKey: undefined,
  networkIsolation: false,
  tags: undefined,
  reuse: 'run',
  wait: true,
  waitTimeout: seconds(19_800),
  onTimeout: 'leave',
  onCancel: 'stop',
  logs: 'tail',
  capacityRetries: 3,
  quotaWait: seconds(1200),
  internalRetries: 3,
  pricePerHour: undefined,
  maxCost: undefined,
}

const NO_LOGS: TailedJobLogs = {
  next: () => Promise.resolve<readonly LogLine[]>([]),
  tail: () => Promise.resolve<readonly LogLine[]>([]),
}

export interface WorldOptions {
  readonly inputs?: Partial<JobInputs>
  readonly identity?: Partial<RunIdentity>
  readonly onSpotTimeout?: 'fail' | 'on-demand'
  readonly logs?: TailedJobLogs
}

/** A run of a job on fakes, with everything around it that a test may want to look at. */
export const world = (options: WorldOptions = {}) => {
  const clock = sleepingClock()
  const { log, lines } = recordingLog()
  const state = new Map<string, string>()
  const abort = new AbortController()
  const sagemaker = fakeJobs<FakeRequest & { readonly onDemand: boolean }>({
    kind: 'training',
    clock,
    read: (request) => request,
  })
  const who = { ...identity, ...options.identity }
  const context: JobContext = {
    clock,
    random: { next: () => 0 },
    log,
    environment: {},
    identity: who,
    signal: abort.signal,
    state: { save: (key, value) => void state.set(key, value), load: (key) => state.get(key) },
  }
  const inputs = { ...INPUTS, ...options.inputs }
  const prepared: string[] = []
  const run = jobRun<FakeRequest & { readonly onDemand: boolean }>({
    kind: 'training',
    region: 'us-east-1',
    inputs,
    onSpotTimeout: options.onSpotTimeout ?? 'fail',
    key: KEY,
    context,
    beforeFirst: (name) => {
      prepared.push(name)
      return Promise.resolve()
    },
    request: (attempt) => ({ ...attempt, startedBy: `${who.runId}/${who.runAttempt}` }),
  })
  const ports: JobPorts<FakeRequest & { readonly onDemand: boolean }> = {
    jobs: sagemaker.jobs,
    logsOf: () => options.logs ?? NO_LOGS,
  }
  const elapsed = (from: EpochMs) => (clock.now() - from) / 1000
  return {
    clock,
    lines,
    state,
    abort,
    sagemaker,
    context,
    inputs,
    prepared,
    run,
    ports,
    elapsed,
    startedAt: clock.now(),
  }
}
