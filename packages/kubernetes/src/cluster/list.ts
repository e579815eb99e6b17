import type { KubernetesObject, ObjectSelection } from '@mlops/core'
import { fieldsOf, listOf, textOf } from '../fields.ts'
import type { Answer, Api } from '../transport/api.ts'
import { refusalOf } from '../transport/refusal.ts'
import type { Resource } from './discovery.ts'
import { forbidden, unexpected } from './forbidden.ts'
import { collectionPath, selectionQuery } from './paths.ts'

const PAGE = '500'
/** A list that is older than the server remembers is begun anew so often. */
const RESTARTS = 3

export interface Listed {
  readonly resourceVersion: string
  readonly objects: readonly KubernetesObject[]
}

/** Items of a list lack what the list says for all of them. */
const itemsOf = (document: unknown, { apiVersion, kind }: ObjectSelection): readonly KubernetesObject[] =>
  listOf(fieldsOf(document)['items']).map((item) => ({ apiVersion, kind, ...fieldsOf(item) }) as KubernetesObject)

const check = (selection: ObjectSelection, { resource }: Resource, { status, text }: Answer): void => {
  if (status === 200) return
  const { message } = refusalOf(status, text)
  const { apiVersion, namespace } = selection
  const where = namespace === undefined ? {} : { namespace }
  if (status === 403) throw forbidden({ verb: 'list', apiVersion, resource, ...where }, message)
  throw unexpected(`listing ${resource}`, status, message)
}

/** All objects of a selection, page by page, and the version at which the list is true. */
export const listAll = async (api: Api, selection: ObjectSelection, resource: Resource): Promise<Listed> => {
  const path = collectionPath(selection, resource)
  const pages = async (): Promise<Listed | undefined> => {
    const objects: KubernetesObject[] = []
    let next: string | undefined
    for (;;) {
      const query = {
        ...selectionQuery(selection),
        limit: PAGE,
        ...(next === undefined ? {} : { continue: next }),
      }
      const answer = await api.call({ method: 'GET', path, query })
      if (answer.status === 410 && next !== undefined) return undefined
      check(selection, resource, answer)
      const { document } = answer
      objects.push(...itemsOf(document, selection))
      const metadata = fieldsOf(fieldsOf(document)['metadata'])
      next = textOf(metadata['continue'])
      if (next === undefined) return { resourceVersion: textOf(metadata['resourceVersion']) ?? '', objects }
    }
  }
  for (let again = 0; again < RESTARTS; again += 1) {
    const listed = await pages()
    if (listed !== undefined) return listed
  }
  throw unexpected(`listing ${resource.resource}`, 410, 'each time before the list was read to its end')
}
