import { mkdtempSync, readFileSync, writeFileSync } from 'node:fs'
import type { IncomingMessage, ServerResponse } from 'node:http'
import { Agent, createServer, request } from 'node:https'
import type { AddressInfo, Socket } from 'node:net'
import { dirname, join } from 'node:path'
import { buffer } from 'node:stream/consumers'
import type { Cluster } from '@mlops/local-cluster'

/** Of which requests: all by default. */
interface Befalls {
  /** As RBAC calls them: get, list, watch, create, update, patch, delete. */
  readonly verb?: string
  /** `pods`, `pods/log`, `services/proxy`; the empty text for paths such as /version. */
  readonly resource?: string
  readonly namespace?: string
  readonly name?: string
  /** How many of them pass first. */
  readonly skip?: number
  /** How many it befalls then; 1 by default, Infinity for all. */
  readonly times?: number
}

export type ApiFault = Befalls &
  (
    | {
        /** The API server is not asked; the answer is a Status of this code. */
        readonly kind: 'answer'
        readonly status: number
        readonly retryAfterSeconds?: number
      }
    /** From here on, the token of the request is refused with 401, whatever is asked with it. */
    | { readonly kind: 'expire-token' }
    /** The connection is reset before anything happens. */
    | { readonly kind: 'reset' }
    /** It is carried out, and then the connection is reset. */
    | { readonly kind: 'lost-answer' }
    /** Nothing is carried out, and nothing is ever said. */
    | { readonly kind: 'silence' }
    /** Half of the answer comes, and ends as if it were whole. */
    | { readonly kind: 'truncated' }
    | { readonly kind: 'slow'; readonly ms: number }
    | WatchEnd
  )

interface WatchEnd {
  readonly kind: 'end-watch'
  readonly afterMs: number
  /** `gone`: by an ERROR event of code 410. `silence`: the connection stays, half-open. */
  readonly by: 'close' | 'reset' | 'silence' | 'gone'
}

/** One request that arrived. */
export interface ProxiedCall {
  readonly verb: string
  readonly resource: string
  readonly namespace: string
  readonly name: string
  readonly path: string
  /** What befell it. */
  readonly fault?: ApiFault['kind']
}

export interface FaultProxy {
  /** Serves with the API server's own certificate, so its `caFile` stands for both. */
  readonly endpoint: string
  /** The same kubeconfig for the way through the proxy; gives its path. */
  readonly kubeconfig: (path: string) => string
  readonly fault: (fault: ApiFault) => void
  /** Forgets all faults, and what they refused. Watches that fell silent stay so. */
  readonly clear: () => void
  readonly calls: () => readonly ProxiedCall[]
  readonly close: () => void
}

const VERBS: Readonly<Record<string, readonly [one: string, all: string]>> = {
  GET: ['get', 'list'],
  POST: ['create', 'create'],
  PUT: ['update', 'update'],
  PATCH: ['patch', 'patch'],
  DELETE: ['delete', 'deletecollection'],
}

const RESOURCE =
  /^\/api(?:s\/[^/]+)?\/v[^/]+(?:\/namespaces\/(?<namespace>[^/]+)(?=\/))?\/(?<resource>[^/]+)(?:\/(?<name>[^/]+)(?:\/(?<sub>[^/]+))?)?/

const callOf = (method: string, path: string): ProxiedCall => {
  const url = new URL(path, 'https://localhost')
  const { resource = '', namespace = '', name = '', sub } = RESOURCE.exec(url.pathname)?.groups ?? {}
  const [one, all] = VERBS[method] ?? [method.toLowerCase(), method.toLowerCase()]
  const watches = /^(1|true)$/.test(url.searchParams.get('watch') ?? '')
  const read = name === '' && resource !== '' ? all : one
  return {
    verb: watches ? 'watch' : read,
    resource: sub === undefined ? resource : `${resource}/${sub}`,
    namespace,
    name,
    path,
  }
}

const befalls = (fault: Befalls, call: ProxiedCall) =>
  (['verb', 'resource', 'namespace', 'name'] as const).every(
    (field) => fault[field] === undefined || fault[field] === call[field],
  )

const REASONS: Readonly<Record<number, string>> = {
  401: 'Unauthorized',
  403: 'Forbidden',
  410: 'Expired',
  429: 'TooManyRequests',
  500: 'InternalError',
  503: 'ServiceUnavailable',
  504: 'Timeout',
}

const statusOf = (code: number) => ({
  kind: 'Status',
  apiVersion: 'v1',
  metadata: {},
  status: 'Failure',
  message: `the test says ${code}`,
  reason: REASONS[code] ?? '',
  code,
})

const refuse = (response: ServerResponse, code: number, retryAfterSeconds?: number) => {
  response.writeHead(code, {
    'content-type': 'application/json',
    ...(retryAfterSeconds === undefined ? {} : { 'retry-after': String(retryAfterSeconds) }),
  })
  response.end(JSON.stringify(statusOf(code)))
}

