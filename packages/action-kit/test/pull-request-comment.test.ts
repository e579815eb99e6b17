import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { createServer, request as httpRequest } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from '@jest/globals'
import type { Report } from '@mlops/core'
import { type Comments, createComments, serveGitHubApi } from '@mlops/local-runner'
import { commentOnPullRequest, type Context, gitHub } from '../src/index.ts'

const PULL = 7
const REPOSITORY = 'acme/retail'
const report = (headline: string): Report => ({ headline, blocks: [{ kind: 'heading', text: 'Metrics' }] })

let folder: string
let comments: Comments
let closings: (() => Promise<void>)[]
let warnings: string[]

const serve = async (permissions: Readonly<Record<string, 'read' | 'write'>> = { 'pull-requests': 'write' }) => {
  const options = { repo: folder, repository: REPOSITORY, token: 'secret', permissions, comments, pull: String(PULL) }
  const api = await serveGitHubApi(options)
  closings.push(api.close)
  return api.url
}

const contextOf = (apiUrl: string, event: unknown = { pull_request: { number: PULL } }): Context => {
  const path = join(folder, 'event.json')
  writeFileSync(path, JSON.stringify(event))
  const log = { warning: (line: string) => void warnings.push(line), info: () => undefined }
  return {
    environment: { GITHUB_EVENT_PATH: path },
    identity: { repository: REPOSITORY, apiUrl, serverUrl: 'https://github.com', runId: '4711' },
    log,
  } as unknown as Context
}

const comment = async (context: Context, headline: string, name = 'retail', token = 'secret') =>
  commentOnPullRequest(gitHub(token, context.identity), name, report(headline), context)

const bodies = () => comments.of(PULL).map(({ body }) => body)

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'comment-'))
  comments = createComments(join(folder, 'comments.json'))
  closings = []
  warnings = []
})

afterEach(async () => {
  await Promise.all(closings.map(async (close) => close()))
  rmSync(folder, { recursive: true })
})

test('the first run writes the comment, the next one edits it', async () => {
  const context = contextOf(await serve())
  await comment(context, 'Rejected')
  await comment(context, 'Approved')
  expect(bodies()).toHaveLength(1)
  expect(bodies()[0]).toContain('**Approved**')
  expect(bodies()[0]).not.toContain('Rejected')
  expect(warnings).toEqual([])
})

test('a comment that is as it should be is not edited', async () => {
  const context = contextOf(await serve())
  await comment(context, 'Approved')
  const [first] = comments.of(PULL)
  await comment(context, 'Approved')
  expect(comments.of(PULL)).toEqual([first])
})

test('it is found behind many others, on any page', async () => {
  const others = Array.from({ length: 230 }, (_, index) => `other ${index}`)
  for (const body of others) comments.create(PULL, body)
  const context = contextOf(await serve())
  await comment(context, 'Rejected')
  await comment(context, 'Approved')
  expect(bodies()).toHaveLength(231)
  expect(bodies().slice(0, 230)).toEqual(others)
})

test('comments of two names stand beside each other', async () => {
  const context = contextOf(await serve())
  for (const name of ['a', 'a--b', 'a -->']) await comment(context, `of ${name}`, name)
  await comment(context, 'again', 'a--b')
  expect(bodies()).toHaveLength(3)
  expect(bodies()[1]).toContain('**again**')
  for (const body of bodies()) expect(body).toMatch(/^<!-- [^<>]* -->\n\*\*/)
})

test('a comment that anybody wrote with our mark is left alone, one of a maintainer is taken', async () => {
  const context = contextOf(await serve())
  await comment(context, 'Approved')
  const body = bodies()[0] ?? ''
  const person = { login: 'eve', type: 'User' } as const
  const other = createComments(join(folder, 'other.json'))
  comments = other
  comments.create(PULL, body, { user: person, association: 'CONTRIBUTOR' })
  const second = contextOf(await serve())
  await comment(second, 'Rejected')
  expect(bodies()).toHaveLength(2)
  expect(bodies()[0]).toBe(body)
  comments = createComments(join(folder, 'third.json'))
  comments.create(PULL, body, { user: person, association: 'MEMBER' })
  await comment(contextOf(await serve()), 'Rejected')
  expect(bodies()).toHaveLength(1)
  expect(bodies()[0]).toContain('Rejected')
})

