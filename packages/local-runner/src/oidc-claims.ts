// https://docs.github.com/en/actions/reference/security/oidc#oidc-token-claims
import { idOf } from './events.ts'
import { ACTOR, workflowRef } from './contexts.ts'
import type { Claims } from './issuer.ts'
import type { Frame } from './run-state.ts'

const subjectContext = ({ run: { event } }: Frame, environment: string | undefined): string => {
  if (environment !== undefined) return `environment:${environment}`
  return event.name === 'pull_request' ? 'pull_request' : `ref:${event.ref}`
}

// Repositories made since 2026-07-15 carry their ids in the subject, so that a re-used name is another subject:
// https://github.blog/changelog/2026-04-23-immutable-subject-claims-for-github-actions-oidc-tokens/
const subjectRepository = (repository: string, immutable: boolean): string => {
  const [owner = '', name = ''] = repository.split('/')
  return immutable ? `${owner}@${idOf(owner)}/${name}@${idOf(repository)}` : repository
}

/** The claims of a job's OIDC tokens. */
export const claimsOf = (frame: Frame, environment: string | undefined): Claims => {
  const { run, workflow } = frame
  const { repository, event, identity } = run
  const [owner = ''] = repository.split('/')
  return {
    sub: `repo:${subjectRepository(repository, run.immutableSubject)}:${subjectContext(frame, environment)}`,
    repository,
    repository_id: String(idOf(repository)),
    repository_owner: owner,
    repository_owner_id: String(idOf(owner)),
    repository_visibility: 'public',
    ref: event.ref,
    ref_type: event.ref.startsWith('refs/tags/') ? 'tag' : 'branch',
    ref_protected: 'false',
    sha: event.sha,
    base_ref: event.baseRef,
    head_ref: event.headRef,
    event_name: event.name,
    actor: ACTOR,
    actor_id: String(idOf(ACTOR)),
    run_id: identity.runId,
    run_number: identity.runNumber,
    run_attempt: String(identity.runAttempt),
    runner_environment: 'self-hosted',
    workflow: run.program.root.name,
    workflow_ref: workflowRef(run, run.program.root.path),
    workflow_sha: event.sha,
    job_workflow_ref: workflowRef(run, workflow.path),
    job_workflow_sha: event.sha,
    ...(environment === undefined ? {} : { environment }),
  }
}
