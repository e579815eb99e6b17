// The part of GitHub's REST API that the actions of this repository use, answered from the local clone.
import { changedBetween, tryGit } from './git.ts'
import { listen } from './issuer.ts'
import type { Permissions } from './permissions.ts'

export interface ApiOptions {
  readonly repo: string
  readonly repository: string
  readonly token: string
  readonly permissions: Permissions
}

interface Reply {
  readonly status: number
  readonly body: unknown
}

const refused = (status: number, message: string): Reply => ({
  status,
  body: { message, documentation_url: 'https://docs.github.com/rest', status: String(status) },
})

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

const compare = ({ repo }: ApiOptions, range: string, page: number, perPage: number): Reply => {
  const [base = '', head = ''] = range.split('...')
  const known = [base, head].every(
    (sha) => sha !== '' && tryGit(repo, 'rev-parse', '--verify', '--quiet', `${sha}^{commit}`) !== undefined,
  )
  // Three dots: from where the head left the base.
  const fork = known ? tryGit(repo, 'merge-base', base, head)?.trim() : undefined
  if (fork === undefined || changedBetween(repo, fork, head) === undefined) return refused(404, 'Not Found')
  const commits = commitsBetween(repo, base, head)
  const behind = commitsBetween(repo, head, base).length
  const from = (page - 1) * perPage
  return {
    status: 200,
    body: {
      status: commits.length === 0 ? (behind === 0 ? 'identical' : 'behind') : behind === 0 ? 'ahead' : 'diverged',
      ahead_by: commits.length,
      behind_by: behind,
      total_commits: commits.length,
      merge_base_commit: { sha: fork },
      commits: commits.slice(from, from + perPage).map((sha) => ({ sha })),
      files: page === 1 ? filesBetween(repo, fork, head).slice(0, FILE_LIMIT) : [],
    },
  }
}

const positive = (text: string | null, fallback: number, most: number) => {
  const number = Number(text ?? fallback)
  return Number.isInteger(number) && number > 0 ? Math.min(number, most) : fallback
}

const reply = (options: ApiOptions, method: string, address: URL, authorization: string | undefined): Reply => {
  if (!new RegExp(`^(bearer|token) ${options.token}$`, 'i').test(authorization ?? ''))
    return refused(401, 'Bad credentials')
  const found = /^\/repos\/([^/]+\/[^/]+)\/compare\/(.+)$/.exec(address.pathname)
  if (method !== 'GET' || found === null)
    return refused(501, `${method} ${address.pathname} is not answered by the local runner`)
  const [, slug = '', range = ''] = found
  if (slug.toLowerCase() !== options.repository.toLowerCase()) return refused(404, 'Not Found')
  if ((options.permissions['contents'] ?? 'none') === 'none')
    return refused(403, 'Resource not accessible by integration')
  const query = address.searchParams
  const [page, perPage] = [positive(query.get('page'), 1, 1000), positive(query.get('per_page'), 250, 250)]
  return compare(options, decodeURIComponent(range), page, perPage)
}

/** Serves the API for one job on loopback; it knows that job's token and permissions. */
export const serveGitHubApi = async (options: ApiOptions) =>
  listen((request, response) => {
    const address = new URL(request.url ?? '/', 'http://localhost')
    const { status, body } = reply(options, request.method ?? 'GET', address, request.headers.authorization)
    response.writeHead(status, { 'content-type': 'application/json; charset=utf-8' })
    response.end(JSON.stringify(body))
  })
