import type { Api } from '../api.ts'
import { fieldOf, type Place, resourceOf } from './downward.ts'
import type { ContainerSpec, EnvFrom, EnvVar, KeyReference, Pod } from './pod.ts'
import { readKeys, type ReferenceKind } from './references.ts'
import { expand } from './variables.ts'

/** Why a container can't be created; its message goes into the status of the pod. */
export class ConfigError extends Error {}

export interface EnvironmentOf {
  readonly api: Api
  readonly pod: Pod
  readonly place: Place
}

/** Reads keys for one container, each object once. */
const reader = ({ api, pod }: EnvironmentOf) => {
  const { namespace } = pod.metadata
  const known = new Map<string, Promise<ReadonlyMap<string, Buffer> | undefined>>()
  return (kind: ReferenceKind, name: string) => {
    const key = `${kind}/${name}`
    const found = known.get(key) ?? readKeys(api, kind, namespace, name)
    known.set(key, found)
    return found
  }
}

type Read = ReturnType<typeof reader>

const missing = (kind: ReferenceKind, name: string) => new ConfigError(`${kind.toLowerCase()} "${name}" not found`)

const keyOf = async (read: Read, pod: Pod, kind: ReferenceKind, { name = '', key, optional }: KeyReference) => {
  const keys = await read(kind, name)
  const value = keys?.get(key)
  if (value !== undefined || optional === true) return value?.toString()
  if (keys === undefined) throw missing(kind, name)
  throw new ConfigError(`couldn't find key ${key} in ${kind} ${pod.metadata.namespace}/${name}`)
}

const allOf = async (read: Read, { prefix = '', configMapRef, secretRef }: EnvFrom) => {
  const kind = configMapRef === undefined ? 'Secret' : 'ConfigMap'
  const { name = '', optional } = configMapRef ?? secretRef ?? {}
  const keys = await read(kind, name)
  if (keys === undefined && optional !== true) throw missing(kind, name)
  return [...(keys ?? [])].map(([key, value]) => [`${prefix}${key}`, value.toString()] as const)
}

const valueOf = async (
  { value = '', valueFrom }: EnvVar,
  so: Readonly<Record<string, string>>,
  read: Read,
  { pod, place }: EnvironmentOf,
  container: ContainerSpec,
): Promise<string | undefined> => {
  const { configMapKeyRef, secretKeyRef, fieldRef, resourceFieldRef } = valueFrom ?? {}
  if (configMapKeyRef !== undefined) return keyOf(read, pod, 'ConfigMap', configMapKeyRef)
  if (secretKeyRef !== undefined) return keyOf(read, pod, 'Secret', secretKeyRef)
  if (resourceFieldRef !== undefined) {
    const field = { ...resourceFieldRef, containerName: resourceFieldRef.containerName ?? container.name }
    return resourceOf([container, ...pod.spec.containers], field, place)
  }
  if (fieldRef === undefined) return expand(value, so)
  const field = fieldOf(pod, fieldRef.fieldPath, place)
  if (field === undefined) throw new ConfigError(`unsupported fieldPath: ${fieldRef.fieldPath}`)
  return field
}

/** The variables that a container's spec asks for, in the order in which they may refer to each other. Throws ConfigError. */
export const environmentOf = async (
  context: EnvironmentOf,
  container: ContainerSpec,
): Promise<Readonly<Record<string, string>>> => {
  const read = reader(context)
  const all: Record<string, string> = {}
  for (const source of container.envFrom ?? []) Object.assign(all, Object.fromEntries(await allOf(read, source)))
  for (const variable of container.env ?? []) {
    const value = await valueOf(variable, all, read, context, container)
    if (value !== undefined) all[variable.name] = value
  }
  return all
}
