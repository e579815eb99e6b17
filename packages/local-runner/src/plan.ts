// The order of jobs: https://docs.github.com/en/actions/reference/workflows-and-actions/workflow-syntax#jobsjob_idneeds
import { setMaxListeners } from 'node:events'
import { approved } from './approval.ts'
import { type Call, frameOfCall, outputsOf } from './called-workflow.ts'
import { frameContexts } from './contexts.ts'
import {
  evaluateCondition,
  evaluateText,
  evaluateToken,
  isTruthy,
  type Scope,
  staticScope,
  type Status,
  type Value,
} from './expressions.ts'
import { displayName, environmentName, jobContexts, runJob } from './job.ts'
import { createJobControl, type JobControl } from './job-control.ts'
import { type Combination, type Strategy, strategyOf, suffixOf } from './matrix.ts'
import { asFork, effectivePermissions, type Permissions } from './permissions.ts'
import type { GroupRequest } from './concurrency.ts'
import type { Conclusion } from './run-record.ts'
import type { Frame, Need } from './run-state.ts'
import { fieldsOf, literalOf, type Token } from './tokens.ts'
import type { JobTemplate } from './workflow-file.ts'

const messageOf = (error: unknown) => (error instanceof Error ? error.message : String(error))

/** All jobs that a job waits for, directly or not. */
const ancestorsOf = (jobs: ReadonlyMap<string, JobTemplate>, id: string): ReadonlySet<string> => {
  const found = new Set<string>()
  const visit = (job: string) => {
    for (const need of jobs.get(job)?.needs ?? [])
      if (!found.has(need)) {
        found.add(need)
        visit(need)
      }
  }
  visit(id)
  return found
}

// A failure or skip reaches every job further down: success() and failure() ask all ancestors, not the direct needs.
const statusOf = (frame: Frame, id: string, results: ReadonlyMap<string, Need>) => (): Status => {
  const cancelled = frame.cancelled.aborted
  const ancestors = [...ancestorsOf(frame.workflow.jobs, id)].map((each) => results.get(each)?.result)
  return {
    cancelled,
    success: !cancelled && ancestors.every((result) => result === 'success'),
    failure: ancestors.includes('failure'),
  }
}

/** The result of several: of a matrix, of a called workflow, of the run. */
const combine = (results: readonly Conclusion[]): Conclusion => {
  if (results.includes('failure')) return 'failure'
  if (results.includes('cancelled')) return 'cancelled'
  return results.length > 0 && results.every((result) => result === 'skipped') ? 'skipped' : 'success'
}

const needsOf = (template: JobTemplate, results: ReadonlyMap<string, Need>): Readonly<Record<string, Need>> =>
  Object.fromEntries(
    template.needs.flatMap((id) => {
      const need = results.get(id)
      return need === undefined ? [] : [[id, need]]
    }),
  )

const groupOf = (token: Token | undefined, scope: Scope): GroupRequest | undefined => {
  if (token === undefined) return undefined
  const fields = fieldsOf(token)
  const group = evaluateText(fields.size === 0 ? token : fields.get('group'), scope)
  const cancel = fields.get('cancel-in-progress')
  return {
    group,
    cancelInProgress: cancel !== undefined && isTruthy(evaluateToken(cancel, scope)),
    queue: literalOf(fields.get('queue')) === 'max' ? 'max' : 'single',
  }
}

const CANCELLED: Need = { result: 'cancelled', outputs: {} }
const SKIPPED: Need = { result: 'skipped', outputs: {} }
const FAILED: Need = { result: 'failure', outputs: {} }

/** A job whose `if` held, about to run. */
interface Admitted {
  readonly frame: Frame
  readonly template: JobTemplate
  readonly needs: Readonly<Record<string, Need>>
  readonly permissions: Permissions
  /** Whether the condition still holds; asked again when the run is cancelled. */
  readonly holdsStill: () => boolean
}

