// The part of GitHub's REST API that the actions of this repository use, answered from the local clone.
import type { IncomingMessage, ServerResponse } from 'node:http'
import type { Comment, Comments } from './comments.ts'
import { changedBetween, tryGit } from './git.ts'
import { listen } from './issuer.ts'
import type { Permissions } from './permissions.ts'

export interface ApiOptions {
  readonly repo: string
  readonly repository: string
  readonly token: string
  readonly permissions: Permissions
  readonly comments: Comments
  /** The number of the pull request that the event is about, the only one that exists; empty when there is none. */
  readonly pull: string
}

interface Reply {
  readonly status: number
  readonly body: unknown
  readonly headers?: Readonly<Record<string, string>>
}

const refused = (status: number, message: string, more: Readonly<Record<string, unknown>> = {}): Reply => ({
  status,
  body: { message, ...more, documentation_url: 'https://docs.github.com/rest', status: String(status) },
})

const NOT_FOUND = refused(404, 'Not Found')
const DENIED = refused(403, 'Resource not accessible by integration')

// https://docs.github.com/en/rest/commits/commits#compare-two-commits : at most 300 files, all on the first page.
const FILE_LIMIT = 300

const KINDS: Readonly<Record<string, string>> = { A: 'added', D: 'removed', M: 'modified', T: 'changed' }

const filesBetween = (repo: string, base: string, head: string) => {
  const entries = (tryGit(repo, 'diff', '--name-status', '--no-renames', '-z', base, head) ?? '').split('\0')
  return entries.flatMap((kind, index) =>
    index % 2 === 0 && kind !== '' ? [{ filename: entries[index + 1] ?? '', status: KINDS[kind] ?? 'changed' }] : [],
  )
}

const commitsBetween = (repo: string, base: string, head: string) =>
  (tryGit(repo, 'rev-list', '--reverse', `${base}..${head}`) ?? '').split('\n').filter((sha) => sha !== '')

interface Page {
  readonly page: number
  readonly perPage: number
}

const positive = (text: string | null, fallback: number, most: number) => {
  const number = Number(text ?? fallback)
  return Number.isInteger(number) && number > 0 ? Math.min(number, most) : fallback
}

const pageOf = (query: URLSearchParams, usual: number, most: number): Page => ({
  page: positive(query.get('page'), 1, Number.MAX_SAFE_INTEGER),
  perPage: positive(query.get('per_page'), usual, most),
})

const part = <T>(all: readonly T[], { page, perPage }: Page): readonly T[] =>
  all.slice((page - 1) * perPage, page * perPage)

const compare = ({ repo }: ApiOptions, range: string, page: Page): Reply => {
  const [base = '', head = ''] = range.split('...')
  const known = [base, head].every(
    (sha) => sha !== '' && tryGit(repo, 'rev-parse', '--verify', '--quiet', `${sha}^{commit}`) !== undefined,
  )
  // Three dots: from where the head left the base.
  const fork = known ? tryGit(repo, 'merge-base', base, head)?.trim() : undefined
  if (fork === undefined || changedBetween(repo, fork, head) === undefined) return NOT_FOUND
  const commits = commitsBetween(repo, base, head)
  const behind = commitsBetween(repo, head, base).length
  return {
    status: 200,
    body: {
      status: commits.length === 0 ? (behind === 0 ? 'identical' : 'behind') : behind === 0 ? 'ahead' : 'diverged',
      ahead_by: commits.length,
      behind_by: behind,
      total_commits: commits.length,
      merge_base_commit: { sha: fork },
      commits: part(commits, page).map((sha) => ({ sha })),
      files: page.page === 1 ? filesBetween(repo, fork, head).slice(0, FILE_LIMIT) : [],
    },
  }
}

interface Call {
  readonly options: ApiOptions
  readonly address: URL
  /** What the route's pattern caught. */
  readonly caught: string
  readonly body: string
}

const shown = ({ id, issue, body, createdAt, updatedAt, user, association }: Comment, { options, address }: Call) => ({
  id,
  url: `${address.origin}/repos/${options.repository}/issues/comments/${id}`,
  html_url: `https://github.com/${options.repository}/pull/${issue}#issuecomment-${id}`,
  body,
  user,
  author_association: association,
  created_at: createdAt,
  updated_at: updatedAt,
})

/** https://docs.github.com/en/rest/using-the-rest-api/using-pagination-in-the-rest-api */
const nextLink = (address: URL, { page, perPage }: Page, all: number): Readonly<Record<string, string>> => {
  if (page * perPage >= all) return {}
  const next = new URL(address)
  next.searchParams.set('page', String(page + 1))
  return { link: `<${next.href}>; rel="next"` }
}

