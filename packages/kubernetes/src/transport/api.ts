import type { IncomingMessage } from 'node:http'
import { ActionError } from '@mlops/core'
import type { ClusterContext, Connection } from '../connection/target.ts'
import { parsed } from '../fields.ts'
import { agentsFor } from './agents.ts'
import { type HttpRequest, type HttpResponse, respond, type Tried, tryOnce } from './one-try.ts'
import { isStatus, refusalOf } from './refusal.ts'

/** As long as an API server may be away before it is given up: that of EKS is replaced within a minute or two. */
const BUDGET_MS = 120_000
const FIRST_PAUSE_MS = 250
const LONGEST_PAUSE_MS = 5000
const LONGEST_ASKED_MS = 60_000
const READ_SILENCE_MS = 15_000
/** The server lets admission webhooks think for 30 s. */
const WRITE_SILENCE_MS = 40_000
const TOTAL_MS = 60_000
/** So often in a row an internal error says the same before it is taken for an answer. */
const SAME_ERROR = 3
const PASSING = new Set([500, 502, 503, 504])
/**
 * So long after it was away an API server may refuse what it grants: until it has read its roles it answers 403, for half
 * a second after a restart of v1.35.4 (measured), and for longer on a busy machine.
 */
const YOUNG_MS = 15_000
const REFUSED = new Set([401, 403])

export interface Call {
  readonly method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE'
  readonly path: string
  readonly query?: Readonly<Record<string, string>>
  readonly body?: unknown
  readonly contentType?: string
  readonly accept?: string
  /**
   * For what must not be done twice: asked before it is repeated after a try that may have arrived, with what went wrong.
   * What it gives is the answer; undefined when it did not arrive.
   */
  readonly arrived?: (why: string) => Promise<HttpResponse | undefined>
  /** Gives up sooner than after two minutes. */
  readonly budgetMs?: number
}

export interface Answer extends HttpResponse {
  /** The body as JSON; undefined when it is none. */
  readonly document: unknown
  /** An earlier try may have been carried out. */
  readonly repeated: boolean
}

/** Requests to one API server. */
export interface Api {
  readonly address: string
  /**
   * The answer to a call, whatever its status, repeated while its fault can pass by itself. Throws E-UNAUTHENTICATED, and
   * E-CLUSTER when faults go on for two minutes.
   */
  readonly call: (call: Call) => Promise<Answer>
  /** Sends once over a pooled connection; only a login that was refused by the API server itself is renewed. */
  readonly once: (request: HttpRequest & { readonly totalMs: number }) => Promise<Tried>
  /** Opens a response that goes on, over a connection of its own. Rejects with whatever the socket says. */
  readonly open: (request: HttpRequest, refused: boolean, signal: AbortSignal) => Promise<IncomingMessage>
  readonly unauthenticated: (why: string) => Promise<ActionError>
  /** Whether a refusal may only mean that the server has just come up. */
  readonly isYoung: () => boolean
  /** Says that an answer broke off, which the server's end does to those that are under way. */
  readonly noteAway: () => void
}

const withQuery = (path: string, query: Readonly<Record<string, string>> = {}): string => {
  const text = new URLSearchParams(query).toString()
  return text === '' ? path : `${path}?${text}`
}

const requestOf = ({ method, path, query, body, contentType = 'application/json', accept }: Call): HttpRequest => ({
  method,
  path: withQuery(path, query),
  headers: {
    ...(accept === undefined ? {} : { accept }),
    ...(body === undefined ? {} : { 'content-type': contentType }),
  },
  ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  silenceMs: method === 'GET' ? READ_SILENCE_MS : WRITE_SILENCE_MS,
})

/** Seconds that a server asks to wait, where it does so in digits, in milliseconds. */
export const askedToWait = (header: string | undefined): number =>
  header !== undefined && /^\d+$/.test(header) ? Math.min(LONGEST_ASKED_MS, Number(header) * 1000) : 0

/** Between a half and the whole of a bound that doubles, after what the server asked for. */
export const pauseBefore = (attempt: number, askedMs: number, random: { readonly next: () => number }): number =>
  askedMs + (Math.min(LONGEST_PAUSE_MS, FIRST_PAUSE_MS * 2 ** attempt) * (1 + random.next())) / 2

/** An answer that came to its end before its JSON did. */
const isCutOff = ({ status, headers, text }: HttpResponse): boolean =>
  status < 300 && (headers['content-type'] ?? '').includes('json') && parsed(text) === undefined

