import { createServer } from 'node:net'
import type { AddressInfo } from 'node:net'
import { afterEach, expect, test } from '@jest/globals'
import { recogniseNativeErrors, stepContext } from '@mlops/testing'
import { askedToWait, pauseBefore } from '../src/transport/api.ts'
import { apiOf, inTurn, json, lost, openServer, refusing, type Serve, type Server } from './server.ts'

recogniseNativeErrors()
let server: Server
afterEach(() => server.close())

const GET = { method: 'GET', path: '/version' } as const
const POST = { method: 'POST', path: '/things', body: { a: 1 } } as const

/** Serves like that, and asks: what came of it, how often it was asked, and how long it took by the step's clock. */
const asking = async (serve: Serve) => {
  server = await openServer(serve)
  const context = stepContext()
  const since = context.clock.now()
  return { api: apiOf(server.url, context), context, waited: () => context.clock.now() - since }
}

test.each([
  ['throttled', refusing(429, 'TooManyRequests')],
  ['out of order', refusing(500, 'InternalError', 'etcd: leader changed')],
  ['shutting down', refusing(503, 'ServiceUnavailable')],
  ['too slow', refusing(504, 'Timeout')],
  ['gone in the middle', lost],
  [
    'cut off',
    (response) => {
      response.writeHead(200, { 'content-type': 'application/json' })
      response.end('{"major":"1","min')
    },
  ],
] satisfies [string, Serve][])('a server that is %s is asked again', async (_, trouble) => {
  const { api } = await asking(inTurn(trouble, trouble, json(200, { major: '1' })))
  expect(await api.call(GET)).toMatchObject({ status: 200, document: { major: '1' } })
  expect(server.asked).toHaveLength(3)
})

test('it is asked no sooner than it said', async () => {
  const throttled = refusing(429, 'TooManyRequests', '', { 'retry-after': '7' })
  const { api, waited } = await asking(inTurn(throttled, throttled, json(200, {})))
  await api.call(GET)
  expect(waited()).toBeGreaterThanOrEqual(14_000)
  expect(waited()).toBeLessThan(16_000)
})

test.each([
  [undefined, 0],
  ['3', 3000],
  ['600', 60_000],
  ['-1', 0],
  ['Wed, 21 Oct 2026 07:28:00 GMT', 0],
])('a server that says %s is given %i ms', (header, ms) => {
  expect(askedToWait(header)).toBe(ms)
})

test('pauses double up to five seconds, and are never none', () => {
  const pauses = (next: number) => [0, 1, 2, 5, 60].map((attempt) => pauseBefore(attempt, 0, { next: () => next }))
  expect(pauses(0)).toEqual([125, 250, 500, 2500, 2500])
  expect(pauses(1)).toEqual([250, 500, 1000, 5000, 5000])
})

test('after two minutes of trouble it is given up, with what was said last', async () => {
  const { api, waited } = await asking(refusing(503, 'ServiceUnavailable', 'the leader is asleep'))
  await expect(api.call(GET)).rejects.toMatchObject({
    facts: { code: 'E-CLUSTER', kind: 'remote', why: expect.stringContaining('503 the leader is asleep') },
  })
  expect(waited()).toBeGreaterThan(110_000)
  expect(waited()).toBeLessThanOrEqual(120_000)
})

test('an internal error that says the same three times is an answer', async () => {
  const { api } = await asking(refusing(500, 'InternalError', 'failed calling webhook "policy"'))
  expect(await api.call(POST)).toMatchObject({ status: 500 })
  expect(server.asked).toHaveLength(3)
})

test('a token that is refused is renewed once, and the request sent again', async () => {
  const { api } = await asking(inTurn(refusing(401, 'Unauthorized'), json(200, {})))
  expect(await api.call(GET)).toMatchObject({ status: 200 })
  expect(server.asked.map(({ authorization }) => authorization)).toEqual(['Bearer t1', 'Bearer t2'])
})

