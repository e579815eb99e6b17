import { expect, test } from '@jest/globals'
import fc from 'fast-check'
import {
  type Check,
  difference,
  type JsonDemand,
  judgeAttempt,
  parseJsonPath,
  type ProbeResult,
  readGolden,
  spanMs,
  valueAt,
} from '../../src/index.ts'

const path = (text: string) => parseJsonPath(text) ?? { text: 'none', steps: [] }

const CHECK: Check = {
  name: 'predicts',
  method: 'POST',
  path: '/predict',
  headers: {},
  expect: { status: 200, json: [] },
  attempts: { passes: 2, of: 3 },
  intervalMs: 1000,
}

const answer = (status: number, body: unknown = {}, milliseconds = 5, headers = {}): ProbeResult => ({
  kind: 'answer',
  answer: { status, headers, body: typeof body === 'string' ? body : JSON.stringify(body), milliseconds },
})

const asserting = (text: string, demand: JsonDemand): Check => ({
  ...CHECK,
  expect: { status: 200, json: [{ path: path(text), demand }] },
})

test.each([
  ['$', []],
  ['$.a.b', ['a', 'b']],
  ["$['a b'][0]", ['a b', 0]],
  ['$["a"].b_c-d[-1]', ['a', 'b_c-d', -1]],
])('%s is read', (text, steps) => {
  expect(parseJsonPath(text)).toEqual({ text, steps })
})

test.each([
  '',
  'a',
  '$.',
  '$..a',
  '$.*',
  '$[*]',
  '$[0',
  '$.a b',
  '$[?(@.a)]',
  "$['']",
  '$.a$',
  '$[1.5]',
  `$${'.a'.repeat(51)}`,
])('%s is no path', (text) => {
  expect(parseJsonPath(text)).toBeUndefined()
})

test('a path leads to what is there and to nothing else', () => {
  const document = { a: [{ b: 1 }, { b: null }], text: 'x' }
  expect(valueAt(document, path('$.a[0].b'))).toBe(1)
  expect(valueAt(document, path('$.a[-1].b'))).toBeNull()
  for (const none of ['$.a[2]', '$.text.length', '$.text[0]', '$.a.b', '$.constructor', '$.__proto__', '$.a.length'])
    expect(valueAt(document, path(none))).toBeUndefined()
})

test('a document differs from itself nowhere, whatever it holds besides', () => {
  fc.assert(
    fc.property(fc.jsonValue(), fc.jsonValue(), (value, more) => {
      // -0 is written as 0.
      const document: unknown = JSON.parse(JSON.stringify(value))
      expect(difference(document, document, 0)).toBeUndefined()
      expect(difference({ document }, { document, more }, 0)).toBeUndefined()
    }),
  )
})

test.each<[unknown, unknown, number, string | undefined]>([
  [0.5, 0.5004, 0.001, undefined],
  [0.5, 0.502, 0.001, '$ is 0.502 instead of 0.5'],
  [1000, 1000.9, 0.001, undefined],
  [1000, 1001.1, 0.001, '$ is 1001.1 instead of 1000'],
  ['1', 1, 1, '$ is 1 instead of "1"'],
  [1, '1', 1, '$ is "1" instead of 1'],
  [null, 0, 1, '$ is 0 instead of null'],
  [{ a: [1, 2] }, { a: [1, 2, 3] }, 0, '$.a is [1,2,3] instead of [1,2]'],
  [{ a: [1, { b: 2 }] }, { a: [1, { b: 3 }] }, 0, '$.a[1].b is 3 instead of 2'],
  [{ a: 1 }, {}, 0, '$.a is nothing instead of 1'],
  [{ toString: 1 }, {}, 0, '$.toString is nothing instead of 1'],
  [{}, [], 0, '$ is [] instead of {}'],
  [[], {}, 0, '$ is {} instead of []'],
])('%j against %j by %d', (expected, found, tolerance, words) => {
  expect(difference(expected, found, tolerance)).toBe(words)
})

