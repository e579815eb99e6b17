import type { ObjectReference, ObjectSelection } from '@mlops/core'
import { groupPath, type Resource } from './discovery.ts'

const inNamespace = ({ namespaced }: Resource, namespace: string | undefined) =>
  namespaced && namespace !== undefined ? `/namespaces/${encodeURIComponent(namespace)}` : ''

/** Where objects of a selection are listed: of all namespaces when it names none. */
export const collectionPath = (
  { apiVersion, namespace }: Pick<ObjectSelection, 'apiVersion' | 'namespace'>,
  resource: Resource,
): string => `${groupPath(apiVersion)}${inNamespace(resource, namespace)}/${resource.resource}`

/** The reference, which names a namespace if its kind lives in one: to leave it out is a bug. */
export const inItsNamespace = (reference: ObjectReference, { namespaced }: Resource): ObjectReference => {
  if (namespaced && reference.namespace === undefined)
    throw new Error(`${reference.kind} ${reference.name} is named without its namespace`)
  return reference
}

/** Where an object is, or a subresource of it. */
export const objectPath = (reference: ObjectReference, resource: Resource, subresource?: string): string => {
  const collection = collectionPath(inItsNamespace(reference, resource), resource)
  const path = `${collection}/${encodeURIComponent(reference.name)}`
  return subresource === undefined ? path : `${path}/${subresource}`
}

export const selectionQuery = ({
  labelSelector,
  fieldSelector,
}: ObjectSelection): Readonly<Record<string, string>> => ({
  ...(labelSelector === undefined ? {} : { labelSelector }),
  ...(fieldSelector === undefined ? {} : { fieldSelector }),
})
