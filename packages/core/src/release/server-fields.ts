import type { KubernetesObject } from './kubernetes-object.ts'

/** Written by controllers beside what people write. */
const OF_CONTROLLERS: ReadonlySet<string> = new Set([
  'deployment.kubernetes.io/revision',
  'deprecated.daemonset.template.generation',
])

/** An object without what the API server and its controllers own: what is left can be written again. */
export const withoutServerFields = (object: KubernetesObject): KubernetesObject => {
  const { status: _status, metadata, ...rest } = object
  const {
    creationTimestamp: _creationTimestamp,
    deletionGracePeriodSeconds: _deletionGracePeriodSeconds,
    deletionTimestamp: _deletionTimestamp,
    generation: _generation,
    managedFields: _managedFields,
    resourceVersion: _resourceVersion,
    selfLink: _selfLink,
    uid: _uid,
    annotations,
    ...kept
  } = metadata
  const own = Object.entries(annotations ?? {}).filter(([key]) => !OF_CONTROLLERS.has(key))
  return {
    ...rest,
    metadata: { ...kept, ...(own.length === 0 ? {} : { annotations: Object.fromEntries(own) }) },
  }
}
