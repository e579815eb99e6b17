import { evaluateToken, evaluateTexts, isTruthy, textOf, type Contexts, type Scope, type Value } from './expressions.ts'
import { hashFiles } from './hash-files.ts'
import type { StopReason } from './processes.ts'
import type { Conclusion } from './run-record.ts'
import type { StepResult, StepScope } from './run-state.ts'
import type { Fields, Token } from './tokens.ts'
import { type Annotation, createLineReader, type Level } from './workflow-commands.ts'

/** Per level and step: https://github.com/actions/toolkit/blob/main/docs/problem-matchers.md#limitations */
const ANNOTATION_LIMIT = 10

export interface StepEnd {
  readonly failed: boolean
  readonly outputs: Readonly<Record<string, string>>
}

/** What a step's own work gets to know and to use. */
export interface StepWork {
  readonly scope: StepScope
  readonly expressions: Scope
  /** `env` of the enclosing composite's step, then the step's own. */
  readonly environment: Readonly<Record<string, string>>
  readonly stop: AbortSignal
  readonly title: string
  readonly print: (line: string) => void
  /** Takes a line of the process: commands take effect, the rest is printed. */
  readonly line: (line: string) => void
  readonly annotate: (annotation: Annotation) => void
}

export interface StepPlan {
  /** The key of `steps.<id>`; undefined for a step without one. */
  readonly id: string | undefined
  /** What GITHUB_ACTION says. */
  readonly actionName: string
  /** `env`, `timeout-minutes` and `continue-on-error`. */
  readonly fields: Fields
  readonly title: (expressions: Scope) => string
  readonly condition: (expressions: Scope) => boolean
  readonly perform: (work: StepWork) => Promise<StepEnd>
}

const messageOf = (error: unknown) => (error instanceof Error ? error.message : String(error))

const stepsContext = (results: ReadonlyMap<string, StepResult>): Value =>
  Object.fromEntries(
    [...results].map(([id, { outcome, conclusion, outputs }]) => [id, { outputs, outcome, conclusion }]),
  )

const githubOf = ({ contexts, action }: StepScope, actionName: string): Value => ({
  ...(contexts['github'] as { readonly [key: string]: Value }),
  action: actionName,
  ...(action === undefined
    ? {}
    : { action_path: action.folder, action_repository: action.repository, action_ref: action.ref }),
})

/** What expressions of a step see. */
export const expressionsOf = (
  scope: StepScope,
  actionName: string,
  environment: Readonly<Record<string, string>>,
): Scope => {
  const contexts: Contexts = {
    ...scope.contexts,
    github: githubOf(scope, actionName),
    env: { ...Object.fromEntries(scope.job.environment), ...environment },
    job: { status: scope.job.control.current() },
    steps: stepsContext(scope.results),
  }
  return {
    contexts,
    status: scope.status,
    hashFiles: (patterns) => hashFiles(scope.job.workspace, patterns),
  }
}

interface Stopper {
  readonly signal: AbortSignal
  readonly reason: () => StopReason | undefined
  readonly close: () => void
}

// When a job is cancelled, the running step goes on if its condition still holds:
// https://docs.github.com/en/actions/reference/workflows-and-actions/workflow-cancellation
const createStopper = (scope: StepScope, holdsStill: () => boolean, timeoutMs: number | undefined): Stopper => {
  const controller = new AbortController()
  const { cancelled, terminated } = scope.job.control
  const whenCancelled = () => {
    if (!holdsStill()) controller.abort('cancelled')
  }
  const links: (readonly [AbortSignal, () => void])[] = [
    [terminated, () => controller.abort('terminated')],
    [scope.stop, () => controller.abort(scope.stop.reason)],
    // A step that starts in a cancelled job was let in by its condition already.
    ...(cancelled.aborted ? [] : [[cancelled, whenCancelled] as const]),
  ]
  for (const [signal, act] of links)
    if (signal.aborted) act()
    else signal.addEventListener('abort', act)
  const timer = timeoutMs === undefined ? undefined : setTimeout(() => controller.abort('timed-out'), timeoutMs)
  return {
    signal: controller.signal,
    reason: () => controller.signal.reason as StopReason | undefined,
    close: () => {
      clearTimeout(timer)
      for (const [signal, act] of links) signal.removeEventListener('abort', act)
    },
  }
}

const timeoutOf = (token: Token | undefined, expressions: Scope, minuteMs: number): number | undefined => {
  if (token === undefined) return undefined
  const minutes = Number(evaluateToken(token, expressions))
  return minutes > 0 ? minutes * minuteMs : undefined
}

const outcomeOf = (failed: boolean, reason: StopReason | undefined): Conclusion => {
  if (reason === 'cancelled' || reason === 'terminated') return 'cancelled'
  return failed || reason === 'timed-out' ? 'failure' : 'success'
}

