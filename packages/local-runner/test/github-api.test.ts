// https://docs.github.com/en/rest/commits/commits#compare-two-commits
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from '@jest/globals'
import { createComments } from '../src/comments.ts'
import { serveGitHubApi } from '../src/github-api.ts'
import { inGit } from './sandbox.ts'

interface Comparison {
  readonly status: string
  readonly total_commits: number
  readonly commits: readonly { readonly sha: string }[]
  readonly files: readonly { readonly filename: string; readonly status: string }[]
}

let repo: string
let api: Awaited<ReturnType<typeof serveGitHubApi>>

const commit = (message: string) => {
  inGit(repo, 'add', '--all')
  inGit(repo, 'commit', '--quiet', '--message', message)
}

beforeAll(async () => {
  repo = mkdtempSync(join(tmpdir(), 'api-'))
  inGit(repo, 'init', '--quiet', '--initial-branch', 'main')
  for (const name of ['kept', 'gone', 'ä name']) writeFileSync(join(repo, name), name)
  commit('one')
  rmSync(join(repo, 'gone'))
  writeFileSync(join(repo, 'kept'), 'changed')
  commit('two')
  writeFileSync(join(repo, 'new'), 'new')
  commit('three')
  api = await serveGitHubApi({
    repo,
    repository: 'me/mine',
    token: 'secret',
    permissions: { contents: 'read' },
    comments: createComments(join(repo, '.git/comments.json')),
    pull: '',
  })
})

afterAll(async () => {
  await api.close()
  rmSync(repo, { recursive: true })
})

const compare = async (range: string, query = '') => {
  const url = `${api.url}/repos/me/mine/compare/${range}${query}`
  const answer = await fetch(url, { headers: { authorization: 'token secret' } })
  return { code: answer.status, body: (await answer.json()) as Comparison }
}

test('lists what changed, over all commits', async () => {
  const { body } = await compare('HEAD~2...HEAD')
  expect(body.status).toBe('ahead')
  expect(body.total_commits).toBe(2)
  expect(body.files).toEqual([
    { filename: 'gone', status: 'removed' },
    { filename: 'kept', status: 'modified' },
    { filename: 'new', status: 'added' },
  ])
})

test('pages through commits; files are on the first page', async () => {
  const pages = [await compare('HEAD~2...HEAD', '?per_page=1'), await compare('HEAD~2...HEAD', '?per_page=1&page=2')]
  expect(pages.map(({ body }) => [body.commits.length, body.files.length])).toEqual([
    [1, 3],
    [1, 0],
  ])
})

test('an unknown commit is not found, the same commit identical', async () => {
  expect((await compare(`${'1'.repeat(40)}...HEAD`)).code).toBe(404)
  expect((await compare('HEAD...HEAD')).body).toMatchObject({ status: 'identical', files: [] })
  expect((await compare('HEAD...HEAD~1')).body).toMatchObject({ status: 'behind', files: [] })
})
