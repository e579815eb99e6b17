import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { createServer as createTcpServer } from 'node:net'
import { afterAll, beforeAll, expect, test } from '@jest/globals'
import { type Environment, type HttpAnswer, type KubernetesObject, type ProxyRequest, referenceOf } from '@mlops/core'
import { clusterInMemory, releaseRecord, sleepingClock } from '@mlops/testing'
import { clusterSubjects, urlSubject } from '../../src/index.ts'
import { silenceOfCode } from '../../src/probe/url-subject.ts'

const ASKED = { method: 'GET', path: '/health', headers: {}, timeoutMs: 2000 }

const record = (objects: readonly KubernetesObject[]) =>
  releaseRecord({
    namespace: 'default',
    objects: objects.map((applied) => ({ reference: referenceOf(applied), applied, created: true })),
  })

const template = (version: string) => ({
  metadata: { labels: { app: 'model' } },
  spec: { containers: [{ name: 'main', image: version, ports: [{ name: 'http', containerPort: 8080 }] }] },
})
const deployment: KubernetesObject = {
  apiVersion: 'apps/v1',
  kind: 'Deployment',
  metadata: { name: 'model', namespace: 'default' },
  spec: { replicas: 2, selector: { matchLabels: { app: 'model' } }, template: template('new') },
}
const owner = (kind: string, uid: string) => [{ apiVersion: 'apps/v1', kind, name: 'x', uid, controller: true }]

/** A Deployment with a ReplicaSet of its new template and one of an older one, and pods of both. */
const rollout = (answer: (request: ProxyRequest) => HttpAnswer | undefined = () => undefined) => {
  const world = clusterInMemory({ clock: sleepingClock(), proxy: answer })
  const live = world.put(deployment)
  const replicaSet = (name: string, version: string) =>
    world.put({
      apiVersion: 'apps/v1',
      kind: 'ReplicaSet',
      metadata: { name, namespace: 'default', ownerReferences: owner('Deployment', live.metadata.uid ?? '') },
      spec: { template: template(version) },
    })
  const pod = (name: string, of: KubernetesObject, ready: 'True' | 'False') =>
    world.put({
      apiVersion: 'v1',
      kind: 'Pod',
      metadata: { name, namespace: 'default', ownerReferences: owner('ReplicaSet', of.metadata.uid ?? '') },
      spec: template('any').spec,
      status: { conditions: [{ type: 'Ready', status: ready }] },
    })
  const [older, newer] = [replicaSet('model-1', 'old'), replicaSet('model-2', 'new')]
  pod('model-1-a', older, 'True')
  pod('model-2-a', newer, 'True')
  pod('model-2-b', newer, 'False')
  pod('model-2-c', newer, 'True')
  return world
}

const ok: HttpAnswer = { status: 200, headers: {}, body: 'fine', milliseconds: 3 }

test('each ready pod of the new revision is asked, by the number of its port', async () => {
  const asked: ProxyRequest[] = []
  const { cluster } = rollout((request) => {
    asked.push(request)
    return ok
  })
  for (const target of [{ kind: 'pods' } as const, { kind: 'pods', port: 'http' } as const]) {
    const subjects = await clusterSubjects(cluster, target, record([deployment]))
    expect(subjects.map(({ name }) => name)).toEqual(['pod/model-2-a', 'pod/model-2-c'])
    expect(await subjects[0]?.ask(ASKED)).toEqual({ kind: 'answer', answer: ok })
  }
  expect(asked.map(({ resource, name, port, path }) => [resource, name, port, path])).toEqual([
    ['pods', 'model-2-a', '8080', '/health'],
    ['pods', 'model-2-a', '8080', '/health'],
  ])
})

test('without a workload there is no pod to ask', async () => {
  const { cluster } = clusterInMemory({ clock: sleepingClock() })
  expect(await clusterSubjects(cluster, { kind: 'pods' }, record([deployment]))).toEqual([])
})