const createAnnotate = ({ job }: StepScope, title: string) => {
  const counts = new Map<Level, number>()
  return (annotation: Annotation) => {
    const masked = job.run.masks.apply(annotation.message)
    job.print(`##[${annotation.level}]${masked}`)
    const count = (counts.get(annotation.level) ?? 0) + 1
    counts.set(annotation.level, count)
    if (count <= ANNOTATION_LIMIT) job.run.book.annotate({ ...annotation, message: masked, job: job.id, step: title })
  }
}

const SKIPPED: StepResult = { outcome: 'skipped', conclusion: 'skipped', outputs: {} }
const BROKEN: StepResult = { outcome: 'failure', conclusion: 'failure', outputs: {} }

const record = (scope: StepScope, plan: StepPlan, title: string, result: StepResult, started: number) => {
  if (plan.id !== undefined) scope.results.set(plan.id, result)
  if (result.conclusion === 'failure') scope.fail()
  if (scope.isComposite) return
  const { book } = scope.job.run
  const step = {
    name: title,
    ...(plan.id === undefined ? {} : { id: plan.id }),
    ...result,
    started: new Date(started).toISOString(),
    seconds: (Date.now() - started) / 1000,
  }
  book.update(scope.job.id, { steps: [...(book.job(scope.job.id)?.steps ?? []), step] })
}

const performWithin = async (plan: StepPlan, work: Omit<StepWork, 'line'>): Promise<StepEnd> => {
  const line = createLineReader({
    print: work.print,
    mask: work.scope.job.run.masks.add,
    annotate: work.annotate,
  })
  try {
    return await plan.perform({ ...work, line })
  } catch (error) {
    work.annotate({ level: 'error', message: messageOf(error) })
    return { failed: true, outputs: {} }
  }
}

const forgiven = (plan: StepPlan, expressions: Scope, outcome: Conclusion): Conclusion => {
  const token = plan.fields.get('continue-on-error')
  return outcome === 'failure' && token !== undefined && isTruthy(evaluateToken(token, expressions))
    ? 'success'
    : outcome
}

// A condition that can't be evaluated any more does not hold.
const holds = (plan: StepPlan, expressions: () => Scope): boolean => {
  try {
    return plan.condition(expressions())
  } catch {
    return false
  }
}

const titleOf = (plan: StepPlan, expressions: Scope, { job }: StepScope): string => {
  try {
    return job.run.masks.apply(plan.title(expressions))
  } catch {
    // A name that can't be evaluated fails no step.
    return plan.actionName
  }
}

const start = async (
  plan: StepPlan,
  scope: StepScope,
  environment: Readonly<Record<string, string>>,
  title: string,
  annotate: (annotation: Annotation) => void,
): Promise<StepResult> => {
  const expressions = () => expressionsOf(scope, plan.actionName, environment)
  const holdsStill = () => holds(plan, expressions)
  const minutes = plan.fields.get('timeout-minutes')
  const stopper = createStopper(scope, holdsStill, timeoutOf(minutes, expressions(), scope.job.run.timing.minuteMs))
  try {
    const end = await performWithin(plan, {
      scope,
      expressions: expressions(),
      environment,
      stop: stopper.signal,
      title,
      print: scope.job.print,
      annotate,
    })
    const reason = stopper.reason()
    if (reason === 'timed-out') {
      const limit = minutes === undefined ? '' : ` after ${textOf(evaluateToken(minutes, expressions()))} minutes`
      annotate({ level: 'error', message: `The action '${title}' has timed out${limit}.` })
    }
    if (reason === 'cancelled') annotate({ level: 'error', message: 'The operation was canceled.' })
    const outcome = outcomeOf(end.failed, reason)
    return { outcome, conclusion: forgiven(plan, expressions(), outcome), outputs: end.outputs }
  } finally {
    stopper.close()
  }
}

/** Runs one step to its recorded end. Never rejects: whatever goes wrong is the step's failure. */
export const executeStep = async (plan: StepPlan, scope: StepScope): Promise<void> => {
  const started = Date.now()
  const within = expressionsOf(scope, plan.actionName, scope.environment)
  let title = plan.actionName
  const fail = (error: unknown) => {
    createAnnotate(scope, title)({ level: 'error', message: messageOf(error) })
    record(scope, plan, title, BROKEN, started)
  }
  try {
    const environment = { ...scope.environment, ...evaluateTexts(plan.fields.get('env'), within) }
    const expressions = expressionsOf(scope, plan.actionName, environment)
    const runs = plan.condition(expressions)
    title = titleOf(plan, expressions, scope)
    if (!runs || scope.job.control.terminated.aborted) return record(scope, plan, title, SKIPPED, started)
    if (!scope.isComposite) scope.job.run.book.update(scope.job.id, { step: title })
    const annotate = createAnnotate(scope, title)
    record(scope, plan, title, await start(plan, scope, environment, title, annotate), started)
  } catch (error) {
    fail(error)
  }
  return undefined
}
