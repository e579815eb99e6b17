import { createServer, type IncomingMessage, request, type Server } from 'node:http'
import { type AddressInfo, connect, type Socket } from 'node:net'
import { afterEach, beforeEach, expect, test } from '@jest/globals'
import { CreateBucketCommand, S3Client } from '@aws-sdk/client-s3'
import { requestHandler } from '../src/network.ts'

let target: Server
let proxy: Server
let seen: string[]

const listen = (server: Server) =>
  new Promise<number>((resolve) => {
    server.listen(0, '127.0.0.1', () => resolve((server.address() as AddressInfo).port))
  })
const portOf = (server: Server) => (server.address() as AddressInfo).port

const tunnel = (incoming: IncomingMessage, socket: Socket) => {
  seen.push(`CONNECT ${incoming.url ?? ''}`)
  const [host = '', port = ''] = (incoming.url ?? '').split(':')
  const onward = connect(Number(port), host, () => {
    socket.write('HTTP/1.1 200 Connection established\r\n\r\n')
    onward.pipe(socket)
    socket.pipe(onward)
  })
  onward.on('error', () => socket.destroy())
  socket.on('error', () => onward.destroy())
}

beforeEach(async () => {
  seen = []
  target = createServer((_, response) => response.end())
  proxy = createServer((incoming, response) => {
    seen.push(`${incoming.method ?? ''} ${incoming.url ?? ''}`)
    const onward = request(incoming.url ?? '', { method: incoming.method, headers: incoming.headers }, (answer) => {
      response.writeHead(answer.statusCode ?? 500)
      answer.pipe(response)
    })
    incoming.pipe(onward)
  })
  proxy.on('connect', tunnel)
  await Promise.all([listen(target), listen(proxy)])
})
afterEach(() => {
  for (const server of [target, proxy]) {
    server.closeAllConnections()
    server.close()
  }
})

const call = async (environment: Readonly<Record<string, string>>, protocol = 'http') => {
  const client = new S3Client({
    region: 'us-east-1',
    endpoint: `${protocol}://localhost:${portOf(target)}`,
    forcePathStyle: true,
    credentials: { accessKeyId: 'a', secretAccessKey: 'b' },
    maxAttempts: 1,
    requestHandler: requestHandler(environment),
  })
  try {
    await client.send(new CreateBucketCommand({ Bucket: 'bucket' }))
    return 'answered'
  } catch {
    return 'failed'
  } finally {
    client.destroy()
  }
}

test('without a proxy the call goes straight', async () => {
  expect(await call({})).toBe('answered')
  expect(seen).toEqual([])
})

test('HTTP_PROXY is used for an endpoint without TLS', async () => {
  expect(await call({ HTTP_PROXY: `http://127.0.0.1:${portOf(proxy)}` })).toBe('answered')
  expect(seen).toEqual([expect.stringMatching(`^PUT http://localhost:${portOf(target)}/bucket`)])
})

test('HTTPS_PROXY is asked for a tunnel', async () => {
  // The target speaks no TLS, so the call fails behind the tunnel; that it was asked for is what counts.
  expect(await call({ HTTPS_PROXY: `http://127.0.0.1:${portOf(proxy)}` }, 'https')).toBe('failed')
  expect(seen).toEqual([`CONNECT localhost:${portOf(target)}`])
})

test('NO_PROXY is reached directly', async () => {
  expect(await call({ HTTP_PROXY: `http://127.0.0.1:${portOf(proxy)}`, NO_PROXY: 'localhost' })).toBe('answered')
  expect(seen).toEqual([])
})
