import type { IncomingHttpHeaders, IncomingMessage } from 'node:http'
import type { Login } from '../connection/target.ts'
import type { Agents } from './agents.ts'
import { answerText } from './answer-text.ts'

export interface HttpRequest {
  readonly method: string
  /** With its query. */
  readonly path: string
  readonly headers: Readonly<Record<string, string>>
  readonly body?: string
  /** The longest time without a byte, from the connection on. */
  readonly silenceMs: number
  /** What is longer is not waited for; a list of the API server itself is as long as it is. */
  readonly longest?: number
}

export interface HttpResponse {
  readonly status: number
  readonly headers: IncomingHttpHeaders
  readonly text: string
}

export type Tried =
  | ({ readonly kind: 'answered' } & HttpResponse)
  /** It did not arrive. `certain`: nor would another. */
  | { readonly kind: 'unsent'; readonly why: string; readonly certain: boolean }
  /** It may have arrived. */
  | { readonly kind: 'lost'; readonly why: string }

/** Opens a request and gives its response as soon as there are headers; rejects with what Node says, or the signal's reason. */
export const respond = (
  agents: Pick<Agents, 'request'> & { readonly agent: Agents['pooled'] },
  server: URL,
  login: Login,
  asked: HttpRequest,
  signal: AbortSignal,
): Promise<IncomingMessage> =>
  new Promise((resolve, reject) => {
    const { authorization, cert, key } = login
    const { method, path, body = '', silenceMs } = asked
    const request = agents.request(
      `${server.origin}${server.pathname.replace(/\/$/, '')}${path}`,
      {
        method,
        agent: agents.agent,
        signal,
        timeout: silenceMs,
        ...(cert === undefined || key === undefined ? {} : { cert, key }),
        headers: {
          accept: 'application/json',
          'user-agent': 'mlops-actions',
          ...asked.headers,
          // Node gives the body of a DELETE no length by itself, and the server would read it as the next request.
          'content-length': Buffer.byteLength(body),
          ...(authorization === undefined ? {} : { authorization }),
        },
      },
      resolve,
    )
    request.on('timeout', () => request.destroy(new Error(`nothing came for ${silenceMs / 1000} s`)))
    request.on('error', (error) => reject(signal.aborted ? (signal.reason as Error) : error))
    request.end(body)
  })

interface SocketError {
  readonly code?: unknown
  readonly syscall?: unknown
  readonly message?: unknown
}

/** Of Node's TLS, OpenSSL and proxies: what does not fit now does so the next time neither. */
const HOPELESS = /^(?:ERR_PROXY_|ERR_TLS_CERT|CERT_|DEPTH_ZERO|SELF_SIGNED|UNABLE_TO_)/

/** What an error of a socket says about the request it ended. */
const triedOf = (error: unknown): Tried => {
  const { code, syscall, message } = (typeof error === 'object' && error !== null ? error : {}) as SocketError
  const why = typeof message === 'string' && message !== '' ? message : String(code ?? error)
  const certain = typeof code === 'string' && HOPELESS.test(code)
  if (certain || syscall === 'connect' || syscall === 'getaddrinfo') return { kind: 'unsent', why, certain }
  return { kind: 'lost', why }
}

/** Sends a request once and reads its answer whole. Rejects with the signal's reason only. */
export const tryOnce = async (
  agents: Agents,
  server: URL,
  login: Login,
  asked: HttpRequest & { readonly totalMs: number },
  signal: AbortSignal,
): Promise<Tried> => {
  const { totalMs, longest = Infinity } = asked
  const late = AbortSignal.timeout(totalMs)
  try {
    const either = AbortSignal.any([signal, late])
    const response = await respond({ ...agents, agent: agents.pooled }, server, login, asked, either)
    const text = await answerText(response, longest)
    return { kind: 'answered', status: response.statusCode ?? 0, headers: response.headers, text }
  } catch (error) {
    signal.throwIfAborted()
    return late.aborted ? { kind: 'lost', why: `no whole answer in ${totalMs / 1000} s` } : triedOf(error)
  }
}
