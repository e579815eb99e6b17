import type { ContainerSpec, Pod, ResourceField } from './pod.ts'
import { parseQuantity } from './quantity.ts'

/** Where a pod runs. */
export interface Place {
  readonly node: string
  readonly hostIP: string
  readonly podIP: string
  /** What a container without a limit may use. */
  readonly allocatable: Readonly<Record<string, string>>
}

const lines = (all: Readonly<Record<string, string>> = {}) =>
  Object.entries(all)
    .toSorted(([one], [other]) => (one < other ? -1 : 1))
    .map(([name, value]) => `${name}=${JSON.stringify(value)}`)
    .join('\n')

/** A field of a pod as a text; undefined for one that the downward API has not. */
export const fieldOf = ({ metadata, spec }: Pod, path: string, place: Place): string | undefined => {
  const [, map, key = ''] = /^metadata\.(labels|annotations)\['(.*)'\]$/.exec(path) ?? []
  if (map === 'labels' || map === 'annotations') return metadata[map]?.[key] ?? ''
  const fields: Readonly<Record<string, string>> = {
    'metadata.name': metadata.name,
    'metadata.namespace': metadata.namespace,
    'metadata.uid': metadata.uid,
    'metadata.labels': lines(metadata.labels),
    'metadata.annotations': lines(metadata.annotations),
    'spec.nodeName': place.node,
    'spec.serviceAccountName': spec.serviceAccountName ?? '',
    'status.hostIP': place.hostIP,
    'status.hostIPs': place.hostIP,
    'status.podIP': place.podIP,
    'status.podIPs': place.podIP,
  }
  return fields[path]
}

/** A limit or request of a container, in units of the divisor and rounded up. */
export const resourceOf = (
  containers: readonly ContainerSpec[],
  { containerName, resource, divisor = '1' }: ResourceField,
  { allocatable }: Place,
): string => {
  const [kind = '', ...rest] = resource.split('.')
  const name = rest.join('.')
  const container = containers.find((one) => one.name === containerName)
  const given = kind === 'limits' ? container?.resources?.limits?.[name] : container?.resources?.requests?.[name]
  const value = given ?? (kind === 'limits' ? allocatable[name] : undefined) ?? '0'
  // API servers default the divisor to "0", which means 1.
  return String(Math.ceil(parseQuantity(value) / (parseQuantity(divisor) || 1)))
}
