import { Agent as HttpAgent, type IncomingMessage, request as httpRequest } from 'node:http'
import { Agent as HttpsAgent, request as httpsRequest } from 'node:https'
import type { Clock, Environment, ProbeRequest, ProbeResult, Silence, Subject } from '@mlops/core'
import { answerText, LARGEST_ANSWER } from '../transport/answer-text.ts'

const PROXIES = ['HTTP_PROXY', 'HTTPS_PROXY', 'NO_PROXY', 'http_proxy', 'https_proxy', 'no_proxy'] as const

// Codes of Node's own errors, of getaddrinfo and of OpenSSL (Node.js documentation, Errors; tls.connect).
const SILENCES: readonly (readonly [RegExp, Silence])[] = [
  [/^ERR_PROXY/, 'proxy'],
  [/^(?:ENOTFOUND|EAI_)/, 'dns'],
  [/^(?:ERR_TLS|ERR_SSL|CERT_|DEPTH_ZERO|SELF_SIGNED|UNABLE_TO_|EPROTO)/, 'tls'],
  [/^(?:ETIMEDOUT|ESOCKETTIMEDOUT)/, 'timeout'],
]

/** Why a socket broke; what nobody names is that nothing answered. */
export const silenceOfCode = (code: string): Silence =>
  SILENCES.find(([pattern]) => pattern.test(code))?.[1] ?? 'connection'

const codeOf = (error: unknown): string =>
  typeof error === 'object' && error !== null && 'code' in error ? String(error.code) : ''

const flat = ({ headers }: IncomingMessage): Readonly<Record<string, string>> =>
  Object.fromEntries(
    Object.entries(headers).map(([name, value = '']) => [name, Array.isArray(value) ? value.join(', ') : value]),
  )

/** An address that is asked directly, through the environment's proxies; redirects are answers like any other. */
export const urlSubject = (address: string, environment: Environment, clock: Clock): Subject => {
  const proxyEnv = Object.fromEntries(
    PROXIES.flatMap((name) => {
      const value = environment[name]
      return value === undefined || value === '' ? [] : [[name, value]]
    }),
  )
  const isSecure = address.startsWith('https:')
  // A new connection each time: one that was kept would not notice that the way to the service has changed.
  const agent = isSecure ? new HttpsAgent({ proxyEnv }) : new HttpAgent({ proxyEnv })

  const respond = ({ method, path, headers, body = '' }: ProbeRequest, signal: AbortSignal): Promise<IncomingMessage> =>
    new Promise((resolve, reject) => {
      const open = isSecure ? httpsRequest : httpRequest
      const all = {
        'user-agent': 'mlops-actions',
        ...headers,
        ...(body === '' ? {} : { 'content-length': Buffer.byteLength(body) }),
      }
      const request = open(`${address}${path}`, { method, headers: all, agent, signal }, resolve)
      request.on('error', reject)
      request.end(body)
    })

  return {
    name: address,
    ask: async (request): Promise<ProbeResult> => {
      const late = AbortSignal.timeout(request.timeoutMs)
      const started = clock.now()
      try {
        const response = await respond(request, late)
        const body = await answerText(response, LARGEST_ANSWER)
        const milliseconds = clock.now() - started
        return {
          kind: 'answer',
          answer: { status: response.statusCode ?? 0, headers: flat(response), body, milliseconds },
        }
      } catch (error) {
        if (late.aborted) return { kind: 'silent', silence: 'timeout', message: `no answer in ${request.timeoutMs} ms` }
        const message = error instanceof Error ? error.message : String(error)
        return { kind: 'silent', silence: silenceOfCode(codeOf(error)), message }
      }
    },
  }
}
