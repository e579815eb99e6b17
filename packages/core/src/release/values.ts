import { isRecord } from '../registry/document.ts'

/** The fields of an object; none when the value is something else. */
export const fieldsOf = (value: unknown): Readonly<Record<string, unknown>> => (isRecord(value) ? value : {})

/** The items of a list; none when the value is something else. */
export const itemsOf = (value: unknown): readonly unknown[] => (Array.isArray(value) ? value : [])

export const textOf = (value: unknown): string => (typeof value === 'string' ? value : '')

/** A text or number as it is written; empty for anything else. */
export const scalarText = (value: unknown): string => (typeof value === 'number' ? String(value) : textOf(value))

/** What stands at a path of keys, in objects only. */
export const valueAt = (value: unknown, path: readonly string[]): unknown =>
  path.reduce<unknown>((found, key) => (isRecord(found) && Object.hasOwn(found, key) ? found[key] : undefined), value)

/** The object with another value at a path, or, for undefined, with none there. */
export const withValue = <T extends object>(object: T, [key, ...rest]: readonly string[], value: unknown): T => {
  if (key === undefined) return object
  const { [key]: old, ...others } = object as Readonly<Record<string, unknown>>
  const fresh = rest.length === 0 ? value : withValue(fieldsOf(old), rest, value)
  return (fresh === undefined ? others : { ...others, [key]: fresh }) as T
}

/** Whether two values are the same, whatever the order of their keys. */
export const isSame = (one: unknown, other: unknown): boolean => {
  if (Array.isArray(one) && Array.isArray(other))
    return one.length === other.length && one.every((item, index) => isSame(item, other[index]))
  if (!isRecord(one) || !isRecord(other)) return one === other
  const keys = Object.keys(one)
  return (
    keys.length === Object.keys(other).length &&
    keys.every((key) => Object.hasOwn(other, key) && isSame(one[key], other[key]))
  )
}

/** A value without nulls below it: the API server keeps none. */
export const withoutNulls = (value: unknown): unknown => {
  if (Array.isArray(value)) return value.map(withoutNulls)
  if (!isRecord(value)) return value
  return Object.fromEntries(
    Object.entries(value).flatMap(([key, field]) => (field === null ? [] : [[key, withoutNulls(field)]])),
  )
}

/**
 * By what fields the items of a list are told apart, the most telling first (the `x-kubernetes-list-map-keys` of the API):
 * two mounts may be of one volume, so its name comes after the path.
 */
const ITEM_KEYS = [
  ['mountPath'],
  ['devicePath'],
  ['containerPort', 'protocol'],
  ['port', 'protocol'],
  ['name'],
  ['type'],
  ['ip'],
  ['topologyKey', 'whenUnsatisfiable'],
  ['key', 'path'],
  ['host'],
] as const

const labelOf = (item: unknown): string | undefined => {
  const fields = fieldsOf(item)
  const keys = ITEM_KEYS.find(([key]) => scalarText(fields[key]) !== '')
  // A protocol that is not said is TCP.
  return keys?.map((key) => `${key}=${scalarText(fields[key]) || 'TCP'}`).join(',')
}

/** The items of a list by what tells them apart; undefined when nothing does. */
export const labelledItems = (list: readonly unknown[]): ReadonlyMap<string, unknown> | undefined => {
  const labels = list.map(labelOf)
  const known = labels.filter((label) => label !== undefined)
  return known.length === list.length && new Set(known).size === list.length
    ? new Map(known.map((label, index) => [label, list[index]]))
    : undefined
}

const projectList = (from: readonly unknown[], shape: readonly unknown[]): unknown => {
  const [there, wanted] = [labelledItems(from), labelledItems(shape)]
  if (there !== undefined && wanted !== undefined)
    return [...wanted].flatMap(([label, item]) => (there.has(label) ? [project(there.get(label), item)] : []))
  return from.length === shape.length && shape.every(isRecord)
    ? from.map((item, index) => project(item, shape[index]))
    : from
}

/**
 * Of a value only what a shape speaks of: its keys, and those items of its lists that can be told apart. What others have
 * added (defaults, sidecars, annotations) is left out; a list of plain values is one value.
 */
export const project = (from: unknown, shape: unknown): unknown => {
  if (Array.isArray(from) && Array.isArray(shape)) return projectList(from, shape)
  if (!isRecord(from) || !isRecord(shape)) return from
  return Object.fromEntries(
    Object.entries(shape).flatMap(([key, part]) => (Object.hasOwn(from, key) ? [[key, project(from[key], part)]] : [])),
  )
}
