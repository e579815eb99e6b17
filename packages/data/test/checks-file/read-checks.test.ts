import { expect, test } from '@jest/globals'
import { readChecks } from '../../src/index.ts'
import { ACCEPTED, BEYOND_THE_SCHEMA, REFUSED } from './corpus.ts'

const faultsOf = (text: string) => {
  const reading = readChecks(text)
  return reading.kind === 'ok' ? [] : reading.faults
}

const read = (text: string) => {
  const reading = readChecks(text)
  if (reading.kind === 'faults') throw new Error(reading.faults.map(({ what }) => what).join('; '))
  return reading.value
}

test.each(Object.entries(ACCEPTED))('%s is read', (_, text) => {
  expect(faultsOf(text)).toEqual([])
})

test.each(Object.entries({ ...REFUSED, ...BEYOND_THE_SCHEMA }))(
  '%s is refused where it stands',
  (_, [text, ...faults]) => {
    expect(faultsOf(text).map(({ line, column, code }) => `${line}:${column} ${code}`)).toEqual(faults)
  },
)

test('what a file does not say has its default', () => {
  expect(read(ACCEPTED['one check'] ?? '')).toEqual({
    target: { kind: 'service', name: 'model', port: 'http' },
    checks: [
      {
        name: 'alive',
        method: 'GET',
        path: '/health',
        headers: {},
        expect: { status: 200, json: [] },
        attempts: { passes: 2, of: 3 },
        intervalMs: 1000,
      },
    ],
    bakeMs: 600_000,
    shortBake: 'refuse',
    alarms: [],
    preExistingAlarm: 'block',
    onMissing: 'inconclusive',
    onInconclusive: 'hold-fail',
  })
})

test('everything that a check says is understood', () => {
  expect(read(ACCEPTED['everything of a check'] ?? '').checks).toEqual([
    {
      name: 'predicts',
      method: 'PUT',
      path: '/predict?a=1',
      headers: { 'content-type': 'application/json', 'x-trace': 'on' },
      body: { kind: 'text', text: '{"a":[1,null]}' },
      expect: { status: 201, json: [] },
      latencyMs: 500,
      attempts: { passes: 3, of: 5 },
      intervalMs: 2000,
    },
    expect.objectContaining({ method: 'POST', headers: {}, body: { kind: 'text', text: 'hello' } }),
    expect.objectContaining({ method: 'POST', body: { kind: 'file', text: 'request.json' } }),
    expect.objectContaining({
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      expect: { status: 200, json: [], golden: { tolerance: 0.001 } },
    }),
  ])
})

test('every setting is understood', () => {
  expect(read(ACCEPTED['every setting'] ?? '')).toMatchObject({
    bakeMs: 300_000,
    shortBake: 'allow',
    alarms: ['errors', 'latency of model'],
    preExistingAlarm: 'ignore',
    minRequests: { count: 100, namespace: 'MLOps/Serving', metric: 'Throughput', dimensions: { service: 'model' } },
    onMissing: 'ignore',
    onInconclusive: 'extend',
  })
})

test.each([
  ['a url', { kind: 'url', url: 'https://model.example.com/v1' }],
  ['each pod', { kind: 'pods' }],
  ['a port of each pod', { kind: 'pods', port: 'http' }],
  ['a port by number', { kind: 'pods', port: '8080' }],
])('the target of %s', (name, target) => {
  expect(read(ACCEPTED[name] ?? '').target).toEqual(target)
})

test('assertions are understood', () => {
  const [check] = read(ACCEPTED['every assertion'] ?? '').checks
  expect(check.expect.json.map(({ path, demand }) => [path.text, demand])).toEqual([
    ['$.a', { op: 'equals', value: 1, tolerance: 0.1 }],
    ['$', { op: 'equals', value: null, tolerance: 0 }],
    ["$['a b'][0]", { op: 'not-equals', value: 'x' }],
    ['$.a', { op: 'at-least', value: 0 }],
    ['$.a', { op: 'at-most', value: 1.5 }],
    ['$.a', { op: 'one-of', value: ['Low', 'High'] }],
    ['$.a', { op: 'type', value: 'text' }],
    ['$.a', { op: 'exists' }],
    ['$.b', { op: 'absent' }],
  ])
})

test('a fault names what may have been meant', () => {
  const [unknown] = faultsOf(REFUSED['an unknown key']?.[0] ?? '')
  expect(unknown).toMatchObject({ what: 'bakes is unknown', hint: 'did you mean bake?' })
  const [misspelled] = faultsOf('version: 1\ntarget: {pods: each}\nchecks:\n  - {name: a, path: /, atempts: 1 of 2}')
  expect(misspelled).toMatchObject({ what: 'checks[0].atempts is unknown', hint: 'did you mean attempts?' })
  const faults = faultsOf(REFUSED['a SageMaker endpoint']?.[0] ?? '')
  expect(faults.map(({ why }) => why)).toContain('not in version 1: endpoints of SageMaker are not probed')
})

test('hostile YAML is refused', () => {
  expect(faultsOf(`a: &a [1]\nb: ${'[*a, '.repeat(3)}*a]]]\nc: !!js/function x`).map(({ code }) => code)).toContain(
    'E-YAML',
  )
})
