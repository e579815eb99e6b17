import { isRecord } from '../registry/document.ts'
import type { KubernetesObject, ObjectReference } from './kubernetes-object.ts'
import { fieldsOf, itemsOf, textOf, valueAt } from './values.ts'

/** What the pods of a workload cannot start without. */
export interface PodNeed {
  readonly reference: ObjectReference
  /** A key of a ConfigMap or Secret. */
  readonly key?: string
}

const PATHS: Readonly<Record<string, readonly string[]>> = {
  Pod: ['spec'],
  CronJob: ['spec', 'jobTemplate', 'spec', 'template', 'spec'],
}
const TEMPLATES: ReadonlySet<string> = new Set(['Deployment', 'StatefulSet', 'DaemonSet', 'ReplicaSet', 'Job'])

/** The pod that a workload makes; undefined when it makes none that we know of. */
export const podSpecOf = (object: KubernetesObject): Readonly<Record<string, unknown>> | undefined => {
  const path = PATHS[object.kind] ?? (TEMPLATES.has(object.kind) ? ['spec', 'template', 'spec'] : undefined)
  const spec = path && valueAt(object, path)
  return isRecord(spec) ? spec : undefined
}

type Configuration = 'ConfigMap' | 'Secret'

const need = (kind: string, name: unknown, namespace: string, key?: unknown): readonly PodNeed[] =>
  textOf(name) === ''
    ? []
    : [
        {
          reference: { apiVersion: 'v1', kind, namespace, name: textOf(name) },
          ...(key === undefined ? {} : { key: textOf(key) }),
        },
      ]

/** A reference with the keys that it picks; with none it needs the whole object. */
const source = (
  kind: Configuration,
  raw: unknown,
  namespace: string,
  keys: readonly unknown[],
  nameField = 'name',
): readonly PodNeed[] => {
  const fields = fieldsOf(raw)
  if (!isRecord(raw) || fields['optional'] === true) return []
  return keys.length === 0
    ? need(kind, fields[nameField], namespace)
    : keys.flatMap((key) => need(kind, fields[nameField], namespace, key))
}

const keysOf = (raw: unknown) => itemsOf(fieldsOf(raw)['items']).map((item) => fieldsOf(item)['key'])

const ofContainer = (container: unknown, namespace: string): readonly PodNeed[] => {
  const { env, envFrom } = fieldsOf(container)
  const variables = itemsOf(env).map((variable) => fieldsOf(fieldsOf(variable)['valueFrom']))
  return [
    ...itemsOf(envFrom)
      .map(fieldsOf)
      .flatMap(({ configMapRef, secretRef }) => [
        ...source('ConfigMap', configMapRef, namespace, []),
        ...source('Secret', secretRef, namespace, []),
      ]),
    ...variables.flatMap(({ configMapKeyRef, secretKeyRef }) => [
      ...source('ConfigMap', configMapKeyRef, namespace, [fieldsOf(configMapKeyRef)['key']]),
      ...source('Secret', secretKeyRef, namespace, [fieldsOf(secretKeyRef)['key']]),
    ]),
  ]
}

const ofVolume = (volume: unknown, namespace: string): readonly PodNeed[] => {
  const { configMap, secret, persistentVolumeClaim, projected } = fieldsOf(volume)
  return [
    ...source('ConfigMap', configMap, namespace, keysOf(configMap)),
    ...source('Secret', secret, namespace, keysOf(secret), 'secretName'),
    ...need('PersistentVolumeClaim', fieldsOf(persistentVolumeClaim)['claimName'], namespace),
    ...itemsOf(fieldsOf(projected)['sources'])
      .map(fieldsOf)
      .flatMap((one) => [
        ...source('ConfigMap', one['configMap'], namespace, keysOf(one['configMap'])),
        ...source('Secret', one['secret'], namespace, keysOf(one['secret'])),
      ]),
  ]
}

/** Everything that the pods of a workload need to be there: without what they mark as optional. */
export const podNeeds = (object: KubernetesObject): readonly PodNeed[] => {
  const spec = podSpecOf(object)
  if (spec === undefined) return []
  const namespace = object.metadata.namespace ?? ''
  const { serviceAccountName, priorityClassName } = spec
  const priority = textOf(priorityClassName)
  return [
    ...['initContainers', 'containers'].flatMap((list) =>
      itemsOf(spec[list]).flatMap((container) => ofContainer(container, namespace)),
    ),
    ...itemsOf(spec['volumes']).flatMap((volume) => ofVolume(volume, namespace)),
    // The default account is made by the cluster, moments after its namespace.
    ...(serviceAccountName === 'default' ? [] : need('ServiceAccount', serviceAccountName, namespace)),
    // Those of the system are there in every cluster.
    ...(priority === '' || priority.startsWith('system-')
      ? []
      : [
          {
            reference: { apiVersion: 'scheduling.k8s.io/v1', kind: 'PriorityClass', name: priority },
          },
        ]),
  ]
}

/** Whether a ConfigMap or Secret has a key. */
export const hasKey = (object: KubernetesObject, key: string): boolean =>
  ['data', 'binaryData'].some((field) => Object.hasOwn(fieldsOf(object[field]), key))
