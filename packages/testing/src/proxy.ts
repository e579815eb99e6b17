import { createServer, type IncomingMessage, request, type ServerResponse } from 'node:http'
import { type AddressInfo, connect, type Socket } from 'node:net'

export interface Proxy {
  readonly url: string
  /** Hosts that were asked for, each once. */
  readonly hosts: () => readonly string[]
  readonly close: () => void
}

/** The same URL at a host that nobody but the proxy finds. */
export const behindProxy = (url: string, host: string): string => {
  const hidden = new URL(url)
  hidden.hostname = host
  return hidden.href.replace(/\/$/, '')
}

/** A proxy to this machine alone, whatever host is asked for: by tunnel and by whole URL, as HTTP clients choose. */
export const openProxy = async (): Promise<Proxy> => {
  const hosts = new Set<string>()
  const forward = (incoming: IncomingMessage, response: ServerResponse) => {
    const { hostname, port, pathname, search } = new URL(incoming.url ?? '')
    hosts.add(hostname)
    const { method, headers } = incoming
    const onward = request({ host: '127.0.0.1', port, path: pathname + search, method, headers }, (answer) => {
      response.writeHead(answer.statusCode ?? 502, answer.rawHeaders)
      answer.pipe(response)
    })
    onward.on('error', () => response.destroy())
    incoming.pipe(onward)
  }
  const tunnel = (incoming: IncomingMessage, socket: Socket) => {
    const { hostname, port } = new URL(`http://${incoming.url ?? ''}`)
    hosts.add(hostname)
    const onward = connect(Number(port), '127.0.0.1', () => {
      socket.write('HTTP/1.1 200 Connection established\r\n\r\n')
      onward.pipe(socket)
      socket.pipe(onward)
    })
    onward.on('error', () => socket.destroy())
    socket.on('error', () => onward.destroy())
  }
  const server = createServer(forward).on('connect', tunnel)
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    hosts: () => [...hosts].toSorted(),
    close: () => {
      server.closeAllConnections()
      server.close()
    },
  }
}
