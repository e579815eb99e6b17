import type { KubernetesObject, ObjectSelection } from '@mlops/core'
import { ActionError } from '@mlops/core'
import type { Resource } from '../cluster/discovery.ts'
import { forbidden } from '../cluster/forbidden.ts'
import { listAll } from '../cluster/list.ts'
import { collectionPath, selectionQuery } from '../cluster/paths.ts'
import type { ClusterContext } from '../connection/target.ts'
import { type Api, askedToWait, pauseBefore } from '../transport/api.ts'
import { refusalOf } from '../transport/refusal.ts'
import { linesOf } from './lines.ts'
import { isOlder, watchEvent } from './watch-event.ts'

/**
 * A watch is asked for as long as this and sends its bookmark two seconds before its end (apiserver, cache_watcher.go), so
 * that a longer silence means that nobody is there any more.
 */
const WATCH_SECONDS = 26
const SILENCE_MS = 30_000
/** A watch that lived so long was none that fails. */
const LIVED_MS = 1000
/** So many watches may fail in a row before the version they start from is doubted. */
const DOUBTED = 3
/** A refusal that passes sooner was none. */
const REFUSED_MS = 2000

export interface Reflected {
  readonly selection: ObjectSelection
  readonly resource: Resource
  /** The objects have changed; also told after the first list. */
  readonly onObjects: (objects: ReadonlyMap<string, KubernetesObject>) => void
  /** All that is known was true at that time. */
  readonly onCurrent: (at: number) => void
}

/** Why a watch ended, and what to do then. */
type Ended =
  /** As it should: the next one goes on from its last version. */
  | { readonly kind: 'over' }
  | { readonly kind: 'expired' }
  | { readonly kind: 'broken'; readonly askedMs: number }
  | { readonly kind: 'refused'; readonly error: ActionError }

const keyOf = ({ metadata: { namespace = '', name } }: KubernetesObject) => `${namespace}/${name}`

const BROKEN: Ended = { kind: 'broken', askedMs: 0 }

/** What a repetition would not change. */
const isFinal = (error: unknown): error is ActionError =>
  error instanceof ActionError && (error.facts.kind === 'user' || error.facts.kind === 'cancelled')

const wholeText = async (pieces: AsyncIterable<string>): Promise<string> => {
  let text = ''
  for await (const piece of pieces) text += piece
  return text
}

/**
 * Keeps the objects of a selection as they are in the cluster: lists them, watches from there, goes on where a watch ended,
 * and lists again when the server has forgotten that place. Ends with the signal's reason, or with an ActionError that no
 * repetition would change (E-FORBIDDEN, E-UNAUTHENTICATED); everything else is tried again, never without a pause.
 */
export const reflect = async (api: Api, reflected: Reflected, context: ClusterContext): Promise<never> => {
  const { selection, resource, onObjects, onCurrent } = reflected
  const { clock, random, signal } = context
  const objects = new Map<string, KubernetesObject>()
  let version: string | undefined

  const listAnew = async (): Promise<void> => {
    const since = clock.now()
    const listed = await listAll(api, selection, resource)
    objects.clear()
    for (const object of listed.objects) objects.set(keyOf(object), object)
    version = listed.resourceVersion
    onObjects(objects)
    onCurrent(since)
  }

  /** Takes an event over; what comes late or twice changes nothing. */
  const take = (line: string, from: string): Ended | undefined => {
    const event = watchEvent(line)
    if (event.kind === 'garbage') return BROKEN
    if (event.kind === 'error') return event.status === 429 ? BROKEN : { kind: 'expired' }
    onCurrent(clock.now())
    if (isOlder(event.version, version ?? from)) return undefined
    version = event.version
    if (event.kind === 'bookmark') return undefined
    if (event.kind === 'changed') objects.set(keyOf(event.object), event.object)
    else objects.delete(keyOf(event.object))
    onObjects(objects)
    return undefined
  }

  /** What an answer other than 200 to a watch means. */
  const endedBy = async (status: number, retryAfter: string | undefined, text: string): Promise<Ended> => {
    const { message } = refusalOf(status, text)
    const { apiVersion, namespace } = selection
    const where = namespace === undefined ? {} : { namespace }
    if (status === 401) return { kind: 'refused', error: await api.unauthenticated(message) }
    if (status === 403) {
      const read = { verb: 'watch', apiVersion, resource: resource.resource, ...where } as const
      return { kind: 'refused', error: forbidden(read, message) }
    }
    // 404: the kind is gone, which its list will tell.
    return status === 410 || status === 404 ? { kind: 'expired' } : { kind: 'broken', askedMs: askedToWait(retryAfter) }
  }

  const watchFrom = async (from: string, refused: boolean): Promise<Ended> => {
    const query = new URLSearchParams({
      ...selectionQuery(selection),
      watch: 'true',
      allowWatchBookmarks: 'true',
      resourceVersion: from,
      timeoutSeconds: String(WATCH_SECONDS),
    })
    const path = `${collectionPath(selection, resource)}?${query.toString()}`
    const response = await api.open({ method: 'GET', path, headers: {}, silenceMs: SILENCE_MS }, refused, signal)
    response.setEncoding('utf8')
    const { statusCode = 0, headers } = response
    if (statusCode !== 200) return endedBy(statusCode, headers['retry-after'], await wholeText(response))
    for await (const line of linesOf(response)) {
      const ended = take(line, from)
      if (ended !== undefined) return ended
    }
    return { kind: 'over' }
  }

  /** One watch, after a list where its start is not known or doubted. */
  const followOnce = async (doubted: boolean, refused: boolean): Promise<Ended> => {
    try {
      if (version === undefined || doubted) await listAnew()
      return await watchFrom(version ?? '', refused)
    } catch (error) {
      signal.throwIfAborted()
      if (isFinal(error)) return { kind: 'refused', error }
      api.noteAway()
      return BROKEN
    }
  }

  await listAnew()
  let failures = 0
  let refusedSince: number | undefined
  for (;;) {
    const since = clock.now()
    const ended = await followOnce(failures >= DOUBTED, refusedSince !== undefined)
    const now = clock.now()
    if (ended.kind === 'expired') version = undefined
    if (ended.kind !== 'refused') refusedSince = undefined
    else if (now - (refusedSince ??= since) >= REFUSED_MS && !api.isYoung()) throw ended.error
    if (ended.kind === 'over' && now - since >= LIVED_MS) {
      onCurrent(now)
      failures = 0
      continue
    }
    failures = now - since >= LIVED_MS ? 1 : failures + 1
    await clock.sleep(pauseBefore(failures - 1, ended.kind === 'broken' ? ended.askedMs : 0, random), signal)
  }
}