const within = async (
  request: GroupRequest | undefined,
  { run }: Frame,
  { cancelled, cancel }: Pick<JobControl, 'cancelled' | 'cancel'>,
  work: () => Promise<Need>,
): Promise<Need> => {
  if (request === undefined) return work()
  const turn = await run.groups.enter(request, cancelled, cancel)
  if (turn === undefined) return CANCELLED
  try {
    return await work()
  } finally {
    turn.release()
  }
}

// A condition that can't be evaluated any more does not hold.
const holds = (condition: () => boolean): boolean => {
  try {
    return condition()
  } catch {
    return false
  }
}

// https://docs.github.com/en/actions/reference/workflows-and-actions/workflow-cancellation : a job whose condition holds goes on.
const cancelWithRun = ({ frame, holdsStill }: Admitted, control: JobControl): (() => void) => {
  const { cancelled } = frame
  const hear = () => {
    if (!holds(holdsStill)) control.cancel()
  }
  if (cancelled.aborted) hear()
  else cancelled.addEventListener('abort', hear)
  return () => cancelled.removeEventListener('abort', hear)
}

const announce = ({ frame, template, permissions }: Admitted, id: string, name: string) =>
  frame.run.book.put({
    id,
    name,
    workflow: frame.workflow.path,
    needs: template.needs.map((need) => `${frame.idPrefix}${need}`),
    state: 'waiting',
    steps: [],
    outputs: {},
    permissions,
  })

const finish = ({ frame }: Pick<Admitted, 'frame'>, id: string, need: Need) => {
  frame.run.book.update(id, { state: 'done', ...need })
  return need
}

// A calling job has no runner of its own: its time is that of the jobs it calls.
const timed = async ({ frame }: Admitted, id: string, call: () => Promise<Need>): Promise<Need> => {
  const started = Date.now()
  frame.run.book.update(id, { state: 'running', started: new Date(started).toISOString() })
  const need = await call()
  const finished = Date.now()
  frame.run.book.update(id, { finished: new Date(finished).toISOString(), seconds: (finished - started) / 1000 })
  return need
}

const runInstance = async (
  job: Admitted,
  matrix: Combination | undefined,
  strategy: { readonly [name: string]: Value },
  control: JobControl,
): Promise<Need> => {
  const { frame, template, needs, permissions } = job
  const plan = { frame, template, needs, matrix, strategy, permissions, control }
  const contexts = jobContexts(plan)
  const scope: Scope = { contexts, status: control.status }
  const id = `${frame.idPrefix}${template.id}${suffixOf(matrix)}`
  const name = `${frame.namePrefix}${displayName(template, suffixOf(matrix), scope)}`
  announce(job, id, name)
  const release = cancelWithRun(job, control)
  const cancelled = AbortSignal.any([frame.cancelled, control.cancelled])
  setMaxListeners(0, cancelled)
  const work = async () =>
    template.fields.has('uses')
      ? timed(job, id, async () =>
          callWorkflow({ caller: frame, template, contexts, permissions, id, name, cancelled }),
        )
      : runJob({ ...plan, id })
  try {
    const environment = environmentName(template.fields.get('environment'), scope)
    const isApproved = await approved(frame.run.holds[environment ?? ''], control.cancelled)
    if (!isApproved || control.cancelled.aborted) return finish(job, id, CANCELLED)
    return finish(job, id, await within(groupOf(template.fields.get('concurrency'), scope), frame, control, work))
  } finally {
    release()
  }
}

// A fault in the settings of a job is its failure, and no other job's.
const broken = (job: Admitted, matrix: Combination | undefined, error: unknown): Need => {
  const { frame, template } = job
  const id = `${frame.idPrefix}${template.id}${suffixOf(matrix)}`
  frame.run.book.annotate({ level: 'error', message: messageOf(error), job: id })
  if (frame.run.book.job(id) === undefined) announce(job, id, `${frame.namePrefix}${template.id}${suffixOf(matrix)}`)
  return finish(job, id, FAILED)
}

