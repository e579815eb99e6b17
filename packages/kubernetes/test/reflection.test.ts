import type { ServerResponse } from 'node:http'
import { afterEach, expect, test } from '@jest/globals'
import type { KubernetesObject } from '@mlops/core'
import { recogniseNativeErrors, stepContext } from '@mlops/testing'
import { reflect } from '../src/reflector/reflection.ts'
import { type Asked, inTurn, json, lost, openServer, refusing, type Serve, type Server, apiOf } from './server.ts'

recogniseNativeErrors()
let server: Server
let context: ReturnType<typeof stepContext>
afterEach(() => {
  // A follower that never sees what it waits for would go on for ever.
  context.abort.abort(new Error('done'))
  server.close()
})

const RESOURCE = { resource: 'configmaps', namespaced: true }
const SELECTION = { apiVersion: 'v1', kind: 'ConfigMap', namespace: 'shop' }
const thing = (name: string, resourceVersion: string, value = '') => ({
  apiVersion: 'v1',
  kind: 'ConfigMap',
  metadata: { name, namespace: 'shop', resourceVersion },
  data: { value },
})
const listed = (resourceVersion: string, ...items: readonly object[]) =>
  json(200, { kind: 'ConfigMapList', metadata: { resourceVersion }, items })
const event = (type: string, object: object) => `${JSON.stringify({ type, object })}\n`
const gone = event('ERROR', { kind: 'Status', code: 410, reason: 'Expired', message: 'too old' })

/** A watch that says this and then ends. */
const saying =
  (...lines: readonly string[]): Serve =>
  (response) => {
    response.writeHead(200, { 'content-type': 'application/json' })
    for (const line of lines) response.write(line)
    response.end()
  }
/** A watch that says this and then breaks. */
const breaking =
  (...lines: readonly string[]): Serve =>
  (response) => {
    response.writeHead(200, { 'content-type': 'application/json' })
    response.write(lines.join(''), () => response.socket?.destroy())
  }
/** A watch that goes on, and of which no more is said. */
const open: Serve = (response: ServerResponse) => {
  response.writeHead(200, { 'content-type': 'application/json' })
  response.flushHeaders()
}

const isWatch = ({ url }: Asked) => url.includes('watch=true')
const versionAsked = ({ url }: Asked) => new URL(url, 'http://x').searchParams.get('resourceVersion')

/** Follows a server whose lists and watches are scripted, until it holds what is expected. */
const following = async (lists: Serve, watches: Serve, expected: Readonly<Record<string, string>>) => {
  server = await openServer((response, asked) => (isWatch(asked) ? watches : lists)(response, asked))
  context = stepContext()
  const since = context.clock.now()
  const valuesOf = (objects: ReadonlyMap<string, KubernetesObject>) =>
    Object.fromEntries(
      [...objects.values()].map(({ metadata, data }) => [metadata.name, (data as { value: string }).value]),
    )
  let told = 0
  await new Promise<void>((resolve, reject) => {
    const onObjects = (objects: ReadonlyMap<string, KubernetesObject>) => {
      told += 1
      if (JSON.stringify(valuesOf(objects)) === JSON.stringify(expected)) resolve()
    }
    reflect(
      apiOf(server.url, context),
      { selection: SELECTION, resource: RESOURCE, onObjects, onCurrent: () => undefined },
      context,
    ).catch(reject)
  })
  return {
    lists: server.asked.filter((asked) => !isWatch(asked)).length,
    watches: server.asked.filter(isWatch),
    slept: context.clock.now() - since,
    told,
  }
}

const A1 = thing('a', '10', 'one')
const LATER = event('MODIFIED', thing('a', '12', 'later'))

test('a watch begins where the list ended', async () => {
  const { watches, lists } = await following(listed('11', A1), inTurn(saying(LATER), open), { a: 'later' })
  expect(watches.map(versionAsked)[0]).toBe('11')
  expect(lists).toBe(1)
})

test.each([
  ['ends', saying(event('ADDED', thing('b', '12', 'two')))],
  ['breaks', breaking(event('ADDED', thing('b', '12', 'two')))],
  ['says garbage', saying(event('ADDED', thing('b', '12', 'two')), '<html>\n', event('DELETED', thing('a', '99')))],
  ['is cut off', saying(event('ADDED', thing('b', '12', 'two')), LATER.slice(0, -9))],
] satisfies [string, Serve][])('where a watch %s, the next goes on', async (_, first) => {
  const second = saying(event('MODIFIED', thing('a', '13', 'later')))
  const { watches, lists } = await following(listed('11', A1), inTurn(first, second, open), { a: 'later', b: 'two' })
  expect(watches.map(versionAsked).slice(0, 2)).toEqual(['11', '12'])
  expect(lists).toBe(1)
})