const described = (tried: Tried): string =>
  tried.kind === 'answered'
    ? `it answered ${tried.status} ${isCutOff(tried) ? 'and half of a document' : refusalOf(tried.status, tried.text).message}`
    : tried.why

const refusedLogin = (tried: Tried): boolean =>
  tried.kind === 'answered' && tried.status === 401 && isStatus(parsed(tried.text))

/** Whether the same internal error has come so often that it is no passing one. */
const sameErrors = () => {
  let last: string | undefined
  let count = 0
  return ({ status, text }: HttpResponse): boolean => {
    const said = status === 500 ? refusalOf(status, text).message : undefined
    count = said !== undefined && said === last ? count + 1 : 1
    last = said
    return said !== undefined && count >= SAME_ERROR
  }
}

export const openApi = (connection: Connection, context: ClusterContext): Api => {
  const { clock, random, environment, signal } = context
  const { server } = connection
  const agents = agentsFor(connection, environment)
  const address = server.origin

  const unauthenticated = async (why: string) =>
    new ActionError({
      code: 'E-UNAUTHENTICATED',
      kind: 'user',
      what: `${address} does not let ${await connection.caller()} in`,
      why: why === '' ? 'it answered 401' : why,
      hint: 'create an access entry for that role (EKS), or correct the user of the kubeconfig; check the clock, too',
    })

  const unreachable = (tried: Tried, doing: string) =>
    new ActionError({
      code: 'E-CLUSTER',
      kind: 'remote',
      what: `${doing} at ${address} failed`,
      why: described(tried),
      hint: 'check that the cluster is up and can be reached from here (private endpoint, proxy), then run the step again',
    })

  let awayAt = -Infinity
  const isYoung = () => clock.now() - awayAt < YOUNG_MS
  const noteAway = () => {
    awayAt = clock.now()
  }

  /** Whether a try has brought an answer, has certainly changed nothing, or may have. */
  const meaningOf = (tried: Tried, isAnswer: (answered: HttpResponse) => boolean): 'answer' | 'undone' | 'unknown' => {
    if (tried.kind !== 'answered') return tried.kind === 'unsent' ? 'undone' : 'unknown'
    const { status } = tried
    if (status === 429 || (REFUSED.has(status) && isYoung())) return 'undone'
    return (PASSING.has(status) && !isAnswer(tried)) || isCutOff(tried) ? 'unknown' : 'answer'
  }

  const once: Api['once'] = async (request) => {
    const tried = await tryOnce(agents, server, await connection.login(false), request, signal)
    return refusedLogin(tried) ? tryOnce(agents, server, await connection.login(true), request, signal) : tried
  }

  const call: Api['call'] = async (asked) => {
    const { method, path, arrived, budgetMs = BUDGET_MS } = asked
    const request = { ...requestOf(asked), totalMs: TOTAL_MS }
    const isAnswer = sameErrors()
    const started = clock.now()
    let repeated = false
    for (let attempt = 0; ; attempt += 1) {
      signal.throwIfAborted()
      const tried = await once(request)
      if (tried.kind !== 'answered') noteAway()
      const meaning = meaningOf(tried, isAnswer)
      if (tried.kind === 'answered' && meaning === 'answer') {
        if (tried.status === 401) throw await unauthenticated(refusalOf(401, tried.text).message)
        return { ...tried, document: parsed(tried.text), repeated }
      }
      const asks = tried.kind === 'answered' ? askedToWait(tried.headers['retry-after']) : 0
      const pause = pauseBefore(attempt, asks, random)
      const hopeless = tried.kind === 'unsent' && tried.certain
      if (hopeless || clock.now() + pause - started > budgetMs) throw unreachable(tried, `${method} ${path}`)
      await clock.sleep(pause, signal)
      if (meaning === 'undone') continue
      const answer = await arrived?.(described(tried))
      if (answer !== undefined) return { ...answer, document: parsed(answer.text), repeated: true }
      repeated = true
    }
  }

  return {
    address,
    call,
    once,
    unauthenticated,
    isYoung,
    noteAway,
    open: async (request, refused, either) => {
      const login = await connection.login(refused)
      try {
        return await respond({ request: agents.request, agent: agents.single }, server, login, request, either)
      } catch (error) {
        noteAway()
        throw error
      }
    },
  }
}
