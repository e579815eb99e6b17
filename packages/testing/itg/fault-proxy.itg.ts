import { afterAll, afterEach, beforeAll, beforeEach, expect, jest, test } from '@jest/globals'
import { spawn } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { setTimeout as sleep } from 'node:timers/promises'
import { type Api, ApiError, createApi } from '@mlops/local-cluster'
import {
  type ClusterWorld,
  configMap,
  type FaultProxy,
  type Namespace,
  openClusterWorld,
  openFaultProxy,
} from '../src/index.ts'

jest.setTimeout(60_000)
let world: ClusterWorld
let proxy: FaultProxy
let namespace: Namespace
let api: Api

beforeAll(async () => {
  world = await openClusterWorld()
  namespace = await world.namespace()
}, 40 * 60_000)
afterAll(() => world.close())
beforeEach(async () => {
  proxy = await openFaultProxy(world.cluster)
  api = apiWith(world.cluster.token)
})
afterEach(() => proxy.close())

const apiWith = (token: string) =>
  createApi({ endpoint: proxy.endpoint, ca: readFileSync(world.cluster.caFile, 'utf8'), token })
const list = (): Promise<unknown> => api.get(namespace.path('ConfigMap'))
const create = (name: string): Promise<unknown> => api.create(namespace.path('ConfigMap'), configMap(name, { a: 'b' }))

/** How requests ended: the status, or the code of the connection's error. */
const outcome = (request: Promise<unknown>): Promise<unknown> =>
  request.then(
    () => 200,
    (error: unknown) =>
      error instanceof ApiError ? error.status : ((error as { code?: string }).code ?? String(error)),
  )
const outcomes = async (count: number): Promise<readonly unknown[]> => {
  const found = []
  for (let index = 0; index < count; index += 1) found.push(await outcome(list()))
  return found
}

/** What a watch of the ConfigMaps saw, and how it ended within two seconds. */
const watched = async (): Promise<{ events: readonly string[]; end: unknown; seconds: number }> => {
  const events: string[] = []
  const started = performance.now()
  const path = `${namespace.path('ConfigMap')}?watch=true`
  const watching = api.watch<{ metadata: { name?: string }; code?: number }>(
    path,
    ({ type, object }) => events.push(`${type} ${object.metadata.name ?? object.code ?? ''}`),
    AbortSignal.timeout(2000),
  )
  const end = await watching.then(
    () => 'end',
    (error: unknown) => (error as { code?: string }).code,
  )
  return { events, end, seconds: (performance.now() - started) / 1000 }
}

test('without a fault it is the API server, to kubectl as well', async () => {
  await create('plain')
  expect(await namespace.get('ConfigMap', 'plain')).toMatchObject({ data: { a: 'b' } })
  const path = namespace.path('ConfigMap')
  const call = { resource: 'configmaps', namespace: namespace.name, path }
  expect(proxy.calls()).toEqual([{ ...call, verb: 'create', name: '' }])
  const kubeconfig = proxy.kubeconfig(world.cluster.kubeconfig)
  // Not awaited synchronously: the proxy lives in this process.
  const kubectl = spawn(join(world.cluster.bin, 'kubectl'), ['--kubeconfig', kubeconfig, 'get', '--raw', path])
  expect(JSON.parse(await text(kubectl.stdout))).toMatchObject({ kind: 'ConfigMapList' })
  expect(proxy.calls().at(-1)).toEqual({ ...call, verb: 'list', name: '' })
})

test('an answer instead of the API server befalls so many requests, of its kind only', async () => {
  proxy.fault({ kind: 'answer', status: 503, verb: 'list', resource: 'configmaps', skip: 1, times: 2 })
  expect(await outcome(api.get(namespace.path('Secret')))).toBe(200)
  expect(await outcomes(4)).toEqual([200, 503, 503, 200])
  expect(proxy.calls().map(({ fault }) => fault)).toEqual([undefined, undefined, 'answer', 'answer', undefined])
})

test('an answer may say when to come again', async () => {
  proxy.fault({ kind: 'answer', status: 429, retryAfterSeconds: 3 })
  const { request } = await import('node:https')
  const ca = readFileSync(world.cluster.caFile)
  const answer = await new Promise<{ status: number | undefined; after: string | undefined }>((resolve, reject) => {
    request(`${proxy.endpoint}/version`, { ca }, (response) => {
      response.resume()
      resolve({ status: response.statusCode, after: response.headers['retry-after'] })
    })
      .on('error', reject)
      .end()
  })
  expect(answer).toEqual({ status: 429, after: '3' })
})

test('a token expires for good, and another one is taken', async () => {
  proxy.fault({ kind: 'expire-token', skip: 1 })
  expect(await outcomes(3)).toEqual([200, 401, 401])
  api = apiWith(readToken(world.kubeconfig))
  expect(await outcome(api.get('/version'))).toBe(200)
})
const readToken = (kubeconfig: string) =>
  (JSON.parse(readFileSync(kubeconfig, 'utf8')) as { users: readonly { user: { token: string } }[] }).users[0]?.user
    .token ?? ''

test('a reset carries nothing out, a lost answer does', async () => {
  proxy.fault({ kind: 'reset', verb: 'create' })
  expect(await outcome(create('reset'))).toBe('ECONNRESET')
  expect(await namespace.get('ConfigMap', 'reset')).toBeUndefined()
  proxy.fault({ kind: 'lost-answer', verb: 'create' })
  expect(await outcome(create('lost'))).toBe('ECONNRESET')
  expect(await namespace.get('ConfigMap', 'lost')).toMatchObject({ data: { a: 'b' } })
  expect(await outcome(create('lost'))).toBe(409)
})

test('silence says nothing, and half an answer is no JSON', async () => {
  proxy.fault({ kind: 'silence' })
  const silent = list().then(() => 'answered')
  silent.catch(() => undefined)
  expect(await Promise.race([silent, sleep(500).then(() => 'silent')])).toBe('silent')
  proxy.fault({ kind: 'truncated' })
  expect(await outcome(list())).toMatch(/^SyntaxError/)
  expect(await outcomes(1)).toEqual([200])
})

test('a slow answer comes', async () => {
  proxy.fault({ kind: 'slow', ms: 400 })
  const started = performance.now()
  expect(await outcomes(1)).toEqual([200])
  expect(performance.now() - started).toBeGreaterThan(390)
})

test.each([
  { by: 'close', end: 'end', last: undefined },
  { by: 'gone', end: 'end', last: 'ERROR 410' },
  { by: 'reset', end: 'ECONNRESET', last: undefined },
  // The client's own patience ends it, after two seconds.
  { by: 'silence', end: 'ECONNRESET', last: undefined },
] as const)('a watch shows what there is and then ends by $by', async ({ by, end, last }) => {
  proxy.fault({ kind: 'end-watch', afterMs: 300, by })
  const found = await watched()
  expect(found.end).toBe(end)
  expect(found.events).toContain('ADDED plain')
  expect(found.events.find((event) => event.startsWith('ERROR'))).toBe(last)
  expect(found.seconds).toBeGreaterThan(by === 'silence' ? 1.9 : 0.29)
})

test('what is cleared befalls nobody', async () => {
  proxy.fault({ kind: 'answer', status: 500, times: Infinity })
  proxy.fault({ kind: 'expire-token' })
  expect(await outcomes(2)).toEqual([500, 500])
  proxy.clear()
  expect(await outcomes(2)).toEqual([200, 200])
})