test('a bookmark moves the place to go on from', async () => {
  const bookmark = saying(event('BOOKMARK', { kind: 'ConfigMap', metadata: { resourceVersion: '50' } }))
  const second = saying(event('MODIFIED', thing('a', '51', 'later')))
  const { watches } = await following(listed('11', A1), inTurn(bookmark, second, open), { a: 'later' })
  expect(watches.map(versionAsked)[1]).toBe('50')
})

test.each([
  ['the answer', refusing(410, 'Expired')],
  ['the stream', saying(gone)],
  ['the stream, by any other error', saying(event('ERROR', { kind: 'Status', code: 500, message: 'etcd' }))],
] satisfies [string, Serve][])('a version that is forgotten, told by %s, makes it list again', async (_, forgotten) => {
  const lists = inTurn(listed('11', A1, thing('b', '9', 'old')), listed('60', thing('a', '55', 'later')))
  const { watches, lists: count } = await following(lists, inTurn(forgotten, open), { a: 'later' })
  expect(count).toBe(2)
  expect(watches.map(versionAsked)[0]).toBe('11')
})

test('what comes late, or twice, changes nothing', async () => {
  const shuffled = saying(
    event('MODIFIED', thing('a', '12', 'new')),
    event('MODIFIED', thing('a', '11', 'old')),
    event('DELETED', thing('b', '13')),
    event('ADDED', thing('b', '12', 'ghost')),
    event('DELETED', thing('b', '13')),
    event('ADDED', thing('c', '14', 'last')),
  )
  const list = listed('10', thing('a', '9', ''), thing('b', '8', ''))
  const { told } = await following(list, inTurn(shuffled, open), { a: 'new', c: 'last' })
  // The list, and the four events that were news.
  expect(told).toBe(5)
})

test('a server that ends each watch at once is not asked in a busy loop', async () => {
  const watches = inTurn(
    ...Array.from({ length: 30 }, () => saying()),
    saying(event('MODIFIED', thing('a', '12', 'x'))),
  )
  const { slept } = await following(listed('11', A1), watches, { a: 'x' })
  // No sleep is shorter than half of its bound, and the bound is at its longest after six of them.
  expect(slept).toBeGreaterThan(60_000)
})

test('a throttled watch waits as it is told', async () => {
  const throttled = refusing(429, 'TooManyRequests', '', { 'retry-after': '9' })
  const { slept } = await following(listed('11', A1), inTurn(throttled, saying(LATER), open), { a: 'later' })
  expect(slept).toBeGreaterThanOrEqual(9000)
})

test('a token that ended is renewed', async () => {
  const { watches } = await following(listed('11', A1), inTurn(refusing(401, 'Unauthorized'), saying(LATER), open), {
    a: 'later',
  })
  expect(watches.map(({ authorization }) => authorization).slice(0, 2)).toEqual(['Bearer t1', 'Bearer t2'])
})

test('a refusal that stays ends it, with the rule that is missing', async () => {
  const watches = refusing(403, 'Forbidden', 'ada may not')
  await expect(following(listed('11', A1), watches, {})).rejects.toMatchObject({
    facts: { code: 'E-FORBIDDEN', why: 'ada may not', hint: expect.stringContaining('verbs: ["watch"]') },
  })
})

test('one that passes does not', async () => {
  const refused = refusing(403, 'Forbidden')
  await following(listed('11', A1), inTurn(refused, refused, saying(LATER), open), { a: 'later' })
})

test('an API server that comes back may refuse for longer, until it has read its roles', async () => {
  const refused = refusing(403, 'Forbidden')
  const starting = [refused, refused, refused, refused, refused]
  const { slept } = await following(listed('11', A1), inTurn(breaking(), ...starting, saying(LATER), open), {
    a: 'later',
  })
  // Or it would have been over without.
  expect(slept).toBeGreaterThan(2000)
})

test('a list that fails for a while is asked again, and nothing is forgotten meanwhile', async () => {
  const lists = inTurn(listed('11', A1), lost, lost, listed('20', thing('a', '19', 'later')))
  const { lists: count } = await following(lists, inTurn(saying(gone), open), { a: 'later' })
  expect(count).toBe(4)
})

test('a long list comes in pages, and begins again when its pages are forgotten', async () => {
  const page = (next: string, ...items: readonly object[]) =>
    json(200, { metadata: { resourceVersion: '30', continue: next }, items })
  const lists = inTurn(
    page('more', thing('a', '1', 'stale')),
    refusing(410, 'Expired'),
    page('more', thing('a', '2', 'one')),
    page('', thing('b', '3', 'two')),
  )
  await following(lists, open, { a: 'one', b: 'two' })
  expect(server.asked.map(({ url }) => new URL(url, 'http://x').searchParams.get('continue')).slice(0, 4)).toEqual([
    null,
    'more',
    null,
    'more',
  ])
})
