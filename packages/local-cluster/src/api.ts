import { Agent, request as httpsRequest } from 'node:https'
import type { IncomingMessage } from 'node:http'
import { createInterface } from 'node:readline'

/** Any object of the Kubernetes API, as it is on the wire: nothing that a bundled model doesn't know is lost. */
export interface KubernetesObject {
  readonly apiVersion?: string
  readonly kind?: string
  readonly metadata: {
    readonly name: string
    readonly namespace?: string
    readonly uid?: string
    readonly resourceVersion?: string
    readonly labels?: Readonly<Record<string, string>>
    readonly annotations?: Readonly<Record<string, string>>
    readonly deletionTimestamp?: string
    readonly deletionGracePeriodSeconds?: number
  }
}

export interface Endpoint {
  /** `https://127.0.0.1:<port>`. */
  readonly endpoint: string
  readonly ca: string
  readonly token: string
}

/** What the API server said when it refused. */
export class ApiError extends Error {
  readonly status: number
  readonly reason: string
  constructor(status: number, reason: string, message: string) {
    super(message)
    this.status = status
    this.reason = reason
  }
}

interface Place {
  readonly apiVersion?: string | undefined
  readonly kind?: string | undefined
  readonly namespace?: string | undefined
  readonly name?: string
}

const pluralOf = (kind: string) =>
  kind
    .toLowerCase()
    .replace(/(s|x|ch)$/, '$1e')
    .replace(/y$/, 'ie') + 's'

/** Path of an object, or without a name of all of its kind; Endpoints is the one kind whose plural it would miss. */
export const pathOf = ({ apiVersion = 'v1', kind = '', namespace, name }: Place): string =>
  [
    apiVersion.includes('/') ? `/apis/${apiVersion}` : `/api/${apiVersion}`,
    ...(namespace === undefined ? [] : ['namespaces', namespace]),
    pluralOf(kind),
    ...(name === undefined ? [] : [name]),
  ].join('/')

type PatchKind = 'merge' | 'strategic-merge' | 'apply'

interface WatchEvent<T> {
  readonly type: 'ADDED' | 'MODIFIED' | 'DELETED' | 'BOOKMARK' | 'ERROR'
  readonly object: T
}

export interface Api {
  readonly get: <T>(path: string) => Promise<T>
  readonly create: <T>(path: string, body: unknown) => Promise<T>
  readonly patch: <T>(path: string, kind: PatchKind, body: unknown) => Promise<T>
  readonly remove: (path: string, body?: unknown) => Promise<void>
  /** Until the server ends it; rejects when the connection breaks. */
  readonly watch: <T>(path: string, onEvent: (event: WatchEvent<T>) => void, signal: AbortSignal) => Promise<void>
}

const textOf = async (response: IncomingMessage): Promise<string> => {
  const chunks: Buffer[] = []
  for await (const chunk of response) chunks.push(chunk as Buffer)
  return Buffer.concat(chunks).toString()
}

const refusal = (status: number, text: string): ApiError => {
  try {
    const { reason, message } = JSON.parse(text) as { readonly reason?: string; readonly message?: string }
    return new ApiError(status, reason ?? '', message ?? text)
  } catch {
    return new ApiError(status, '', text.trim())
  }
}

interface SendOptions {
  readonly method?: string
  readonly contentType?: string
  readonly agent?: Agent
  readonly signal?: AbortSignal
}

/** Plain JSON over HTTPS to an API server. */
export const createApi = ({ endpoint, ca, token }: Endpoint): Api => {
  const agent = new Agent({ keepAlive: true, ca })
  const send = (options: SendOptions, path: string, body?: unknown): Promise<IncomingMessage> =>
    new Promise((resolve, reject) => {
      const { contentType, ...rest } = options
      const text = body === undefined ? '' : JSON.stringify(body)
      const headers = {
        authorization: `Bearer ${token}`,
        accept: 'application/json',
        ...(contentType !== undefined && { 'content-type': contentType }),
        // Node gives the body of a DELETE no length by itself, and the server would read it as the next request.
        'content-length': Buffer.byteLength(text),
      }
      const request = httpsRequest(`${endpoint}${path}`, { agent, ...rest, headers }, resolve)
      request.on('error', reject)
      request.end(text)
    })
  const ask = async <T>(options: SendOptions, path: string, body?: unknown): Promise<T> => {
    const response = await send(options, path, body)
    const text = await textOf(response)
    const { statusCode = 0 } = response
    if (statusCode >= 300) throw refusal(statusCode, text)
    return (text.startsWith('{') ? JSON.parse(text) : text) as T
  }
  const contentType = 'application/json'
  return {
    get: (path) => ask({}, path),
    create: (path, body) => ask({ method: 'POST', contentType }, path, body),
    // JSON is YAML; the type application/apply-patch+json is unknown to the server.
    patch: (path, kind, body) =>
      ask(
        { method: 'PATCH', contentType: `application/${kind}-patch+${kind === 'apply' ? 'yaml' : 'json'}` },
        path,
        body,
      ),
    remove: (path, body) => ask({ method: 'DELETE', contentType }, path, body),
    watch: async (path, onEvent, signal) => {
      // Not from the pool: a watch holds its connection for minutes.
      const response = await send({ agent: new Agent({ ca }), signal }, path)
      if (response.statusCode !== 200) throw refusal(response.statusCode ?? 0, await textOf(response))
      for await (const line of createInterface({ input: response, crlfDelay: Infinity })) onEvent(JSON.parse(line))
    },
  }
}