const listComments = (call: Call): Reply => {
  const all = call.options.comments.of(Number(call.caught))
  const page = pageOf(call.address.searchParams, 30, 100)
  return {
    status: 200,
    body: part(all, page).map((comment) => shown(comment, call)),
    headers: nextLink(call.address, page, all.length),
  }
}

const LONGEST_COMMENT = 65_536

const sentText = (body: string): unknown => {
  try {
    return (JSON.parse(body) as { readonly body?: unknown } | null)?.body
  } catch {
    return undefined
  }
}

/** The text of a comment that is to be written, or why it is not. */
const withText = ({ body }: Call, write: (text: string) => Reply): Reply => {
  const text = sentText(body)
  if (typeof text !== 'string' || text.trim() === '')
    return refused(422, 'Validation Failed', { errors: [{ code: 'missing_field', field: 'body' }] })
  return text.length > LONGEST_COMMENT
    ? refused(422, 'Validation Failed', {
        errors: [{ code: 'unprocessable', message: `Body is too long (maximum is ${LONGEST_COMMENT} characters)` }],
      })
    : write(text)
}

const createComment = (call: Call): Reply =>
  withText(call, (text) => ({
    status: 201,
    body: shown(call.options.comments.create(Number(call.caught), text), call),
  }))

const updateComment = (call: Call): Reply =>
  withText(call, (text) => {
    const comment = call.options.comments.update(Number(call.caught), text)
    return comment === undefined ? NOT_FOUND : { status: 200, body: shown(comment, call) }
  })

type Access = 'read' | 'write'

const allows = ({ permissions }: ApiOptions, access: Access, ...scopes: readonly string[]) =>
  scopes.some((scope) => permissions[scope] === 'write' || (access === 'read' && permissions[scope] === 'read'))

interface Route {
  readonly method: string
  readonly path: RegExp
  readonly access: Access
  /** Any of them will do. */
  readonly scopes: readonly string[]
  readonly exists?: (caught: string, options: ApiOptions) => boolean
  readonly answer: (call: Call) => Reply
}

const isPull = (number: string, { pull }: ApiOptions) => number === pull
const ON_PULLS = ['issues', 'pull-requests']

const ROUTES: readonly Route[] = [
  {
    method: 'GET',
    path: /^\/compare\/(.+)$/,
    access: 'read',
    scopes: ['contents'],
    answer: ({ options, address, caught }) =>
      compare(options, decodeURIComponent(caught), pageOf(address.searchParams, 250, 250)),
  },
  {
    method: 'GET',
    path: /^\/issues\/(\d+)\/comments$/,
    access: 'read',
    scopes: ON_PULLS,
    exists: isPull,
    answer: listComments,
  },
  {
    method: 'POST',
    path: /^\/issues\/(\d+)\/comments$/,
    access: 'write',
    scopes: ON_PULLS,
    exists: isPull,
    answer: createComment,
  },
  {
    method: 'PATCH',
    path: /^\/issues\/comments\/(\d+)$/,
    access: 'write',
    scopes: ON_PULLS,
    answer: updateComment,
  },
]

const reply = (options: ApiOptions, request: IncomingMessage, address: URL, body: string): Reply => {
  const { method = 'GET', headers } = request
  if (!new RegExp(`^(bearer|token) ${options.token}$`, 'i').test(headers.authorization ?? ''))
    return refused(401, 'Bad credentials')
  const [, slug = '', path = ''] = /^\/repos\/([^/]+\/[^/]+)(\/.*)$/.exec(address.pathname) ?? []
  const route = ROUTES.find((each) => each.method === method && each.path.test(path))
  if (route === undefined) return refused(501, `${method} ${address.pathname} is not answered by the local runner`)
  const caught = route.path.exec(path)?.[1] ?? ''
  if (slug.toLowerCase() !== options.repository.toLowerCase() || route.exists?.(caught, options) === false)
    return NOT_FOUND
  return allows(options, route.access, ...route.scopes) ? route.answer({ options, address, caught, body }) : DENIED
}

const textOf = async (request: IncomingMessage): Promise<string> => {
  const chunks: Uint8Array[] = []
  for await (const chunk of request) chunks.push(chunk as Uint8Array)
  return Buffer.concat(chunks).toString('utf8')
}

const answer = async (options: ApiOptions, request: IncomingMessage, response: ServerResponse) => {
  try {
    const text = await textOf(request)
    const address = new URL(request.url ?? '/', `http://${request.headers.host ?? 'localhost'}`)
    const { status, body, headers } = reply(options, request, address, text)
    response.writeHead(status, { 'content-type': 'application/json; charset=utf-8', ...headers })
    response.end(JSON.stringify(body))
  } catch {
    // The caller went away, or sent what no client sends.
    response.destroy()
  }
}

/** Serves the API for one job on loopback; it knows that job's token and permissions. */
export const serveGitHubApi = async (options: ApiOptions) =>
  listen((request, response) => void answer(options, request, response))
