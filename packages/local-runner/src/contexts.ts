// https://docs.github.com/en/actions/reference/workflows-and-actions/contexts
import { type Contexts, textOf, type Value } from './expressions.ts'
import { idOf } from './events.ts'
import type { Frame, Need, Run } from './run-state.ts'

/** What GITHUB_* variables are made from: the keys of the `github` context that actions/runner exports. */
const EXPORTED = [
  'actor',
  'actor_id',
  'api_url',
  'base_ref',
  'event_name',
  'event_path',
  'graphql_url',
  'head_ref',
  'job',
  'ref',
  'ref_name',
  'ref_protected',
  'ref_type',
  'repository',
  'repository_id',
  'repository_owner',
  'repository_owner_id',
  'retention_days',
  'run_attempt',
  'run_id',
  'run_number',
  'server_url',
  'sha',
  'triggering_actor',
  'workflow',
  'workflow_ref',
  'workflow_sha',
  'workspace',
]

export const ACTOR = 'local'

const refName = (ref: string) => ref.replace(/^refs\/(heads|tags|pull)\//, '')

/** Who started a workflow file, as `owner/repo/path@ref`. */
export const workflowRef = ({ repository, event }: Run, path: string): string => `${repository}/${path}@${event.ref}`

/** The `github` context of a frame, without what belongs to a job. */
export const githubContext = ({ run }: Pick<Frame, 'run'>): { readonly [key: string]: Value } => {
  const { event, identity, repository, program } = run
  const [owner = ''] = repository.split('/')
  return {
    actor: ACTOR,
    actor_id: String(idOf(ACTOR)),
    api_url: 'https://api.github.com',
    base_ref: event.baseRef,
    event: event.payload,
    event_name: event.name,
    event_path: run.eventPath,
    graphql_url: 'https://api.github.com/graphql',
    head_ref: event.headRef,
    ref: event.ref,
    ref_name: refName(event.ref),
    ref_protected: false,
    ref_type: event.ref.startsWith('refs/tags/') ? 'tag' : 'branch',
    repository,
    repository_id: String(idOf(repository)),
    repository_owner: owner,
    repository_owner_id: String(idOf(owner)),
    repositoryUrl: `git://github.com/${repository}.git`,
    retention_days: '90',
    run_attempt: String(identity.runAttempt),
    run_id: identity.runId,
    run_number: identity.runNumber,
    server_url: 'https://github.com',
    sha: event.sha,
    triggering_actor: ACTOR,
    workflow: program.root.name,
    workflow_ref: workflowRef(run, program.root.path),
    workflow_sha: event.sha,
  }
}

const needsContext = (needs: Readonly<Record<string, Need>>): Value =>
  Object.fromEntries(Object.entries(needs).map(([id, { result, outputs }]) => [id, { result, outputs }]))

/** Contexts that exist before a job has a runner. */
export const frameContexts = (frame: Frame, needs: Readonly<Record<string, Need>>): Contexts => ({
  github: githubContext(frame),
  inputs: frame.inputs,
  vars: frame.run.variables,
  needs: needsContext(needs),
})

/** The `github` context as variables of a process. */
export const githubVariables = (github: { readonly [key: string]: Value }): Readonly<Record<string, string>> =>
  Object.fromEntries(
    EXPORTED.flatMap((key) => {
      const value = github[key]
      return value === undefined || value === null ? [] : [[`GITHUB_${key.toUpperCase()}`, textOf(value)]]
    }),
  )

const ARCHITECTURES: Readonly<Record<string, string>> = { x64: 'X64', arm64: 'ARM64', arm: 'ARM', ia32: 'X86' }
const SYSTEMS: Readonly<Record<string, string>> = { linux: 'Linux', darwin: 'macOS', win32: 'Windows' }

export const runnerContext = (temporary: string, toolCache: string): Readonly<Record<string, string>> => ({
  name: 'local-runner',
  os: SYSTEMS[process.platform] ?? process.platform,
  arch: ARCHITECTURES[process.arch] ?? process.arch,
  temp: temporary,
  tool_cache: toolCache,
  environment: 'self-hosted',
})

export const runnerVariables = (runner: Readonly<Record<string, string>>): Readonly<Record<string, string>> =>
  Object.fromEntries(Object.entries(runner).map(([key, value]) => [`RUNNER_${key.toUpperCase()}`, value]))