test('a token that may only read, as in a run from a fork, leaves a warning and nothing else', async () => {
  await comment(contextOf(await serve({ 'pull-requests': 'read' })), 'Approved')
  expect(bodies()).toEqual([])
  expect(warnings).toHaveLength(1)
  expect(warnings[0]).toMatch(/^E-GITHUB: .*Resource not accessible by integration/)
})

test.each([
  ['no permission at all', {}, 'secret'],
  ['a wrong token', { 'pull-requests': 'write' } as const, 'other'],
])('%s leaves a warning', async (_, permissions, token) => {
  await comment(contextOf(await serve(permissions)), 'Approved', 'retail', token)
  expect(bodies()).toEqual([])
  expect(warnings).toHaveLength(1)
})

test('a GitHub that does not answer leaves a warning', async () => {
  await comment(contextOf('http://127.0.0.1:9'), 'Approved')
  expect(warnings).toHaveLength(1)
})

test('a fault of ours is not taken for one of GitHub', async () => {
  const upsertComment = () => Promise.reject(new TypeError('ours'))
  const context = contextOf(await serve())
  await expect(commentOnPullRequest({ upsertComment }, 'retail', report('x'), context)).rejects.toThrow('ours')
})

test.each([
  ['a push', { ref: 'refs/heads/main' }],
  ['a dispatch', {}],
])('%s gets no comment, and GitHub is not asked', async (_, event) => {
  await comment(contextOf('http://127.0.0.1:9', event), 'Approved')
  expect(bodies()).toEqual([])
  expect(warnings).toEqual([])
})

test('a long report is cut to what GitHub takes, and links to the whole', async () => {
  const context = contextOf(await serve())
  const rows = Array.from({ length: 50 }, () => ['x'.repeat(1000)])
  const long = {
    headline: 'Rejected',
    blocks: Array.from({ length: 5 }, () => ({ kind: 'table', columns: ['a'], rows })),
  }
  await commentOnPullRequest(gitHub('secret', context.identity), 'retail', long as Report, context)
  expect(warnings).toEqual([])
  expect(bodies()[0]?.length).toBeGreaterThan(50_000)
  expect(bodies()[0]?.length).toBeLessThanOrEqual(60_000)
  expect(bodies()[0]).toContain('https://github.com/acme/retail/actions/runs/4711')
})

/** GitHub Enterprise Server has its API below /api/v3 of its own host. */
const enterprise = async (api: string): Promise<string> => {
  const server = createServer((incoming, outgoing) => {
    // Anything outside of it is no path of ours, and not found there.
    const path = (incoming.url ?? '').replace(/^(?!\/api\/v3)/, '/outside').replace(/^\/api\/v3/, '')
    const { method = 'GET', headers } = incoming
    incoming.pipe(
      httpRequest(`${api}${path}`, { method, headers }, (answer) => {
        outgoing.writeHead(answer.statusCode ?? 500, answer.headers)
        answer.pipe(outgoing)
      }),
    )
  })
  await new Promise<void>((resolve) => {
    server.listen(0, '127.0.0.1', resolve)
  })
  closings.push(
    async () =>
      new Promise((resolve) => {
        server.close(() => resolve())
        server.closeAllConnections()
      }),
  )
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}/api/v3`
}

test('the API of an enterprise server is asked below its path', async () => {
  const context = contextOf(await enterprise(await serve()))
  await comment(context, 'Rejected')
  await comment(context, 'Approved')
  expect(warnings).toEqual([])
  expect(bodies()).toHaveLength(1)
})