test('a service is asked by the name of its port, and its silence is a result', async () => {
  const { cluster } = rollout(({ path }) => (path === '/health' ? ok : undefined))
  const [subject] = await clusterSubjects(cluster, { kind: 'service', name: 'model', port: 'http' }, record([]))
  expect(subject?.name).toBe('service/model:http')
  expect(await subject?.ask(ASKED)).toEqual({ kind: 'answer', answer: ok })
  expect(await subject?.ask({ ...ASKED, path: '/other' })).toMatchObject({ kind: 'silent', silence: 'connection' })
})

test("the cluster's own faults are no result", async () => {
  const { as } = clusterInMemory({ clock: sleepingClock() })
  const stranger = as('stranger', () => false)
  await expect(clusterSubjects(stranger, { kind: 'pods' }, record([deployment]))).rejects.toMatchObject({
    facts: { code: 'E-FORBIDDEN' },
  })
})

let server: Server
let address = ''
beforeAll(async () => {
  server = createServer((request, response) => {
    if (request.url === '/never') return
    let body = ''
    request.on('data', (chunk: Buffer) => (body += chunk.toString()))
    request.on('end', () => {
      response.writeHead(request.url === '/moved' ? 302 : 201, { 'x-model-version': '7', location: '/elsewhere' })
      response.end(`${request.method ?? ''} ${request.headers['content-type'] ?? ''} ${body}`)
    })
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  address = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
})
afterAll(() => {
  server.closeAllConnections()
  server.close()
})

const ask = (
  url: string,
  more: Partial<typeof ASKED> & { readonly body?: string } = {},
  environment: Environment = {},
) => urlSubject(url, environment, sleepingClock()).ask({ ...ASKED, ...more })

test('an address is asked as the check says, and a redirect is an answer', async () => {
  const asked = { method: 'POST', headers: { 'content-type': 'application/json' }, body: '{"a":"ä"}' }
  expect(await ask(address, asked)).toMatchObject({
    kind: 'answer',
    answer: { status: 201, body: 'POST application/json {"a":"ä"}', headers: { 'x-model-version': '7' } },
  })
  expect(await ask(address, { path: '/moved' })).toMatchObject({ kind: 'answer', answer: { status: 302 } })
})

test('why nothing answered is told apart', async () => {
  const closed = createTcpServer()
  await new Promise<void>((resolve) => closed.listen(0, '127.0.0.1', resolve))
  const { port } = closed.address() as AddressInfo
  await new Promise((resolve) => closed.close(resolve))
  expect(await ask(`http://127.0.0.1:${port}`)).toMatchObject({ kind: 'silent', silence: 'connection' })
  expect(await ask(address, { path: '/never', timeoutMs: 50 })).toMatchObject({ kind: 'silent', silence: 'timeout' })
  // A server that speaks no TLS.
  expect(await ask(address.replace('http:', 'https:'))).toMatchObject({ kind: 'silent', silence: 'tls' })
})

test('a proxy that lets nothing through is no fault of the service', async () => {
  const proxy = createServer()
  proxy.on('connect', (_, socket) => socket.end('HTTP/1.1 407 Proxy Authentication Required\r\n\r\n'))
  await new Promise<void>((resolve) => proxy.listen(0, '127.0.0.1', resolve))
  const { port } = proxy.address() as AddressInfo
  const found = await ask('https://model.example.com', {}, { HTTPS_PROXY: `http://127.0.0.1:${port}` })
  proxy.close()
  expect(found).toMatchObject({ kind: 'silent', silence: 'proxy' })
})

test.each([
  ['ENOTFOUND', 'dns'],
  ['EAI_AGAIN', 'dns'],
  ['CERT_HAS_EXPIRED', 'tls'],
  ['DEPTH_ZERO_SELF_SIGNED_CERT', 'tls'],
  ['UNABLE_TO_VERIFY_LEAF_SIGNATURE', 'tls'],
  ['ERR_TLS_CERT_ALTNAME_INVALID', 'tls'],
  ['ERR_PROXY_TUNNEL', 'proxy'],
  ['ETIMEDOUT', 'timeout'],
  ['ECONNREFUSED', 'connection'],
  ['ECONNRESET', 'connection'],
  ['', 'connection'],
])('the code %s', (code, silence) => {
  expect(silenceOfCode(code)).toBe(silence)
})