test('whose new token is refused, too, is named', async () => {
  const { api } = await asking(refusing(401, 'Unauthorized'))
  await expect(api.call(GET)).rejects.toMatchObject({
    facts: { code: 'E-UNAUTHENTICATED', what: expect.stringContaining('ada') },
  })
  expect(server.asked).toHaveLength(2)
})

test('a server that has just come up may refuse what it grants', async () => {
  const forbidden = refusing(403, 'Forbidden')
  const { api } = await asking(inTurn(lost, forbidden, forbidden, json(200, {}), forbidden))
  expect(await api.call(GET)).toMatchObject({ status: 200 })
  expect(server.asked).toHaveLength(4)
})

test('but not for long', async () => {
  const { api, waited } = await asking(inTurn(lost, refusing(403, 'Forbidden')))
  expect(await api.call(GET)).toMatchObject({ status: 403 })
  expect(waited()).toBeLessThan(25_000)
})

test('answers that a repetition would not change come at once', async () => {
  for (const status of [200, 201, 400, 403, 404, 409, 410, 422, 501]) {
    const { api } = await asking(refusing(status, 'X'))
    expect(await api.call(POST)).toMatchObject({ status, repeated: false })
    expect(server.asked).toHaveLength(1)
    server.close()
  }
})

test('what must not be done twice is looked for before it is sent again', async () => {
  const { api } = await asking(inTurn(lost, refusing(503, 'ServiceUnavailable'), json(201, { made: 'now' })))
  const looked: string[] = []
  const arrived = (why: string) => {
    looked.push(why)
    return Promise.resolve(undefined)
  }
  expect(await api.call({ ...POST, arrived })).toMatchObject({ document: { made: 'now' }, repeated: true })
  expect(looked).toHaveLength(2)
})

test('what is found to have arrived is not sent again', async () => {
  const { api } = await asking(inTurn(lost, json(201, { made: 'twice' })))
  const arrived = () => Promise.resolve({ status: 200, headers: {}, text: '{"made":"before"}' })
  expect(await api.call({ ...POST, arrived })).toMatchObject({ document: { made: 'before' }, repeated: true })
  expect(server.asked).toHaveLength(1)
})

test('what was throttled was not done, so nobody looks for it', async () => {
  const { api } = await asking(inTurn(refusing(429, 'TooManyRequests'), json(201, { made: 'now' })))
  const arrived = () => Promise.reject(new Error('must not be asked'))
  expect(await api.call({ ...POST, arrived })).toMatchObject({ document: { made: 'now' }, repeated: false })
})

test('neither does anybody where nothing listened', async () => {
  server = await openServer(json(200, {}))
  const nobody = createServer()
  await new Promise<void>((resolve) => nobody.listen(0, '127.0.0.1', resolve))
  const { port } = nobody.address() as AddressInfo
  await new Promise((resolve) => nobody.close(resolve))
  const context = stepContext()
  const arrived = () => Promise.reject(new Error('must not be asked'))
  const call = apiOf(new URL(`http://127.0.0.1:${port}`), context).call({ ...POST, arrived })
  await expect(call).rejects.toMatchObject({
    facts: { code: 'E-CLUSTER', why: expect.stringContaining('ECONNREFUSED') },
  })
})

test('a run that is cancelled asks no more', async () => {
  const { api, context } = await asking(refusing(503, 'ServiceUnavailable'))
  context.clock.at(1000, () => context.abort.abort(new Error('cancelled')))
  await expect(api.call(GET)).rejects.toThrow('cancelled')
  expect(server.asked.length).toBeLessThan(6)
})

test('an address without TLS is taken on this machine only', async () => {
  server = await openServer(json(200, {}))
  expect(() => apiOf(new URL('http://shop.example.test'), stepContext())).toThrow('it is not https')
  expect(() => apiOf(new URL('ftp://127.0.0.1'), stepContext())).toThrow('it is not https')
})
