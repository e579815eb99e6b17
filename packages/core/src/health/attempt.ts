import type { HttpAnswer } from '../release/ports.ts'
import type { Check, JsonAssertion } from './checks.ts'
import { difference, firstOf, shown } from './difference.ts'
import { valueAt } from './json-path.ts'

/** Why nothing answered. */
export const SILENCES = ['dns', 'tls', 'proxy', 'api-server', 'connection', 'timeout'] as const
export type Silence = (typeof SILENCES)[number]

/** What came back from one request. */
export type ProbeResult =
  | { readonly kind: 'answer'; readonly answer: HttpAnswer }
  | { readonly kind: 'silent'; readonly silence: Silence; readonly message: string }

/** How a check can fail; `answer` and `golden` are about what the model says. */
export type FailureCause =
  | 'connection'
  | 'timeout'
  | 'client-error'
  | 'server-error'
  | 'status'
  | 'answer'
  | 'golden'
  | 'latency'

export type Attempt =
  | { readonly kind: 'passed'; readonly milliseconds: number }
  | { readonly kind: 'failed'; readonly cause: FailureCause; readonly sentence: string }
  /** It says nothing about the release. */
  | { readonly kind: 'unknown'; readonly sentence: string }
  /** The service asks to come again later. */
  | { readonly kind: 'throttled'; readonly afterMs: number }

const THROTTLE_MS = 2000
const LONGEST_THROTTLE_MS = 30_000

const SILENT_WORDS: Readonly<Record<Silence, string>> = {
  dns: 'the name of the host is not known',
  tls: 'no trusted connection could be made',
  proxy: 'the proxy let nothing through',
  'api-server': 'the API server handed nothing on',
  connection: 'nothing answered',
  timeout: 'no answer came in time',
}

const failed = (cause: FailureCause, sentence: string): Attempt => ({ kind: 'failed', cause, sentence })

const silent = (silence: Silence, message: string): Attempt => {
  const sentence = `${SILENT_WORDS[silence]} (${message})`
  // What stands before the service would be as bad with the release before.
  return silence === 'connection' || silence === 'timeout' ? failed(silence, sentence) : { kind: 'unknown', sentence }
}

const parsed = (body: string): { readonly value: unknown } | undefined => {
  try {
    return { value: JSON.parse(body) as unknown }
  } catch {
    return undefined
  }
}

const typeOf = (value: unknown) => {
  if (value === null) return 'null'
  if (Array.isArray(value)) return 'list'
  return typeof value === 'string' ? 'text' : typeof value
}

/** What an assertion has against a document; undefined when it holds. */
export const complaintOf = ({ path, demand }: JsonAssertion, document: unknown): string | undefined => {
  const value = valueAt(document, path)
  const isThere = value !== undefined
  const complain = (holds: boolean, wanted: string) =>
    holds ? undefined : `${path.text} is ${shown(value)}, not ${wanted}`
  switch (demand.op) {
    case 'exists':
      return isThere ? undefined : `${path.text} is not there`
    case 'absent':
      return isThere ? `${path.text} is there (${shown(value)})` : undefined
    case 'equals':
      return isThere && difference(demand.value, value, demand.tolerance) === undefined
        ? undefined
        : `${path.text} is ${shown(value)} instead of ${shown(demand.value)}`
    case 'not-equals':
      return complain(isThere && difference(demand.value, value, 0) !== undefined, 'another value')
    case 'at-least':
      return complain(typeof value === 'number' && value >= demand.value, `at least ${demand.value}`)
    case 'at-most':
      return complain(typeof value === 'number' && value <= demand.value, `at most ${demand.value}`)
    case 'one-of':
      return complain(
        isThere && demand.value.some((one) => difference(one, value, 0) === undefined),
        `one of ${shown(demand.value)}`,
      )
    case 'type':
      return complain(typeOf(value) === demand.value, `of type ${demand.value}`)
  }
}

const retryAfter = ({ headers }: HttpAnswer) => {
  const seconds = Number(headers['retry-after'])
  return Number.isFinite(seconds) && seconds > 0 ? Math.min(seconds * 1000, LONGEST_THROTTLE_MS) : THROTTLE_MS
}

const statusCause = (status: number): FailureCause => {
  if (status >= 500) return 'server-error'
  return status >= 400 ? 'client-error' : 'status'
}

/** What the answer has to be, beside what its check expects: the golden answer to the request that was sent. */
export interface Golden {
  readonly id: string
  readonly response: unknown
}

/** How one request of a check went. */
export const judgeAttempt = (check: Check, result: ProbeResult, golden?: Golden): Attempt => {
  if (result.kind === 'silent') return silent(result.silence, result.message)
  const { status, body, milliseconds } = result.answer
  const { expect, latencyMs = Number.POSITIVE_INFINITY } = check
  if (status === 429 && expect.status !== 429) return { kind: 'throttled', afterMs: retryAfter(result.answer) }
  if (status !== expect.status)
    return failed(statusCause(status), `it answers ${status} instead of ${expect.status}: ${shown(body)}`)
  const needsJson = expect.json.length > 0 || golden !== undefined
  const document = needsJson ? parsed(body) : undefined
  if (needsJson && document === undefined) return failed('answer', `its answer is no JSON: ${shown(body)}`)
  const complaint = firstOf(expect.json, (assertion) => complaintOf(assertion, document?.value))
  if (complaint !== undefined) return failed('answer', complaint)
  const wrong =
    golden === undefined ? undefined : difference(golden.response, document?.value, expect.golden?.tolerance ?? 0)
  if (wrong !== undefined) return failed('golden', `golden answer ${golden?.id ?? ''}: ${wrong}`)
  return milliseconds > latencyMs
    ? failed('latency', `it took ${Math.round(milliseconds)} ms, more than ${latencyMs} ms`)
    : { kind: 'passed', milliseconds }
}
