// What starts a run: https://docs.github.com/en/actions/reference/workflows-and-actions/events-that-trigger-workflows
import { staticScope, textOf, type Value } from './expressions.ts'
import { branchObjection, type Objection, pathObjection, refObjection, typeObjection } from './filters.ts'
import { changedBetween, tryGit } from './git.ts'
import { readInputs } from './inputs.ts'
import { RefusedError } from './refusal.ts'
import { fieldsOf, itemsOf, literalOf } from './tokens.ts'
import type { Workflow } from './workflow-file.ts'

export const EVENTS = ['push', 'pull_request', 'schedule', 'workflow_dispatch', 'repository_dispatch'] as const
export type EventName = (typeof EVENTS)[number]

export type Payload = { readonly [key: string]: Value }

export interface EventRequest {
  readonly repo: string
  readonly repository: string
  readonly name: EventName
  readonly payload: Payload
  readonly inputs: Readonly<Record<string, string>>
  readonly ref: string | undefined
  readonly sha: string | undefined
  readonly actor: string
}

export interface TriggeredEvent {
  readonly name: EventName
  readonly payload: Payload
  readonly ref: string
  readonly sha: string
  /** Of pull requests alone; empty otherwise. */
  readonly baseRef: string
  readonly headRef: string
  /** Its number. */
  readonly pull: string
  readonly inputs: { readonly [name: string]: Value }
  readonly isFork: boolean
}

const NO_COMMIT = '0'.repeat(40)

const isRecord = (value: Value | undefined): value is Payload =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

const at = (value: Value | undefined, ...keys: readonly string[]): Value | undefined =>
  keys.reduce<Value | undefined>((inner, key) => (isRecord(inner) ? inner[key] : undefined), value)

const textAt = (value: Value | undefined, ...keys: readonly string[]): string => {
  const found = at(value, ...keys)
  return typeof found === 'string' ? found : ''
}

const merge = (base: Payload, over: Payload): Payload => {
  const merged: Record<string, Value> = { ...base }
  for (const [key, value] of Object.entries(over)) {
    const known = merged[key]
    merged[key] = isRecord(known) && isRecord(value) ? merge(known, value) : value
  }
  return merged
}

/** Stable numbers for names, because payloads and tokens carry ids. */
export const idOf = (name: string): number =>
  Buffer.from(name).reduce((sum, byte) => (sum * 31 + byte) % 1_000_000_007, 7)

const repositoryOf = (slug: string): Payload => {
  const [owner = '', name = ''] = slug.split('/')
  return {
    id: idOf(slug),
    name,
    full_name: slug,
    private: false,
    fork: false,
    owner: { login: owner, id: idOf(owner), type: 'Organization' },
    html_url: `https://github.com/${slug}`,
    default_branch: 'main',
  }
}

const commitOf = (repo: string, sha: string): Payload => {
  const [id = sha, timestamp = '', name = '', email = '', ...message] = (
    tryGit(repo, 'log', '-1', '--format=%H%n%cI%n%an%n%ae%n%B', sha) ?? ''
  ).split('\n')
  const author = { name, email, username: name }
  return { id: id === '' ? sha : id, message: message.join('\n').trim(), timestamp, author, committer: author }
}

const pushPayload = ({ repo, actor }: EventRequest, ref: string, sha: string): Payload => {
  const before = tryGit(repo, 'rev-parse', '--verify', '--quiet', `${sha}^`)?.trim() ?? NO_COMMIT
  const head = commitOf(repo, sha)
  return {
    ref,
    before,
    after: sha,
    base_ref: null,
    created: before === NO_COMMIT,
    deleted: false,
    forced: false,
    commits: [head],
    head_commit: head,
    pusher: { name: actor },
  }
}

const pullRequestPayload = ({ repository }: EventRequest, sha: string): Payload => {
  const repo = repositoryOf(repository)
  return {
    action: 'opened',
    number: 1,
    pull_request: {
      number: 1,
      title: 'A change',
      state: 'open',
      draft: false,
      merged: false,
      head: { ref: 'change', sha, repo },
      base: { ref: 'main', sha, repo },
    },
  }
}

const scheduleOf = (workflow: Workflow): string =>
  literalOf(fieldsOf(itemsOf(workflow.events.get('schedule')?.value)[0]).get('cron')) ?? ''

const ownPayload = (request: EventRequest, workflow: Workflow, ref: string, sha: string): Payload => {
  switch (request.name) {
    case 'push':
      return pushPayload(request, ref, sha)
    case 'pull_request':
      return pullRequestPayload(request, sha)
    case 'schedule':
      return { schedule: scheduleOf(workflow), workflow: workflow.path }
    case 'workflow_dispatch':
      return { ref, workflow: workflow.path }
    case 'repository_dispatch':
      return { action: '', branch: 'main', client_payload: {} }
  }
}

const currentRef = (repo: string): string =>
  tryGit(repo, 'symbolic-ref', '--quiet', 'HEAD')?.trim() ?? 'refs/heads/main'

