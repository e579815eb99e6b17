import { randomUUID } from 'node:crypto'
import { setMaxListeners } from 'node:events'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createArtifactStore } from './artifact-store.ts'
import { createComments } from './comments.ts'
import { createGroups } from './concurrency.ts'
import { frameContexts, ACTOR } from './contexts.ts'
import { hostEnvironment } from './environment.ts'
import { type EventName, objectionTo, type Payload, triggerEvent } from './events.ts'
import { evaluateText, staticScope } from './expressions.ts'
import { createIssuer } from './issuer.ts'
import { createMasks } from './masks.ts'
import { runFrame } from './plan.ts'
import { GITHUB_GRACE } from './processes.ts'
import { loadProgram } from './program.ts'
import { type Refusal, RefusedError } from './refusal.ts'
import { createRecordBook, type JobRecord, type RunRecord } from './run-record.ts'
import type { Frame, Run, RunIdentity, Timing } from './run-state.ts'
import { writeResults } from './results.ts'
import { startWatchdog } from './watchdog.ts'

export const GITHUB_TIMING: Timing = { minuteMs: 60_000, grace: GITHUB_GRACE, cancelLimitMs: 300_000 }

export interface RunOptions {
  /** Absolute. */
  readonly repo: string
  /** Relative to the repository. */
  readonly workflow: string
  readonly event: EventName
  readonly payload: Payload
  readonly inputs: Readonly<Record<string, string>>
  readonly ref: string | undefined
  readonly sha: string | undefined
  readonly variables: Readonly<Record<string, string>>
  readonly secrets: Readonly<Record<string, string>>
  readonly environment: Readonly<Record<string, string>>
  /** Jobs of these environments wait until a file is there, as for a reviewer. */
  readonly holds: Readonly<Record<string, string>>
  readonly repository: string
  readonly identity: RunIdentity
  readonly oidcKey: string | undefined
  readonly immutableSubject: boolean
  /** Where the results go; undefined keeps none. */
  readonly out: string | undefined
  readonly cacheFolder: string
  readonly timing: Timing
  /** Cancels the run, as the button does. */
  readonly cancel: AbortSignal
  /** Kills everything at once. */
  readonly stop: AbortSignal
  readonly onJob: (job: JobRecord) => void
}

export type RunEnd =
  | { readonly kind: 'ran'; readonly record: RunRecord }
  /** The workflow does not listen to the event. */
  | { readonly kind: 'deaf'; readonly because: string }
  | { readonly kind: 'refused'; readonly refusals: readonly Refusal[] }

const linked = (outer: AbortSignal): AbortController => {
  const controller = new AbortController()
  const abort = () => controller.abort()
  if (outer.aborted) abort()
  else outer.addEventListener('abort', abort)
  return controller
}

interface Stops {
  readonly cancelled: AbortSignal
  readonly stopped: AbortSignal
  readonly cancel: () => void
  readonly close: () => void
}

// https://docs.github.com/en/actions/reference/workflows-and-actions/workflow-cancellation : 5 minutes after a cancel
// everything is ended, also the jobs whose condition let them go on.
const createStops = ({ cancel, stop, timing }: RunOptions): Stops => {
  const [cancelling, stopping] = [linked(cancel), linked(stop)]
  // Every job listens to both, and there may be hundreds.
  setMaxListeners(0, cancelling.signal, stopping.signal)
  let limit: NodeJS.Timeout | undefined
  const begin = () => {
    limit = setTimeout(() => stopping.abort(), timing.cancelLimitMs)
  }
  if (cancelling.signal.aborted) begin()
  else cancelling.signal.addEventListener('abort', begin)
  return {
    cancelled: cancelling.signal,
    stopped: stopping.signal,
    cancel: () => cancelling.abort(),
    close: () => clearTimeout(limit),
  }
}

const inputRefusals = (path: string, faults: readonly string[]): readonly Refusal[] =>
  faults.map((what) => ({
    file: path,
    place: '1:1',
    what,
    why: 'GitHub would not start the run',
    hint: 'check --input',
  }))

const runNameOf = (frame: Frame): string => {
  const token = frame.workflow.fields.get('run-name')
  return token === undefined ? frame.workflow.name : evaluateText(token, staticScope(frameContexts(frame, {})))
}

