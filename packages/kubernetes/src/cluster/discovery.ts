import { ActionError, type ObjectKind } from '@mlops/core'
import { fieldsOf, listOf, textOf } from '../fields.ts'
import type { Answer, Api } from '../transport/api.ts'
import { refusalOf } from '../transport/refusal.ts'

export interface Resource {
  /** Plural, as it stands in paths. */
  readonly resource: string
  readonly namespaced: boolean
}

const AGGREGATED = ['v2', 'v2beta1']
  .map((version) => `application/json;g=apidiscovery.k8s.io;v=${version};as=APIGroupDiscoveryList`)
  .join(',')

const keyOf = ({ apiVersion, kind }: ObjectKind) => `${apiVersion} ${kind}`

/** `/api/v1` for the core group, `/apis/apps/v1` for others. */
export const groupPath = (apiVersion: string): string =>
  apiVersion.includes('/') ? `/apis/${apiVersion}` : `/api/${apiVersion}`

type Found = readonly (readonly [key: string, resource: Resource])[]

/** The kinds of an APIGroupDiscoveryList. */
const aggregatedKinds = (document: unknown): Found =>
  listOf(fieldsOf(document)['items'])
    .map(fieldsOf)
    .flatMap(({ metadata, versions }) => {
      const group = textOf(fieldsOf(metadata)['name'])
      return listOf(versions)
        .map(fieldsOf)
        .flatMap(({ version, resources }) => {
          const apiVersion = group === undefined ? String(version) : `${group}/${String(version)}`
          return listOf(resources)
            .map(fieldsOf)
            .map(({ resource, responseKind, scope }) => {
              const kind = String(fieldsOf(responseKind)['kind'])
              return [
                keyOf({ apiVersion, kind }),
                { resource: String(resource), namespaced: scope === 'Namespaced' },
              ] as const
            })
        })
    })

/** The kinds of an APIResourceList; `deployments/status` and its like are no kinds of their own. */
const listedKinds = (apiVersion: string, document: unknown): Found =>
  listOf(fieldsOf(document)['resources'])
    .map(fieldsOf)
    .filter(({ name }) => !String(name).includes('/'))
    .map(({ name, kind, namespaced }) => [
      keyOf({ apiVersion, kind: String(kind) }),
      { resource: String(name), namespaced: namespaced === true },
    ])

const isAggregated = ({ headers }: Answer) => (headers['content-type'] ?? '').includes('as=APIGroupDiscoveryList')

const failed = (path: string, { status, text }: Answer) =>
  new ActionError({
    code: status === 403 ? 'E-FORBIDDEN' : 'E-CLUSTER',
    kind: status === 403 ? 'user' : 'remote',
    what: `the kinds that the cluster knows cannot be read from ${path}`,
    why: `it answered ${status} ${refusalOf(status, text).message}`,
    hint: 'bind the ClusterRole system:discovery to the caller, as clusters do by default',
  })

/**
 * Which resources stand for which kinds. All is asked at once where the server offers it (Kubernetes 1.26 and newer), else
 * by group; what was found is kept, and what was not is asked for again, since a release may bring its own kinds.
 */
export const openDiscovery = (api: Api) => {
  const known = new Map<string, Resource>()
  const keep = (found: Found) => {
    for (const [key, resource] of found) known.set(key, resource)
  }
  const ask = async (path: string, accept?: string) => {
    const answer = await api.call({ method: 'GET', path, ...(accept === undefined ? {} : { accept }) })
    if (answer.status === 404) return undefined
    if (answer.status !== 200) throw failed(path, answer)
    return answer
  }
  const learn = async ({ apiVersion }: ObjectKind): Promise<void> => {
    const answer = await ask(apiVersion.includes('/') ? '/apis' : '/api', AGGREGATED)
    if (answer !== undefined && isAggregated(answer)) return keep(aggregatedKinds(answer.document))
    const listed = await ask(groupPath(apiVersion))
    if (listed !== undefined) keep(listedKinds(apiVersion, listed.document))
  }
  const learning = new Map<string, Promise<void>>()
  /** One question at a time for a group of kinds, however many ask. */
  const learnOnce = async (kind: ObjectKind): Promise<void> => {
    const key = kind.apiVersion
    const under = learning.get(key) ?? learn(kind).finally(() => learning.delete(key))
    learning.set(key, under)
    await under
  }
  return async (kind: ObjectKind): Promise<Resource | undefined> => {
    if (!known.has(keyOf(kind))) await learnOnce(kind)
    return known.get(keyOf(kind))
  }
}

export type Discovery = ReturnType<typeof openDiscovery>
