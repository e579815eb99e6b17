import { appendFileSync, mkdirSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { randomBytes, randomUUID } from 'node:crypto'
import { frameContexts, githubContext, githubVariables, runnerContext, runnerVariables } from './contexts.ts'
import {
  type Contexts,
  evaluateText,
  evaluateTexts,
  evaluateToken,
  isTruthy,
  type Scope,
  textOf,
  type Value,
} from './expressions.ts'
import { serveGitHubApi } from './github-api.ts'
import type { JobControl } from './job-control.ts'
import type { Combination } from './matrix.ts'
import { claimsOf } from './oidc-claims.ts'
import type { Permissions } from './permissions.ts'
import { killOrphans, TRACKING_VARIABLE } from './processes.ts'
import type { Conclusion } from './run-record.ts'
import type { Frame, Job, Need, StepResult, StepScope } from './run-state.ts'
import { expressionsOf } from './step.ts'
import { runPreSteps, runSteps } from './steps.ts'
import { fieldsOf, literalOf, type Token } from './tokens.ts'
import type { JobTemplate } from './workflow-file.ts'

/** One instance of a job: of a matrix there are several. */
export interface JobPlan {
  readonly frame: Frame
  readonly template: JobTemplate
  readonly id: string
  readonly needs: Readonly<Record<string, Need>>
  readonly matrix: Combination | undefined
  readonly strategy: { readonly [name: string]: Value }
  readonly permissions: Permissions
  readonly control: JobControl
}

/** https://docs.github.com/en/actions/reference/workflows-and-actions/workflow-syntax#jobsjob_idtimeout-minutes */
const USUAL_TIMEOUT_MINUTES = 360

const asFileName = (id: string) => id.replaceAll(/[^\w.-]+/g, '_')

/** Contexts of a job before its steps run, the token aside. */
export const jobContexts = ({
  frame,
  needs,
  matrix,
  strategy,
}: Pick<JobPlan, 'frame' | 'needs' | 'matrix' | 'strategy'>) => ({
  ...frameContexts(frame, needs),
  matrix: matrix ?? null,
  strategy,
})

const scopeOf = (contexts: Contexts, control: JobControl): Scope => ({ contexts, status: control.status })

/** The environment that a job belongs to, if any. */
export const environmentName = (token: Token | undefined, scope: Scope): string | undefined => {
  if (token === undefined) return undefined
  const fields = fieldsOf(token)
  const name = evaluateText(fields.size === 0 ? token : fields.get('name'), scope)
  return name === '' ? undefined : name
}

interface Services {
  readonly variables: Readonly<Record<string, string>>
  readonly apiUrl: string
  readonly close: () => Promise<void>
}

const startServices = async (plan: JobPlan, token: string, environment: string | undefined): Promise<Services> => {
  const { frame, permissions } = plan
  const { run } = frame
  const api = await serveGitHubApi({
    repo: run.repo,
    repository: run.repository,
    token,
    permissions,
    comments: run.comments,
    pull: run.event.pull,
  })
  if (permissions['id-token'] !== 'write') return { variables: {}, apiUrl: api.url, close: api.close }
  const issuer = await run.issuer.serve(claimsOf(frame, environment))
  run.masks.add(issuer.requestToken)
  return {
    variables: {
      ACTIONS_ID_TOKEN_REQUEST_URL: issuer.requestUrl,
      ACTIONS_ID_TOKEN_REQUEST_TOKEN: issuer.requestToken,
    },
    apiUrl: api.url,
    close: async () => {
      await Promise.all([api.close(), issuer.close()])
    },
  }
}

const defaultsOf = ({ frame, template }: JobPlan, scope: Scope) => {
  const fields = [template.fields, frame.workflow.fields].map((owner) =>
    fieldsOf(fieldsOf(owner.get('defaults')).get('run')),
  )
  const first = (key: string) => {
    const token = fields.map((each) => each.get(key)).find((found) => found !== undefined)
    return token === undefined ? undefined : evaluateText(token, scope)
  }
  return { shell: first('shell'), workingDirectory: first('working-directory') }
}

const prepare = (plan: JobPlan, token: string, services: Services, trackingId: string): Job => {
  const { frame, template, control } = plan
  const { run } = frame
  const folder = join(run.folder, 'jobs', `${asFileName(plan.id)}-${randomUUID().slice(0, 8)}`)
  const [owner = '', name = ''] = run.repository.split('/')
  const workspace = join(folder, name === '' ? owner : name, name)
  const temporary = join(folder, '_temp')
  const toolCache = join(run.cacheFolder, 'tools')
  for (const path of [workspace, temporary, toolCache]) mkdirSync(path, { recursive: true })
  const shared = jobContexts(plan)
  const github = {
    ...githubContext(frame),
    api_url: services.apiUrl,
    graphql_url: `${services.apiUrl}/graphql`,
    job: template.id,
    token,
    workspace,
  }
  const runner = runnerContext(temporary, toolCache)
  const contexts: Contexts = { ...shared, github, runner, secrets: { ...frame.secrets, GITHUB_TOKEN: token } }
  const scope = scopeOf(contexts, control)
  const outer = evaluateTexts(frame.workflow.fields.get('env'), scope)
  const environment = new Map(Object.entries({ ...outer, ...evaluateTexts(template.fields.get('env'), scope) }))
  const logFile = join(run.logFolder, `${asFileName(plan.id)}.log`)
  return {
    run,
    id: plan.id,
    workspace,
    temporary,
    contexts,
    environment,
    searchPath: [],
    fixedEnvironment: {
      ...githubVariables(github),
      ...runnerVariables(runner),
      ...services.variables,
      GITHUB_ACTIONS: 'true',
      RUNNER_WORKSPACE: join(workspace, '..'),
      [TRACKING_VARIABLE]: trackingId,
    },
    control,
    posts: [],
    states: new Map(),
    print: (line) => appendFileSync(logFile, `${run.masks.apply(line)}\n`),
    ...defaultsOf(plan, scopeOf({ ...contexts, env: Object.fromEntries(environment) }, control)),
  }
}

const scopeFor = (job: Job): StepScope => ({
  job,
  contexts: job.contexts,
  environment: {},
  results: new Map<string, StepResult>(),
  status: job.control.status,
  fail: job.control.fail,
  stop: new AbortController().signal,
  action: undefined,
  isComposite: false,
})

const collectOutputs = (plan: JobPlan, scope: StepScope): Readonly<Record<string, string>> => {
  const { masks, book } = plan.frame.run
  const all = Object.entries(evaluateTexts(plan.template.fields.get('outputs'), expressionsOf(scope, '', {})))
  return Object.fromEntries(
    all.filter(([name, value]) => {
      if (!masks.touches(value)) return true
      // actions/runner, src/Runner.Worker/JobExtension.cs
      book.annotate({ level: 'warning', message: `Skip output '${name}' since it may contain secret.`, job: plan.id })
      return false
    }),
  )
}

const armTimeout = (plan: JobPlan, scope: Scope): (() => void) => {
  const token = plan.template.fields.get('timeout-minutes')
  const minutes = token === undefined ? USUAL_TIMEOUT_MINUTES : Number(evaluateToken(token, scope))
  const { run } = plan.frame
  const timer = setTimeout(() => {
    const message = `The job has exceeded the maximum execution time of ${minutes}m0s`
    run.book.annotate({ level: 'error', message, job: plan.id })
    plan.control.cancel()
  }, minutes * run.timing.minuteMs)
  return () => clearTimeout(timer)
}

const runAllSteps = async (plan: JobPlan, job: Job, scope: StepScope): Promise<void> => {
  await runPreSteps(plan.template.steps, scope)
  await runSteps(plan.template.steps, scope)
  for (const post of job.posts.toReversed()) await post.run()
}

// `needs.x.result` of a forgiven job is success: https://github.com/actions/runner/issues/1161
const resultOf = (plan: JobPlan, scope: Scope): Conclusion => {
  const result = plan.control.current()
  const token = plan.template.fields.get('continue-on-error')
  return result === 'failure' && token !== undefined && isTruthy(evaluateToken(token, scope)) ? 'success' : result
}

const perform = async (plan: JobPlan): Promise<Need> => {
  const { run } = plan.frame
  const token = `ghs_${randomBytes(18).toString('hex')}`
  const trackingId = `${run.trackingPrefix}_${randomUUID()}`
  run.masks.add(token)
  const early = scopeOf(jobContexts(plan), plan.control)
  const environment = environmentName(plan.template.fields.get('environment'), early)
  if (environment !== undefined) run.book.update(plan.id, { environment })
  const services = await startServices(plan, token, environment)
  let disarm: (() => void) | undefined
  let job: Job | undefined
  try {
    disarm = armTimeout(plan, early)
    job = prepare(plan, token, services, trackingId)
    const scope = scopeFor(job)
    await runAllSteps(plan, job, scope)
    return { result: resultOf(plan, early), outputs: collectOutputs(plan, scope) }
  } finally {
    disarm?.()
    plan.control.close()
    killOrphans(trackingId)
    await services.close()
    if (job !== undefined) rmSync(join(job.temporary, '..'), { recursive: true, force: true })
  }
}

/** Runs one job instance to its end. Never rejects: a fault in its own settings is the job's failure. */
export const runJob = async (plan: JobPlan): Promise<Need> => {
  const { book } = plan.frame.run
  const started = Date.now()
  book.update(plan.id, { state: 'running', started: new Date(started).toISOString() })
  const need = await perform(plan).catch((error: unknown): Need => {
    const message = error instanceof Error ? error.message : String(error)
    book.annotate({ level: 'error', message, job: plan.id })
    return { result: 'failure', outputs: {} }
  })
  book.update(plan.id, {
    state: 'done',
    ...need,
    finished: new Date().toISOString(),
    seconds: (Date.now() - started) / 1000,
  })
  return need
}

/** The name that people see: `name`, or the id with the values of its matrix. */
export const displayName = (template: JobTemplate, suffix: string, scope: Scope): string => {
  const token = template.fields.get('name')
  if (token === undefined) return `${template.id}${suffix}`
  const name = textOf(evaluateToken(token, scope))
  return literalOf(token) === undefined ? name : `${name}${suffix}`
}
