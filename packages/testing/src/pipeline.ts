import { spawn } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { RunRecord } from '@mlops/local-runner'
import {
  APPROVE_ROLE,
  CI_ROLE,
  CLUSTER_NAME,
  DEPLOY_ROLE_PREFIX,
  EXECUTION_ROLE,
  IMAGE,
  REGION,
  REPOSITORY,
} from './account.ts'

const root = join(import.meta.dirname, '../../..')

export interface PipelineOptions {
  readonly endpoint: string
  /** Private key of the issuer that the account trusts. */
  readonly privateKeyPem: string
  readonly event: string
  /** File in .github/workflows; the reference pipeline by default. */
  readonly workflow?: string
  readonly payload?: unknown
  readonly inputs?: Readonly<Record<string, string>>
  readonly ref?: string
  readonly sha?: string
  readonly runId?: string
  readonly runAttempt?: string
  /** The repository whose workflow runs; this one by default. */
  readonly repository?: string
  readonly variables?: Readonly<Record<string, string>>
  /** Where the run can release to; without a cluster it ends with the image. */
  readonly cluster?: {
    /** Folder with kubectl, as GitHub's runners have it. */
    readonly bin: string
    /** Files that the releases of environments wait for. */
    readonly holds?: Readonly<Record<string, string>>
  }
  readonly out: string
  /** Where the runner's own output goes: to the terminal, or nowhere. */
  readonly stdio: 'inherit' | 'ignore'
}

export interface PipelineResult {
  readonly code: number
  /** Undefined when the workflow does not listen to the event. */
  readonly record: RunRecord | undefined
}

export interface RunningPipeline {
  readonly pid: number
  readonly kill: (signal: NodeJS.Signals) => void
  readonly done: Promise<PipelineResult>
}

/** The repository variables that docs/quickstart.md asks for, as the local account has them. */
const VARIABLES: Readonly<Record<string, string>> = {
  AWS_REGION: REGION,
  AWS_ROLE_APPROVE: APPROVE_ROLE,
  AWS_ROLE_CI: CI_ROLE,
  AWS_ROLE_DEPLOY_PREFIX: DEPLOY_ROLE_PREFIX,
  MLOPS_BUCKET_PREFIX: 'mlops',
  SAGEMAKER_EXECUTION_ROLE: EXECUTION_ROLE,
  SAGEMAKER_IMAGE: IMAGE,
}

const flags = (name: string, values: Readonly<Record<string, string>>) =>
  Object.entries(values).flatMap(([key, value]) => [`--${name}`, `${key}=${value}`])
const flag = (name: string, value: string | undefined) => (value === undefined ? [] : [`--${name}`, value])

const recordIn = (out: string): RunRecord | undefined => {
  try {
    return JSON.parse(readFileSync(join(out, 'run.json'), 'utf8')) as RunRecord
  } catch {
    return undefined
  }
}

/** Starts the reference workflow by local-runner, as a process of its own. */
export const startPipeline = (options: PipelineOptions): RunningPipeline => {
  const folder = mkdtempSync(join(tmpdir(), 'pipeline-'))
  const key = join(folder, 'key.pem')
  writeFileSync(key, options.privateKeyPem, { mode: 0o600 })
  const payload = join(folder, 'payload.json')
  if (options.payload !== undefined) writeFileSync(payload, JSON.stringify(options.payload))
  const { cluster } = options
  const released = cluster === undefined ? {} : { EKS_CLUSTER: CLUSTER_NAME }
  const args = [
    ...['--repo', options.repository ?? root],
    ...['--workflow', `.github/workflows/${options.workflow ?? 'mlops-pipeline.yml'}`],
    ...['--event', options.event],
    ...['--repository', REPOSITORY],
    ...['--ref', options.ref ?? 'refs/heads/main'],
    ...flag('sha', options.sha),
    ...flag('payload', options.payload === undefined ? undefined : payload),
    ...flag('run-id', options.runId),
    ...flag('run-attempt', options.runAttempt),
    ...flags('input', options.inputs ?? {}),
    ...flags('var', { ...VARIABLES, ...released, ...options.variables }),
    ...flags('hold', cluster?.holds ?? {}),
    ...flags('env', { AWS_ENDPOINT_URL: options.endpoint }),
    ...['--oidc-key', key],
    ...['--out', options.out],
  ]
  const child = spawn(process.execPath, [join(root, 'build/local-runner.mjs'), ...args], {
    stdio: ['ignore', options.stdio, options.stdio],
    env: { ...process.env, PATH: [...(cluster === undefined ? [] : [cluster.bin]), process.env['PATH']].join(':') },
  })
  const done = new Promise<PipelineResult>((resolve, reject) => {
    child.on('error', reject)
    child.on('close', (code) => {
      rmSync(folder, { recursive: true, force: true })
      resolve({ code: code ?? 1, record: recordIn(options.out) })
    })
  })
  return { pid: child.pid ?? 0, kill: (signal) => child.kill(signal), done }
}
