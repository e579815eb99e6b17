import { rmSync } from 'node:fs'
import { createServer } from 'node:http'
import { connect, type Socket } from 'node:net'
import type { Routes } from './routes.ts'
import { HOST_IP, KUBELET_PORT } from './node.ts'

export interface EgressOptions {
  /** Unix socket that the API server connects to. */
  readonly socket: string
  readonly node: string
  /** Unix socket of the kubelet's own API. */
  readonly kubelet: string
  readonly routes: Routes
}

/** Takes the API server to pods and to the kubelet: a CONNECT to an address that exists nowhere else. */
export const serveEgress = async ({ socket, node, kubelet, routes }: EgressOptions): Promise<void> => {
  // The API server reaches the kubelet by the node's name or address.
  const own = new Set([`${node}:${KUBELET_PORT}`, `${HOST_IP}:${KUBELET_PORT}`, `localhost:${KUBELET_PORT}`])
  const dial = (address: string): Socket | undefined => {
    if (own.has(address)) return connect(kubelet)
    const port = routes.find(address)
    return port === undefined ? undefined : connect(port, '127.0.0.1')
  }
  const server = createServer()
  server.on('connect', ({ url = '' }, client: Socket) => {
    client.on('error', () => client.destroy())
    const there = dial(url)
    if (there === undefined) {
      client.end('HTTP/1.1 502 Bad Gateway\r\n\r\n')
      return
    }
    there.on('error', () => client.destroy())
    there.on('close', () => client.destroy())
    client.on('close', () => there.destroy())
    there.once('connect', () => {
      client.write('HTTP/1.1 200 Connection established\r\n\r\n')
      there.pipe(client)
      client.pipe(there)
    })
  })
  rmSync(socket, { force: true })
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject)
    server.listen(socket, resolve)
  })
}