test.each<[string, JsonDemand, unknown, boolean]>([
  ['$.a', { op: 'exists' }, { a: null }, true],
  ['$.a', { op: 'exists' }, {}, false],
  ['$.a', { op: 'absent' }, {}, true],
  ['$.a', { op: 'absent' }, { a: 0 }, false],
  ['$.a', { op: 'equals', value: 1, tolerance: 0.1 }, { a: 1.05 }, true],
  ['$.a', { op: 'equals', value: 1, tolerance: 0 }, { a: 1.05 }, false],
  ['$.a', { op: 'equals', value: null, tolerance: 0 }, {}, false],
  ['$.a', { op: 'not-equals', value: 'x' }, { a: 'y' }, true],
  ['$.a', { op: 'not-equals', value: 'x' }, { a: 'x' }, false],
  ['$.a', { op: 'not-equals', value: 'x' }, {}, false],
  ['$.a', { op: 'at-least', value: 1 }, { a: 1 }, true],
  ['$.a', { op: 'at-least', value: 1 }, { a: 0.99 }, false],
  ['$.a', { op: 'at-least', value: 1 }, { a: '2' }, false],
  ['$.a', { op: 'at-most', value: 1 }, { a: 1 }, true],
  ['$.a', { op: 'at-most', value: 1 }, { a: 1.01 }, false],
  ['$.a', { op: 'one-of', value: ['Low', 'High'] }, { a: 'High' }, true],
  ['$.a', { op: 'one-of', value: ['Low', 'High'] }, { a: 'Medium' }, false],
  ['$.a', { op: 'type', value: 'text' }, { a: 'x' }, true],
  ['$.a', { op: 'type', value: 'number' }, { a: 'x' }, false],
  ['$.a', { op: 'type', value: 'list' }, { a: [] }, true],
  ['$.a', { op: 'type', value: 'object' }, { a: [] }, false],
  ['$.a', { op: 'type', value: 'null' }, { a: null }, true],
  ['$.a', { op: 'type', value: 'boolean' }, { a: false }, true],
])('%s %j of %j', (text, demand, document, holds) => {
  expect(judgeAttempt(asserting(text, demand), answer(200, document)).kind).toBe(holds ? 'passed' : 'failed')
})

test.each<[string, ProbeResult, string]>([
  ['a server error', answer(503), 'server-error'],
  ['a client error', answer(404), 'client-error'],
  ['another status', answer(301), 'status'],
  ['no connection', { kind: 'silent', silence: 'connection', message: 'refused' }, 'connection'],
  ['no answer', { kind: 'silent', silence: 'timeout', message: '10 s' }, 'timeout'],
  ['a slow answer', answer(200, {}, 501), 'latency'],
])('%s fails with its cause', (_, result, cause) => {
  expect(judgeAttempt({ ...CHECK, latencyMs: 500 }, result)).toMatchObject({ kind: 'failed', cause })
})

test.each(['dns', 'tls', 'proxy', 'api-server'] as const)('%s says nothing about the release', (silence) => {
  expect(judgeAttempt(CHECK, { kind: 'silent', silence, message: 'm' }).kind).toBe('unknown')
})

test('429 is a wait as long as it says, and no failure', () => {
  expect(judgeAttempt(CHECK, answer(429, '', 5, { 'retry-after': '7' }))).toEqual({ kind: 'throttled', afterMs: 7000 })
  expect(judgeAttempt(CHECK, answer(429))).toEqual({ kind: 'throttled', afterMs: 2000 })
  expect(judgeAttempt(CHECK, answer(429, '', 5, { 'retry-after': '9999' }))).toEqual({
    kind: 'throttled',
    afterMs: 30_000,
  })
  expect(judgeAttempt({ ...CHECK, expect: { status: 429, json: [] } }, answer(429)).kind).toBe('passed')
})

test('a golden answer is compared within its tolerance', () => {
  const check = { ...CHECK, expect: { status: 200, json: [], golden: { tolerance: 1e-6 } } }
  const golden = { id: 'basket-7', response: { prediction: 'Low', probabilities: { Low: 0.75 } } }
  const said = (prediction: string, low: number) => answer(200, { prediction, probabilities: { Low: low } })
  expect(judgeAttempt(check, said('Low', 0.750_000_5), golden).kind).toBe('passed')
  expect(judgeAttempt(check, said('Low', 0.750_01), golden)).toEqual({
    kind: 'failed',
    cause: 'golden',
    sentence: 'golden answer basket-7: $.probabilities.Low is 0.75001 instead of 0.75',
  })
  expect(judgeAttempt(check, said('High', 0.75), golden)).toMatchObject({ cause: 'golden' })
  expect(judgeAttempt(check, answer(200, 'no json'), golden)).toMatchObject({ cause: 'answer' })
})

test('golden answers are a request with its response per line', () => {
  expect(readGolden('{"id":"7","request":{"a":1},"response":{"b":2}}\n\n')).toEqual([
    { id: '7', request: { a: 1 }, response: { b: 2 } },
  ])
  expect(readGolden('{"request":1,"response":2}\n{"request":1}')).toBe('line 2 holds no request with its response')
  expect(readGolden('{"request":1,"response":2}\nx')).toBe('line 2 holds no request with its response')
  expect(readGolden('\n')).toBe('it is empty')
})

test.each([
  ['500ms', 500],
  ['2s', 2000],
  ['10m', 600_000],
  ['1h', 3_600_000],
  ['10', undefined],
  ['1d', undefined],
  ['1m30s', undefined],
  ['-1s', undefined],
])('the span %s', (text, ms) => {
  expect(spanMs(text)).toBe(ms)
})