const recordOf = (run: Run, frame: Frame, result: RunRecord['result'], started: number): RunRecord => ({
  schema: 1,
  workflow: { name: frame.workflow.name, path: frame.workflow.path, runName: runNameOf(frame) },
  repository: run.repository,
  event: { name: run.event.name, ref: run.event.ref, sha: run.event.sha },
  ...run.identity,
  inputs: frame.inputs,
  result,
  started: new Date(started).toISOString(),
  finished: new Date().toISOString(),
  seconds: (Date.now() - started) / 1000,
  jobs: run.book.jobs(),
  annotations: run.book.annotations(),
  outsideActions: run.book.outsideUses(),
  artifacts: run.artifacts.list(),
  refusals: [],
})

const perform = async (options: RunOptions, program: Run['program'], event: Run['event']): Promise<RunEnd> => {
  const started = Date.now()
  const folder = mkdtempSync(join(tmpdir(), 'local-runner-'))
  const results = options.out ?? join(folder, 'results')
  const logFolder = join(results, 'logs')
  for (const path of [logFolder, options.cacheFolder]) mkdirSync(path, { recursive: true })
  const eventPath = join(folder, 'event.json')
  writeFileSync(eventPath, JSON.stringify(event.payload, undefined, 2))
  const stops = createStops(options)
  const trackingPrefix = `github_${randomUUID()}`
  const watchdog = startWatchdog(trackingPrefix, folder)
  const secrets = event.isFork ? {} : options.secrets
  const run: Run = {
    repo: options.repo,
    repository: options.repository,
    identity: options.identity,
    event,
    variables: options.variables,
    secrets,
    hostEnvironment: hostEnvironment(process.env, options.environment),
    holds: options.holds,
    program,
    folder,
    logFolder,
    eventPath,
    masks: createMasks(Object.values(secrets)),
    stopped: stops.stopped,
    issuer: createIssuer(options.oidcKey === undefined ? {} : { privateKeyPem: options.oidcKey }),
    immutableSubject: options.immutableSubject,
    book: createRecordBook(options.onJob),
    artifacts: createArtifactStore(join(results, 'artifacts')),
    comments: createComments(join(results, 'comments.json')),
    groups: createGroups(join(options.cacheFolder, 'concurrency', options.repository.replace('/', '_'))),
    timing: options.timing,
    cacheFolder: options.cacheFolder,
    trackingPrefix,
  }
  const frame: Frame = {
    run,
    workflow: program.root,
    idPrefix: '',
    namePrefix: '',
    inputs: event.inputs,
    secrets,
    permissions: undefined,
    cancelled: stops.cancelled,
    cancel: stops.cancel,
  }
  try {
    const { result } = await runFrame(frame)
    const record = recordOf(run, frame, result, started)
    if (options.out !== undefined) writeResults(options.out, record, run.book.summaries(), run.masks)
    return { kind: 'ran', record }
  } finally {
    stops.close()
    watchdog.dismiss()
    rmSync(folder, { recursive: true, force: true })
  }
}

const writeRefusals = (
  { out, workflow, repository, event, ref, sha, identity, inputs }: RunOptions,
  refusals: readonly Refusal[],
) => {
  if (out === undefined) return
  const now = new Date().toISOString()
  const record: RunRecord = {
    schema: 1,
    workflow: { name: workflow, path: workflow, runName: workflow },
    repository,
    event: { name: event, ref: ref ?? '', sha: sha ?? '' },
    ...identity,
    inputs,
    result: 'failure',
    started: now,
    finished: now,
    seconds: 0,
    jobs: [],
    annotations: [],
    outsideActions: [],
    artifacts: [],
    refusals,
  }
  writeResults(out, record, [], createMasks())
}

const attempt = async (options: RunOptions): Promise<RunEnd> => {
  try {
    const program = await loadProgram(options.repo, options.repository, options.workflow)
    const request = { ...options, name: options.event, actor: ACTOR }
    const { event, faults } = triggerEvent(request, program.root)
    const because = objectionTo(program.root, event, options.repo)
    if (because !== undefined) return { kind: 'deaf', because }
    if (faults.length > 0) return { kind: 'refused', refusals: inputRefusals(options.workflow, faults) }
    return await perform(options, program, event)
  } catch (error) {
    if (error instanceof RefusedError) return { kind: 'refused', refusals: error.refusals }
    throw error
  }
}

/** Runs a workflow file for an event, or says why not. */
export const runWorkflow = async (options: RunOptions): Promise<RunEnd> => {
  const end = await attempt(options)
  if (end.kind === 'refused') writeRefusals(options, end.refusals)
  return end
}
