import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, test } from '@jest/globals'
import { openProxy, runStep } from '@mlops/testing'

const sound = { model: 'basket', 'training-paths': 'pipeline/**' }

test('a scheduled run trains and deploys to prod, in outputs and summary', async () => {
  const step = await runStep({ action: 'setup', inputs: sound, environment: { GITHUB_EVENT_NAME: 'schedule' } })
  expect(step.code).toBe(0)
  expect(step.outputs).toMatchObject({
    status: 'planned',
    environment: 'prod',
    'should-train': 'true',
    'should-deploy': 'true',
    'build-id': 'build-17-abcdef0',
    'failure-class': '',
  })
  expect(step.summary).toContain('**prod: trains')
})

describe('bad input', () => {
  const bad = { environment: 'qa', 'retrain-model': 'maybe', 'github-token': 'ghs_secret' }

  test('every fault is one annotation, and outputs and summary are written all the same', async () => {
    const step = await runStep({ action: 'setup', inputs: bad })
    expect(step.code).toBe(1)
    expect(step.annotations.map(({ level, message }) => `${level} ${message.split(' ', 3).join(' ')}`)).toEqual([
      'error E-INPUT: input environment',
      'error E-INPUT: input retrain-model',
      'error E-INPUT: input model',
      'error E-INPUT: input training-paths',
    ])
    expect(step.outputs).toMatchObject({ status: 'failed', 'failure-class': 'configuration' })
    expect(step.summary).toContain('4 inputs are wrong')
  })

  test('a secret is masked before anything else is printed', async () => {
    const step = await runStep({ action: 'setup', inputs: bad })
    expect(step.masks).toEqual(['ghs_secret'])
    expect(step.text.indexOf('::add-mask::')).toBe(0)
  })
})

test('result.json tells a program what the log tells a person', async () => {
  const temporary = mkdtempSync(join(tmpdir(), 'result-'))
  const step = await runStep({
    action: 'setup',
    inputs: sound,
    environment: { GITHUB_EVENT_NAME: 'issues', RUNNER_TEMP: temporary },
  })
  expect(JSON.parse(readFileSync(step.outputs['result-path'] ?? '', 'utf8'))).toMatchObject({
    version: 1,
    action: 'setup',
    status: 'failed',
    verdict: 'error',
    error: { code: 'E-EVENT', kind: 'user' },
  })
  rmSync(temporary, { recursive: true })
})

test('an event file that is not JSON is reported as a bug with its stack fenced', async () => {
  const step = await runStep({
    action: 'setup',
    inputs: sound,
    environment: { GITHUB_EVENT_PATH: '/nowhere/event.json' },
  })
  expect(step.code).toBe(1)
  expect(step.annotations.map(({ message }) => message.split(':', 1)[0])).toEqual(['E-BUG'])
  expect(step.log).toContain('ENOENT')
})

test('behind a proxy it learns what a push changed all the same', async () => {
  const files = [{ filename: 'pipeline/train.py' }]
  const github = createServer((_, response) => {
    response.setHeader('content-type', 'application/json')
    response.end(JSON.stringify({ files }))
  })
  await new Promise<void>((resolve) => github.listen(0, '127.0.0.1', resolve))
  const { port } = github.address() as AddressInfo
  const proxy = await openProxy()
  const step = await runStep({
    action: 'setup',
    inputs: { ...sound, 'github-token': 'ghs_secret' },
    event: { before: 'a1', after: 'b2' },
    environment: {
      GITHUB_EVENT_NAME: 'push',
      GITHUB_API_URL: `http://api.internal:${port}`,
      HTTP_PROXY: proxy.url,
    },
  })
  proxy.close()
  github.closeAllConnections()
  github.close()
  expect(step.outputs).toMatchObject({ environment: 'prod', 'should-train': 'true' })
  expect(proxy.hosts()).toEqual(['api.internal'])
}, 30_000)
