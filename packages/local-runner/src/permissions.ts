// Permissions of the job token: https://docs.github.com/en/actions/reference/workflows-and-actions/workflow-syntax#permissions
import { fieldsOf, literalOf, type Token } from './tokens.ts'

type Access = 'none' | 'read' | 'write'
export type Permissions = Readonly<Record<string, Access>>

const SCOPES = [
  'actions',
  'artifact-metadata',
  'attestations',
  'checks',
  'contents',
  'deployments',
  'discussions',
  'id-token',
  'issues',
  'models',
  'packages',
  'pages',
  'pull-requests',
  'repository-projects',
  'security-events',
  'statuses',
] as const

// What a repository made today starts with ("restricted"); the other setting would hide a missing `permissions`.
const RESTRICTED: Permissions = { contents: 'read', packages: 'read' }

const RANK: Readonly<Record<Access, number>> = { none: 0, read: 1, write: 2 }

const everyScope = (access: Access): Permissions => Object.fromEntries(SCOPES.map((scope) => [scope, access]))

const isAccess = (text: string | undefined): text is Access => text === 'none' || text === 'read' || text === 'write'

/** What a `permissions` key grants; a scope that it does not name has none. Undefined when there is no such key. */
export const grantedBy = (token: Token | undefined): Permissions | undefined => {
  if (token === undefined) return undefined
  const shorthand = literalOf(token)
  if (shorthand === 'read-all') return everyScope('read')
  if (shorthand === 'write-all') return everyScope('write')
  return Object.fromEntries(
    [...fieldsOf(token)].flatMap(([scope, level]) => {
      const access = literalOf(level)
      return isAccess(access) ? [[scope, access] as const] : []
    }),
  )
}

export interface Excess {
  readonly scope: string
  readonly asked: Access
  readonly allowed: Access
}

/** What a called workflow asks for above what its caller allows. GitHub refuses such a run before it starts. */
export const excessOf = (asked: Permissions, allowed: Permissions): readonly Excess[] =>
  Object.entries(asked).flatMap(([scope, access]) => {
    const most = allowed[scope] ?? 'none'
    return RANK[access] > RANK[most] ? [{ scope, asked: access, allowed: most }] : []
  })

/** The job's own key, else its workflow's, else the caller's, else the repository's default. */
export const effectivePermissions = (
  job: Token | undefined,
  workflow: Token | undefined,
  caller: Permissions | undefined,
): Permissions => grantedBy(job) ?? grantedBy(workflow) ?? caller ?? RESTRICTED

/** Forks read at most: https://docs.github.com/en/actions/reference/workflows-and-actions/events-that-trigger-workflows#pull_request */
export const asFork = (permissions: Permissions): Permissions =>
  Object.fromEntries(
    Object.entries(permissions).map(([scope, access]) => {
      if (scope === 'id-token') return [scope, 'none']
      return [scope, access === 'write' ? 'read' : access]
    }),
  )