const refOf = (request: EventRequest): string => {
  if (request.name === 'pull_request') return `refs/pull/${textOf(at(request.payload, 'number') ?? 1)}/merge`
  const sent = textAt(request.payload, 'ref')
  return request.ref ?? (sent === '' ? currentRef(request.repo) : sent)
}

const shaOf = (request: EventRequest): string => {
  const sent = request.sha ?? textAt(request.payload, 'after')
  const name = sent === '' ? 'HEAD' : sent
  const found = tryGit(request.repo, 'rev-parse', '--verify', `${name}^{commit}`)?.trim()
  if (found !== undefined) return found
  const what = `git knows no commit ${name}`
  const why = `${request.repo} is no git repository, has no commit, or not this one`
  throw new RefusedError([{ file: request.repo, place: '1:1', what, why, hint: 'check --repo and --sha' }])
}

/** Builds the event whole. `faults` are wrong inputs, in words. Throws a RefusedError when the commit is unknown. */
export const triggerEvent = (
  request: EventRequest,
  workflow: Workflow,
): { readonly event: TriggeredEvent; readonly faults: readonly string[] } => {
  const [ref, sha] = [refOf(request), shaOf(request)]
  const shared = {
    repository: repositoryOf(request.repository),
    sender: { login: request.actor, id: idOf(request.actor) },
  }
  const payload = merge(merge(shared, ownPayload(request, workflow, ref, sha)), request.payload)
  const dispatch = request.name === 'workflow_dispatch' ? workflow.events.get('workflow_dispatch') : undefined
  const given = { ...(isRecord(payload['inputs']) ? payload['inputs'] : {}), ...request.inputs }
  const { values, faults } = readInputs(dispatch?.fields.get('inputs'), given, staticScope({}))
  const asText = Object.fromEntries(Object.entries(values).map(([name, value]) => [name, textOf(value)]))
  return {
    event: {
      name: request.name,
      payload: dispatch === undefined ? payload : { ...payload, inputs: asText },
      ref,
      sha,
      baseRef: textAt(payload, 'pull_request', 'base', 'ref'),
      headRef: textAt(payload, 'pull_request', 'head', 'ref'),
      pull: textOf(at(payload, 'pull_request', 'number') ?? ''),
      inputs: values,
      isFork: at(payload, 'pull_request', 'head', 'repo', 'fork') === true,
    },
    faults,
  }
}

const listedPaths = (payload: Payload): readonly string[] | undefined => {
  const commits = at(payload, 'commits')
  if (!Array.isArray(commits)) return undefined
  const listed = commits.flatMap((commit: Value) =>
    ['added', 'removed', 'modified'].map((kind) => at(commit, kind)).filter((paths) => Array.isArray(paths)),
  )
  return listed.length === 0 ? undefined : listed.flat().map((path) => textOf(path as Value))
}

const pushedPaths = (repo: string, payload: Payload): readonly string[] | undefined => {
  const [before, after] = [textAt(payload, 'before'), textAt(payload, 'after')]
  return listedPaths(payload) ?? (before === NO_COMMIT ? undefined : changedBetween(repo, before, after))
}

// A pull request is compared from where it left its base (three-dot diff).
const pullRequestPaths = (repo: string, payload: Payload): readonly string[] | undefined => {
  const [base, head] = ['base', 'head'].map((side) => textAt(payload, 'pull_request', side, 'sha'))
  const fork = tryGit(repo, 'merge-base', base ?? '', head ?? '')?.trim()
  return fork === undefined ? undefined : changedBetween(repo, fork, head ?? '')
}

/** https://docs.github.com/en/actions/reference/workflows-and-actions/events-that-trigger-workflows#pull_request */
const USUAL_PULL_REQUEST_TYPES = ['opened', 'synchronize', 'reopened']

/** Why a workflow does not listen to an event, in one sentence; undefined when it does. */
export const objectionTo = (workflow: Workflow, event: TriggeredEvent, repo: string): Objection => {
  const listener = workflow.events.get(event.name)
  if (listener === undefined) return `it does not listen to ${event.name}`
  const { fields } = listener
  const action = textAt(event.payload, 'action')
  const needsPaths = fields.has('paths') || fields.has('paths-ignore')
  if (event.name === 'push') {
    const isTag = event.ref.startsWith('refs/tags/')
    const changed = needsPaths && !isTag ? pushedPaths(repo, event.payload) : undefined
    return refObjection(fields, event.ref) ?? pathObjection(fields, changed)
  }
  if (event.name === 'pull_request')
    return (
      typeObjection(fields, action, USUAL_PULL_REQUEST_TYPES) ??
      branchObjection(fields, event.baseRef) ??
      pathObjection(fields, needsPaths ? pullRequestPaths(repo, event.payload) : undefined)
    )
  return event.name === 'repository_dispatch' ? typeObjection(fields, action, undefined) : undefined
}
