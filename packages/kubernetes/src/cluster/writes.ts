import {
  ActionError,
  type Cluster,
  FIELD_MANAGER,
  type KubernetesObject,
  objectName,
  type ObjectReference,
  referenceOf,
  type Refusal,
  type WriteOptions,
  type Written,
} from '@mlops/core'
import { parsed } from '../fields.ts'
import type { Answer, Api, Call } from '../transport/api.ts'
import type { HttpResponse } from '../transport/one-try.ts'
import { refusalOf } from '../transport/refusal.ts'
import type { Discovery, Resource } from './discovery.ts'
import { collectionPath, inItsNamespace, objectPath } from './paths.ts'
import { isWhatWasSent } from './same-content.ts'

const unknownKind = ({ apiVersion, kind }: KubernetesObject | ObjectReference): Refusal => ({
  status: 404,
  reason: 'NotFound',
  message: `the cluster knows no kind ${kind} of ${apiVersion}`,
  causes: [],
})

const queryOf = ({ dryRun = false }: WriteOptions, more: Readonly<Record<string, string>> = {}) => ({
  fieldManager: FIELD_MANAGER,
  // A field that the server does not know would be dropped without a word.
  fieldValidation: 'Strict',
  ...(dryRun ? { dryRun: 'All' } : {}),
  ...more,
})

const writtenOf = ({ status, text }: Pick<Answer, 'status' | 'text'>): Written =>
  status < 300
    ? { kind: 'written', object: parsed(text) as KubernetesObject }
    : { kind: 'refused', refusal: refusalOf(status, text) }

/** Twice done, a patch may be another one: it adds to a list again, for example. */
const unknownEnd = (reference: ObjectReference, why: string) =>
  new ActionError({
    code: 'E-CLUSTER',
    kind: 'remote',
    what: `whether ${objectName(reference)} was patched is not known`,
    why,
    hint: 'look at the object, and run the step again',
  })

type Writes = Pick<Cluster, 'create' | 'replace' | 'apply' | 'patch' | 'remove'>

/** What is written to a cluster. A refusal is a result; a write whose answer was lost is looked for before it is repeated. */
export const openWrites = (api: Api, discovery: Discovery, get: Cluster['get']): Writes => {
  /** The object in the cluster, as the answer that was lost, when it is what was sent. */
  const arrived = async (object: KubernetesObject): Promise<HttpResponse | undefined> => {
    const found = await get(referenceOf(object))
    return found !== undefined && isWhatWasSent(found, object)
      ? { status: 200, headers: {}, text: JSON.stringify(found) }
      : undefined
  }

  const write = async (
    object: KubernetesObject | ObjectReference,
    callOf: (resource: Resource) => Call,
  ): Promise<Written & { readonly repeated?: boolean }> => {
    const resource = await discovery(object)
    if (resource === undefined) return { kind: 'refused', refusal: unknownKind(object) }
    const answer = await api.call(callOf(resource))
    return { ...writtenOf(answer), repeated: answer.repeated }
  }

  const create: Writes['create'] = (object, options = {}) =>
    write(object, (resource) => ({
      method: 'POST',
      path: collectionPath(inItsNamespace(referenceOf(object), resource), resource),
      query: queryOf(options),
      body: object,
      ...(options.dryRun === true ? {} : { arrived: () => arrived(object) }),
    }))

  const replace: Writes['replace'] = async (object, options = {}) => {
    const result = await write(object, (resource) => ({
      method: 'PUT',
      path: objectPath(referenceOf(object), resource),
      query: queryOf(options),
      body: object,
    }))
    // Its own first try has made the version that the repetition then met.
    if (result.kind === 'written' || result.repeated !== true || result.refusal.status !== 409) return result
    const answer = await arrived(object)
    return answer === undefined ? result : writtenOf(answer)
  }

  const apply: Writes['apply'] = (object, options = {}) =>
    write(object, (resource) => ({
      method: 'PATCH',
      path: objectPath(referenceOf(object), resource),
      query: queryOf(options, { force: String(options.force === true) }),
      body: object,
      // JSON is YAML, and the only media type that every version of the API server takes.
      contentType: 'application/apply-patch+yaml',
    }))

  const patch: Writes['patch'] = (reference, operations, subresource) =>
    write(reference, (resource) => ({
      method: 'PATCH',
      path: objectPath(reference, resource, subresource),
      query: queryOf({}),
      body: operations,
      contentType: 'application/json-patch+json',
      arrived: (why) => Promise.reject(unknownEnd(reference, why)),
    }))

  const remove: Writes['remove'] = async (reference, uid) => {
    const resource = await discovery(reference)
    // Without the object's own id a repetition could meet its successor.
    const meant = uid ?? (resource && (await get(reference))?.metadata.uid)
    if (resource === undefined || meant === undefined) return 'absent'
    const { status, text, repeated } = await api.call({
      method: 'DELETE',
      path: objectPath(reference, resource),
      body: {
        apiVersion: 'v1',
        kind: 'DeleteOptions',
        preconditions: { uid: meant },
        // Jobs would leave their pods behind by default.
        propagationPolicy: 'Background',
      },
    })
    if (status === 404) return repeated ? 'removed' : 'absent'
    if (status !== 409) return status < 300 ? 'removed' : refusalOf(status, text)
    const found = await get(reference)
    if (found === undefined) return 'absent'
    return found.metadata.uid === meant ? refusalOf(status, text) : 'other'
  }

  return { create, replace, apply, patch, remove }
}
