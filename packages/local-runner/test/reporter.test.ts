import { expect, test } from '@jest/globals'
import { createReporter } from '../src/reporter.ts'
import type { JobRecord, RunRecord } from '../src/index.ts'

const job = (id: string, change: Partial<JobRecord> = {}): JobRecord => ({
  id,
  name: id,
  workflow: 'x.yml',
  needs: [],
  state: 'waiting',
  steps: [],
  outputs: {},
  permissions: {},
  ...change,
})

const record = (jobs: readonly JobRecord[]): RunRecord => ({
  schema: 1,
  workflow: { name: 'x', path: 'x.yml', runName: 'x' },
  repository: 'o/r',
  event: { name: 'push', ref: 'refs/heads/main', sha: '' },
  runId: '1',
  runNumber: '1',
  runAttempt: 1,
  inputs: {},
  result: 'failure',
  started: '',
  finished: '',
  seconds: 2,
  jobs,
  annotations: [{ level: 'error', message: 'broken', job: 'b', step: 's', file: 'a.py', line: 3 }],
  outsideActions: [{ action: 'actions/checkout', emulation: 'copies', times: 2 }],
  artifacts: [],
  refusals: [],
})

/** A terminal that understands what the table needs: lines, going up, clearing. */
const createScreen = (rows: number) => {
  const lines: string[] = []
  let at = 0
  const write = (text: string) => {
    for (const part of text.replaceAll('\u001B', '').split(/(\[\d+A|\[2K|\n)/)) {
      const up = /^\[(\d+)A$/.exec(part)
      if (up !== null) at -= Number(up[1])
      else if (part === '\n') at += 1
      else if (part === '[2K') lines[at] = ''
      else if (part !== '') lines[at] = `${lines[at] ?? ''}${part}`
    }
  }
  return { output: { isTTY: true, columns: 60, rows, write }, lines: () => lines }
}

test('a terminal shows one row a job, always its newest state', () => {
  const screen = createScreen(24)
  const reporter = createReporter(screen.output, false)
  for (const each of [job('a'), job('b'), job('a', { state: 'running', step: 'Run x' })]) reporter.job(each)
  reporter.job(job('a', { state: 'done', result: 'success', seconds: 1.5 }))
  expect(screen.lines().map((line) => line.trim())).toEqual(['ok           1.5s  a', 'waiting            b'])
  reporter.end(record([]))
})

test('a table higher than the terminal shows its end', () => {
  const screen = createScreen(3)
  const reporter = createReporter(screen.output, false)
  for (const id of ['a', 'b', 'c', 'd']) reporter.job(job(id))
  reporter.job(job('d', { state: 'running' }))
  expect(screen.lines().map((line) => line.trim())).toEqual(['waiting            c', 'running            d'])
  reporter.end(record([]))
})

test('elsewhere each change is one line, and the end names outside actions and annotations', () => {
  let text = ''
  const reporter = createReporter({ write: (part: string) => (text += part) }, false)
  const done = job('b', { state: 'done', result: 'failure', seconds: 1 })
  for (const each of [job('b'), job('b'), job('b', { state: 'running' }), done]) reporter.job(each)
  expect(text.trim().split('\n')).toHaveLength(3)
  reporter.end(record([done]))
  expect(text).toContain('actions/checkout (2x): copies')
  expect(text).toContain('error [b: s] a.py:3: broken')
})

test('a commit id is shown by its start, a version as it is', () => {
  let text = ''
  const reporter = createReporter({ write: (part: string) => (text += part) }, false)
  const step = { outcome: 'success', conclusion: 'success', started: '', seconds: 1, outputs: {} } as const
  const names = [`Run actions/checkout@3d3c42e${'0'.repeat(33)}`, 'Run o/r/actions/x@v1']
  reporter.job(job('a', { state: 'running', steps: names.map((name) => ({ ...step, name })) }))
  expect(text).toContain('a: Run actions/checkout@3d3c42e: success')
  expect(text).toContain('a: Run o/r/actions/x@v1: success')
})
