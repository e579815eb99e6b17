import { afterEach, expect, test } from '@jest/globals'
import { clusterInMemory, recogniseNativeErrors, releaseRecord, sleepingClock, stepContext } from '@mlops/testing'
import { throughProxy } from '../../src/cluster/subresources.ts'
import { clusterSubjects } from '../../src/index.ts'
import { apiOf, lost, openServer, refusing, type Serve, type Server } from '../server.ts'

recogniseNativeErrors()
let server: Server
afterEach(() => server.close())

const TARGET = { kind: 'service', name: 'model', port: 'http' } as const
const ASKED = { method: 'GET', path: '/health', headers: {}, timeoutMs: 200 }

/** What a probe of a service comes to, through an API server that serves like that. */
const asking = async (serve: Serve, isUp = true, timeoutMs = ASKED.timeoutMs) => {
  server = await openServer(serve)
  if (!isUp) server.close()
  const { cluster } = clusterInMemory({ clock: sleepingClock() })
  const proxy = throughProxy(apiOf(server.url, stepContext()), sleepingClock())
  const [subject] = await clusterSubjects({ ...cluster, proxy }, TARGET, releaseRecord())
  return subject?.ask({ ...ASKED, timeoutMs })
}

const text =
  (status: number, body: string): Serve =>
  (response) => {
    response.writeHead(status, { 'content-type': 'text/plain' })
    response.end(body)
  }

test.each([
  ['throttles', refusing(429, 'TooManyRequests', 'too many requests')],
  ['has an internal error', refusing(500, 'InternalError', 'etcdserver: leader changed')],
  ['shuts down', refusing(503, 'ServiceUnavailable', 'the server is currently unable to handle the request')],
] satisfies [string, Serve][])('an API server that %s says nothing of the service', async (_, serve) => {
  expect(await asking(serve)).toMatchObject({ kind: 'silent', silence: 'api-server' })
})

test('nor does one that is not there', async () => {
  expect(await asking(lost, false)).toMatchObject({ kind: 'silent', silence: 'api-server' })
})

test.each([
  ['without endpoints', refusing(503, 'ServiceUnavailable', 'no endpoints available for service "model"')],
  ['that is not there', refusing(404, 'NotFound', 'services "model" not found')],
  ['that refuses', text(503, 'error trying to reach service: dial tcp 10.0.0.1:80: connect: connection refused')],
  ['that breaks off', lost],
] satisfies [string, Serve][])('a service %s does not answer', async (_, serve) => {
  expect(await asking(serve)).toMatchObject({ kind: 'silent', silence: 'connection' })
})

test('a service that hangs comes too late', async () => {
  expect(await asking(() => undefined)).toMatchObject({ kind: 'silent', silence: 'timeout' })
})

const long = (length: number): Serve => text(200, 'x'.repeat(length))

test('a service that answers without end is not waited for', async () => {
  expect(await asking(long(8 * 1024 * 1024 + 1), true, 10_000)).toEqual({
    kind: 'silent',
    silence: 'connection',
    message: 'the answer is longer than 8388608 characters',
  })
})

test('an answer may be as long as one of an address', async () => {
  expect(await asking(long(8 * 1024 * 1024), true, 10_000)).toMatchObject({ kind: 'answer', answer: { status: 200 } })
})

test('a service that answers badly has answered', async () => {
  expect(await asking(text(500, 'no model'))).toMatchObject({
    kind: 'answer',
    answer: { status: 500, body: 'no model' },
  })
})