/** Faults in the order they were asked for, each with how often it may still pass and befall. */
const scriptOf = () => {
  const script: { fault: ApiFault; skip: number; times: number }[] = []
  return {
    add: (fault: ApiFault) => void script.push({ fault, skip: fault.skip ?? 0, times: fault.times ?? 1 }),
    clear: () => void (script.length = 0),
    next: (call: ProxiedCall): ApiFault | undefined => {
      const line = script.find(({ fault, times }) => times > 0 && befalls(fault, call))
      if (line === undefined) return undefined
      if (line.skip > 0) {
        line.skip -= 1
        return undefined
      }
      line.times -= 1
      return line.fault
    },
  }
}

const sleep = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms))

/** A request with its way back. */
interface Exchange {
  readonly incoming: IncomingMessage
  readonly response: ServerResponse
  readonly reset: () => void
}

/** Ends a watch that is under way. */
const endWatch = (by: WatchEnd['by'], answer: IncomingMessage, { response, reset }: Exchange) => {
  answer.unpipe(response)
  answer.removeAllListeners('error').on('error', () => undefined)
  answer.destroy()
  if (by === 'reset') reset()
  else if (by === 'gone') response.end(`${JSON.stringify({ type: 'ERROR', object: statusOf(410) })}\n`)
  else if (by === 'close') response.end()
}

/** Hands the API server's answer on, as the fault lets it. */
const handOn = async (answer: IncomingMessage, exchange: Exchange, fault: ApiFault | undefined) => {
  const { statusCode = 502, headers } = answer
  const { response, reset } = exchange
  if (fault?.kind === 'lost-answer') {
    await buffer(answer)
    reset()
    return
  }
  if (fault?.kind === 'truncated') {
    const whole = await buffer(answer)
    const half = whole.subarray(0, whole.length / 2)
    const { 'transfer-encoding': _, ...others } = headers
    response.writeHead(statusCode, { ...others, 'content-length': String(half.length) })
    response.end(half)
    return
  }
  response.writeHead(statusCode, headers)
  // Else a client would not know that its watch began before the first event.
  response.flushHeaders()
  answer.on('error', () => response.destroy())
  answer.pipe(response)
  if (fault?.kind !== 'end-watch') return
  await sleep(fault.afterMs)
  endWatch(fault.by, answer, exchange)
}

/** Puts an HTTPS proxy on loopback before a cluster's API server, which makes trouble as it is told. */
export const openFaultProxy = async (cluster: Pick<Cluster, 'endpoint' | 'caFile'>): Promise<FaultProxy> => {
  const certificate = readFileSync(cluster.caFile, 'utf8')
  const upstream = new URL(cluster.endpoint)
  const agent = new Agent({ ca: certificate, keepAlive: true })
  const script = scriptOf()
  const expired = new Set<string>()
  const calls: ProxiedCall[] = []
  // Node resets TCP sockets only, and hands out the TLS ones around them.
  const sockets = new Map<number, Socket>()

  const passOn = (exchange: Exchange, fault: ApiFault | undefined) => {
    const { incoming, response, reset } = exchange
    const { method, url: path, headers } = incoming
    const { hostname, port } = upstream
    const onward = request({ hostname, port, method, path, headers, agent }, (answer) => {
      void handOn(answer, exchange, fault)
    })
    // The API server is gone: to the client it is a connection that broke.
    onward.on('error', reset)
    response.on('close', () => {
      if (!response.writableFinished) onward.destroy()
    })
    incoming.pipe(onward)
  }

  const serve = async (incoming: IncomingMessage, response: ServerResponse) => {
    const call = callOf(incoming.method ?? '', incoming.url ?? '/')
    const { authorization = '' } = incoming.headers
    const reset = () => void sockets.get(incoming.socket.remotePort ?? 0)?.resetAndDestroy()
    const fault = script.next(call)
    calls.push(fault === undefined ? call : { ...call, fault: fault.kind })
    if (fault?.kind === 'expire-token') expired.add(authorization)
    if (expired.has(authorization)) refuse(response, 401)
    else if (fault?.kind === 'answer') refuse(response, fault.status, fault.retryAfterSeconds)
    else if (fault?.kind === 'reset') reset()
    else if (fault?.kind !== 'silence') {
      if (fault?.kind === 'slow') await sleep(fault.ms)
      passOn({ incoming, response, reset }, fault)
    }
  }

  const key = readFileSync(join(dirname(cluster.caFile), 'apiserver.key'), 'utf8')
  const server = createServer({ cert: certificate, key }, (incoming, response) => void serve(incoming, response))
  server.on('connection', (socket: Socket) => {
    const { remotePort = 0 } = socket
    sockets.set(remotePort, socket)
    socket.once('close', () => sockets.delete(remotePort))
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const endpoint = `https://127.0.0.1:${(server.address() as AddressInfo).port}`
  return {
    endpoint,
    kubeconfig: (path) => {
      // Beside the original, so that it goes with the cluster.
      const copy = join(mkdtempSync(`${path}-`), 'kubeconfig')
      writeFileSync(copy, readFileSync(path, 'utf8').replaceAll(cluster.endpoint, endpoint), { mode: 0o600 })
      return copy
    },
    fault: script.add,
    clear: () => {
      script.clear()
      expired.clear()
    },
    calls: () => [...calls],
    close: () => {
      server.closeAllConnections()
      server.close()
      agent.destroy()
    },
  }
}
