import { ActionError, type Clock, type Cluster, type HttpAnswer } from '@mlops/core'
import { fieldsOf, parsed, textOf } from '../fields.ts'
import { LARGEST_ANSWER } from '../transport/answer-text.ts'
import type { Api } from '../transport/api.ts'
import type { Tried } from '../transport/one-try.ts'
import { isStatus, refusalOf } from '../transport/refusal.ts'
import { forbidden, unexpected } from './forbidden.ts'

/** Logs show what went wrong; without them a diagnosis is poorer, but no longer wait is worth it. */
const LOG_BUDGET_MS = 5000
/** A single line may be as long as its writer likes. */
const LOG_BYTES = '262144'

export const readLogs =
  (api: Api): Cluster['logs'] =>
  async ({ namespace, pod, container, previous = false, tailLines }) => {
    const { status, text } = await api.call({
      method: 'GET',
      path: `/api/v1/namespaces/${encodeURIComponent(namespace)}/pods/${encodeURIComponent(pod)}/log`,
      query: {
        container,
        tailLines: String(tailLines),
        limitBytes: LOG_BYTES,
        ...(previous ? { previous: 'true' } : {}),
      },
      // What Kubernetes refuses a log in JSON for is told in plain text, too.
      accept: 'text/plain, application/json',
      budgetMs: LOG_BUDGET_MS,
    })
    if (status === 200) return text
    if (status === 403)
      throw forbidden({ verb: 'get', apiVersion: 'v1', resource: 'pods/log', namespace }, refusalOf(403, text).message)
    return undefined
  }

const SELF = 'authentication.k8s.io/v1'

export const askName = (api: Api) => async (): Promise<string> => {
  const body = { apiVersion: SELF, kind: 'SelfSubjectReview' }
  const { status, text, document } = await api.call({ method: 'POST', path: `/apis/${SELF}/selfsubjectreviews`, body })
  const { userInfo } = fieldsOf(fieldsOf(document)['status'])
  const name = textOf(fieldsOf(userInfo)['username'])
  if (name === undefined) throw unexpected('asking the cluster who calls it', status, refusalOf(status, text).message)
  return name
}

const flat = (headers: Readonly<Record<string, string | readonly string[] | undefined>>) =>
  Object.fromEntries(
    Object.entries(headers).map(([name, value = '']) => [name, typeof value === 'string' ? value : value.join(', ')]),
  )

/** What the API server itself says when it reached nobody (apimachinery, util/proxy/transport.go). */
const UNREACHED = 'error trying to reach service:'

const noProbe = (asked: string, why: string) =>
  new ActionError({
    code: 'E-PROBE',
    kind: 'remote',
    what: `${asked} was not answered`,
    why,
    hint: 'look at the pods and the ports of the service',
  })

/** The API server itself, or the way to it, is at fault: what was to be asked may be as well as ever. */
const notHandedOn = (asked: string, why: string) =>
  new ActionError({
    code: 'E-CLUSTER',
    kind: 'remote',
    what: `${asked} was not handed on`,
    why,
    hint: 'look at the API server; run the step again when it is well',
  })

/** How the API server speaks of a service that it cannot reach, though it is well (service/storage, ResourceLocation). */
const OF_SERVICE = /for service|reach service/

const isOwnFault = (status: number, message: string) => (status === 429 || status >= 500) && !OF_SERVICE.test(message)

/** What RBAC calls the methods of requests that are handed on (apiserver, request/requestinfo.go). */
const VERBS: Readonly<Record<string, string>> = { POST: 'create', PUT: 'update', PATCH: 'patch', DELETE: 'delete' }

interface Proxied {
  readonly asked: string
  readonly verb: string
  readonly resource: string
  readonly namespace: string
}

const answerOf = (tried: Tried, milliseconds: number, { asked, verb, resource, namespace }: Proxied): HttpAnswer => {
  if (tried.kind === 'unsent') throw notHandedOn(asked, tried.why)
  if (tried.kind === 'lost') throw noProbe(asked, tried.why)
  const { status, headers, text } = tried
  if (text.startsWith(UNREACHED)) throw noProbe(asked, text)
  if (!isStatus(parsed(text))) return { status, headers: flat(headers), body: text, milliseconds }
  const { message } = refusalOf(status, text)
  if (status === 403) throw forbidden({ verb, apiVersion: 'v1', resource: `${resource}/proxy`, namespace }, message)
  throw (isOwnFault(status, message) ? notHandedOn : noProbe)(asked, `the API server says ${status} ${message}`)
}

/** One request through the API server, never repeated: how often is for the check to say. */
export const throughProxy =
  (api: Api, clock: Clock): Cluster['proxy'] =>
  async (request) => {
    const { namespace, resource, name, port, method, path, headers, body, timeoutMs } = request
    const started = clock.now()
    const tried = await api.once({
      method,
      path: `/api/v1/namespaces/${encodeURIComponent(namespace)}/${resource}/${encodeURIComponent(`${name}:${port}`)}/proxy${path}`,
      headers,
      ...(body === undefined ? {} : { body }),
      silenceMs: timeoutMs,
      totalMs: timeoutMs,
      longest: LARGEST_ANSWER,
    })
    const asked = `${method} ${path} of ${resource.slice(0, -1)} ${name}:${port} in ${namespace}`
    const verb = VERBS[method] ?? 'get'
    return answerOf(tried, clock.now() - started, { asked, verb, resource, namespace })
  }