const strategyContext = (strategy: Strategy, index: number) => ({
  'fail-fast': strategy.failFast,
  'job-index': index,
  'job-total': strategy.combinations.length,
  'max-parallel': strategy.maxParallel,
})

const runMatrix = async (job: Admitted, strategy: Strategy): Promise<Need> => {
  const { timing, stopped } = job.frame.run
  const instances = strategy.combinations.map((matrix, index) => ({
    matrix,
    context: strategyContext(strategy, index),
    control: createJobControl(timing.cancelLimitMs, stopped),
  }))
  const waiting = [...instances]
  const ended: Need[] = []
  const work = async () => {
    for (let next = waiting.shift(); next !== undefined; next = waiting.shift()) {
      const { matrix, context, control } = next
      const need = await runInstance(job, matrix, context, control).catch((error: unknown) =>
        broken(job, matrix, error),
      )
      ended.push(need)
      if (need.result === 'failure' && strategy.failFast) for (const each of instances) each.control.cancel()
    }
  }
  await Promise.all(Array.from({ length: Math.max(1, strategy.maxParallel) }, work))
  for (const { control } of instances) control.close()
  return {
    result: combine(ended.map(({ result }) => result)),
    outputs: Object.assign({}, ...ended.map(({ outputs }) => outputs)) as Readonly<Record<string, string>>,
  }
}

const callWorkflow = async (call: Call): Promise<Need> => {
  const { frame, faults } = frameOfCall(call)
  for (const message of faults) frame.run.book.annotate({ level: 'error', message, job: call.id })
  return faults.length > 0 ? FAILED : runFrame(frame)
}

const admit = async (frame: Frame, template: JobTemplate, results: ReadonlyMap<string, Need>): Promise<Need> => {
  const needs = needsOf(template, results)
  const scope: Scope = { contexts: frameContexts(frame, needs), status: statusOf(frame, template.id, results) }
  const condition = template.fields.get('if')
  const holdsStill = () => evaluateCondition(condition, scope)
  const own = effectivePermissions(
    template.fields.get('permissions'),
    frame.workflow.fields.get('permissions'),
    frame.permissions,
  )
  const permissions = frame.run.event.isFork ? asFork(own) : own
  const job: Admitted = { frame, template, needs, permissions, holdsStill }
  const id = `${frame.idPrefix}${template.id}`
  try {
    if (holdsStill()) return await runMatrix(job, strategyOf(template.fields.get('strategy'), scope))
    announce(job, id, `${frame.namePrefix}${literalOf(template.fields.get('name')) ?? template.id}`)
    return finish(job, id, SKIPPED)
  } catch (error) {
    return broken(job, undefined, error)
  }
}

const runAllJobs = async (frame: Frame): Promise<ReadonlyMap<string, Need>> => {
  const { jobs } = frame.workflow
  const results = new Map<string, Need>()
  const started = new Map<string, Promise<void>>()
  const start = (template: JobTemplate): Promise<void> => {
    const known = started.get(template.id)
    if (known !== undefined) return known
    const run = async () => {
      const first = template.needs.flatMap((id) => jobs.get(id) ?? [])
      await Promise.all(first.map(start))
      results.set(template.id, await admit(frame, template, results))
    }
    const promise = run()
    started.set(template.id, promise)
    return promise
  }
  await Promise.all([...jobs.values()].map(start))
  return results
}

/** Runs all jobs of a workflow. Its own `concurrency` is entered first. */
export const runFrame = async (frame: Frame): Promise<Need> => {
  const scope = staticScope(frameContexts(frame, {}))
  const group = groupOf(frame.workflow.fields.get('concurrency'), scope)
  return within(group, frame, frame, async () => {
    const results = await runAllJobs(frame)
    return {
      result: combine([...results.values()].map(({ result }) => result)),
      outputs: outputsOf(frame, results),
    }
  })
}
