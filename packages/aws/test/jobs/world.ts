import { createHash } from 'node:crypto'
import { type Arn, type JobInputs, type LogLine, type RunIdentity, seconds } from '@mlops/core'
import { fakeJobs, type FakeRequest, stepContext } from '@mlops/testing'
import type { TailedJobLogs } from '../../src/job-logs.ts'
import { jobRun, type JobPorts } from '../../src/jobs/job-run.ts'

const sha256 = (text: string): string => createHash('sha256').update(text).digest('hex')
const KEY = sha256('the work')

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
  const context = stepContext(options.identity)
  const { clock, lines, abort, identity } = context
  const sagemaker = fakeJobs<FakeRequest & { readonly onDemand: boolean }>({
    kind: 'training',
    clock,
    read: (request) => request,
  })
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
    request: (attempt) => ({ ...attempt, startedBy: `${identity.runId}/${identity.runAttempt}` }),
  })
  const ports: JobPorts<FakeRequest & { readonly onDemand: boolean }> = {
    jobs: sagemaker.jobs,
    logsOf: () => options.logs ?? NO_LOGS,
  }
  return {
    clock,
    lines,
    state: context.saved,
    abort,
    sagemaker,
    context,
    inputs,
    prepared,
    run,
    ports,
    startedAt: clock.now(),
  }
}
