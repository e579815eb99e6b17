// Which events a workflow hears, and what it learns of them.
import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, expect } from '@jest/globals'
import type { RunOptions } from '../src/run.ts'
import { pages, says } from './promises.ts'
import { createSandbox, inGit, type Sandbox } from './sandbox.ts'

let sandbox: Sandbox

beforeAll(() => {
  sandbox = createSandbox()
})

afterAll(() => sandbox.dispose())

const event = async (name: RunOptions['event'], options: Partial<RunOptions>, workflow = 'events.yml') =>
  sandbox.start(workflow, { event: name, ...options }).end
const reason = async (name: RunOptions['event'], options: Partial<RunOptions>, workflow?: string) => {
  const end = await event(name, options, workflow)
  return end.kind === 'deaf' ? end.because : end.kind
}
const commit = (...paths: readonly string[]) => {
  for (const path of paths) {
    mkdirSync(join(sandbox.repo, path, '..'), { recursive: true })
    writeFileSync(join(sandbox.repo, path), `${Math.random()}`)
  }
  inGit(sandbox.repo, 'add', '.')
  inGit(sandbox.repo, 'commit', '--quiet', '--message', paths.join())
  return inGit(sandbox.repo, 'rev-parse', 'HEAD')
}
const first = () => inGit(sandbox.repo, 'rev-list', '--max-parents=0', 'HEAD')

says(pages.syntax, 'branches are matched in order, with exclusions', async () => {
  expect(await reason('push', { ref: 'refs/heads/release/1/x' })).toBe('ran')
  expect(await reason('push', { ref: 'refs/heads/release/1-alpha' })).toContain('"release/1-alpha" matches none')
  expect(await reason('push', { ref: 'refs/heads/feature' })).toContain('"feature" matches none')
})

says(pages.syntax, 'with branches alone a tag is not heard, with tags alone a branch is not', async () => {
  expect(await reason('push', { ref: 'refs/tags/v1.10' })).toBe('it listens to branches, and this is a tag')
  expect(await reason('push', { ref: 'refs/heads/main' }, 'tags.yml')).toBe('it listens to tags, and this is a branch')
  expect(await reason('push', { ref: 'refs/tags/v1.10' }, 'tags.yml')).toBe('ran')
  expect(await reason('push', { ref: 'refs/tags/v3.1' }, 'tags.yml')).toContain('matches none')
})

says(pages.syntax, 'paths-ignore holds a push back only when all its files match', async () => {
  const before = inGit(sandbox.repo, 'rev-parse', 'HEAD')
  const docsOnly = commit('docs/a.txt', 'README.md')
  expect(await reason('push', { sha: docsOnly })).toBe('all 2 changed files are ignored by **.md, docs/**')
  const mixed = commit('src/a.txt')
  expect(await reason('push', { sha: mixed })).toBe('ran')
  expect(await reason('push', { sha: mixed, payload: { before } })).toBe('ran')
  const commits = [{ added: ['x.md'], removed: [], modified: ['docs/y'] }]
  expect(await reason('push', { sha: mixed, payload: { commits } })).toContain('all 2 changed files')
})

says(pages.events, 'a pull request is matched by its base, its type, and what it changes since it left', async () => {
  const base = first()
  const sided = (sha: string, ref = 'main') => ({
    pull_request: { base: { sha: base, ref }, head: { sha, ref: 'x' } },
  })
  const source = commit('src/b.txt')
  expect(await reason('pull_request', { payload: sided(source) })).toBe('ran')
  expect(await reason('pull_request', { payload: sided(source, 'develop') })).toContain('"develop" matches none')
  expect(await reason('pull_request', { payload: { ...sided(source), action: 'closed' } })).toContain('"closed"')
  expect(await reason('pull_request', { payload: sided(base) })).toContain('none of the 0 changed files')
  inGit(sandbox.repo, 'checkout', '--quiet', '-b', 'side', base)
  const side = commit('notes.txt')
  inGit(sandbox.repo, 'checkout', '--quiet', 'main')
  const moved = { pull_request: { base: { sha: source, ref: 'main' }, head: { sha: side, ref: 'side' } } }
  expect(await reason('pull_request', { payload: moved })).toContain('none of the 1 changed files')
})

says(pages.events, 'a schedule runs with its cron, a dispatch with its type and payload', async () => {
  const scheduled = await sandbox.run('events.yml', { event: 'schedule' })
  expect(scheduled.job('see').outputs['schedule']).toBe('0 2 * * 1')
  const payload = { action: 'data-changed', client_payload: { model: 'basket' } }
  const sent = await sandbox.run('events.yml', { event: 'repository_dispatch', payload })
  expect(sent.job('see').outputs['action']).toBe('data-changed basket')
  expect(await reason('repository_dispatch', { payload: { action: 'alarm' } })).toContain('"alarm" is none of')
})

says(pages.contexts, 'a push carries what it moved, and who sent it', async () => {
  const sha = commit('src/c.txt')
  const pushed = await sandbox.run('events.yml', { event: 'push' })
  const outputs = pushed.job('see').outputs
  expect(outputs['compare']).toBe(`${inGit(sandbox.repo, 'rev-parse', 'HEAD^')}...${sha}`)
  expect(outputs['ref']).toBe('refs/heads/main main branch [] []')
  expect(outputs['sender']).toBe('mlops-actions/mlops-actions local local')
  const payload = { pull_request: { base: { sha: first() } } }
  const asked = await sandbox.run('events.yml', { event: 'pull_request', payload })
  expect(asked.job('see').outputs['ref']).toBe('refs/pull/1/merge 1/merge branch [change] [main]')
})
