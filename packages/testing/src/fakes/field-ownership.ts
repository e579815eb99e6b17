import type { KubernetesObject } from '@mlops/core'

// Server-side apply in a simple form: an owner has leaves. Lists whose elements all have a `name` of their own are merged by
// it, every other list is one leaf. Without the schema it cannot know the other keys (ports, mount paths), defaults, or
// which maps are atomic.

/** Way to a leaf, in the words of managedFields: `f:spec`, or `k:{"name":"main"}` for an element of a list. */
type Path = readonly string[]
type Fields = Readonly<Record<string, unknown>>

const isFields = (value: unknown): value is Fields =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

const namesOf = (list: readonly unknown[]): readonly string[] =>
  list.flatMap((one) => (isFields(one) && typeof one['name'] === 'string' ? [one['name']] : []))

const isKeyed = (value: unknown): value is readonly Fields[] => {
  if (!Array.isArray(value) || value.length === 0) return false
  const names = namesOf(value)
  return names.length === value.length && new Set(names).size === names.length
}

const elementKey = (name: string) => `k:${JSON.stringify({ name })}`

/** Each leaf of a value by its path as text. */
const leavesOf = (value: unknown, path: Path = []): ReadonlyMap<string, unknown> => {
  const within = isFields(value)
    ? Object.entries(value)
        .filter(([, one]) => one !== undefined)
        .map(([name, one]) => leavesOf(one, [...path, `f:${name}`]))
    : isKeyed(value)
      ? value.map((one) => leavesOf(one, [...path, elementKey(String(one['name']))]))
      : []
  return within.length === 0 ? new Map([[JSON.stringify(path), value]]) : new Map(within.flatMap((map) => [...map]))
}

/** What nobody owns: it names the object, or the server writes it. */
const UNOWNED = new Set([
  'name',
  'namespace',
  'uid',
  'resourceVersion',
  'generation',
  'creationTimestamp',
  'managedFields',
])

/** What of an object is owned, leaf by leaf. */
export const ownedLeaves = (object: KubernetesObject): ReadonlyMap<string, unknown> => {
  const { apiVersion: _version, kind: _kind, status: _status, metadata, ...content } = object
  const ours = Object.fromEntries(Object.entries(metadata).filter(([name]) => !UNOWNED.has(name)))
  return new Map([...leavesOf({ ...content, metadata: ours })].filter(([path]) => path !== '["f:metadata"]'))
}

const changed = (value: unknown, [segment = '', ...rest]: Path, to: unknown): unknown => {
  const step = (inner: unknown) => (rest.length === 0 ? to : changed(inner, rest, to))
  if (segment.startsWith('k:')) {
    const { name } = JSON.parse(segment.slice(2)) as { readonly name: string }
    const list = isKeyed(value) ? value : []
    // An element without its name is none.
    if (to === undefined && rest[0] === 'f:name') {
      const left = list.filter((one) => one['name'] !== name)
      return left.length === 0 ? undefined : left
    }
    const found = list.some((one) => one['name'] === name)
    const all = (found ? list : [...list, { name }]).map((one) => (one['name'] === name ? step(one) : one))
    return all.filter((one) => one !== undefined)
  }
  const fields = isFields(value) ? value : {}
  return { ...fields, [segment.slice(2)]: step(fields[segment.slice(2)]) }
}

/** Without what was set to undefined, and what is empty because of it. */
const pruned = (value: unknown): unknown => {
  if (Array.isArray(value)) {
    const left = value.map(pruned).filter((one) => one !== undefined)
    return left.length === 0 && value.length > 0 ? undefined : left
  }
  if (!isFields(value)) return value
  const left = Object.entries(value)
    .map(([name, one]) => [name, pruned(one)] as const)
    .filter(([, one]) => one !== undefined)
  return left.length === 0 && Object.keys(value).length > 0 ? undefined : Object.fromEntries(left)
}

/** The object with these leaves as they are here; those that are undefined are taken away. */
export const withLeaves = (object: KubernetesObject, leaves: ReadonlyMap<string, unknown>): KubernetesObject => {
  // The name of an element goes last: by it the element is found.
  const goesLast = ([path, value]: readonly [Path, unknown]) => Number(path.at(-1) === 'f:name' && value === undefined)
  const changes = [...leaves]
    .map(([path, value]) => [JSON.parse(path) as Path, value] as const)
    .toSorted((one, other) => goesLast(one) - goesLast(other))
  return pruned(changes.reduce<unknown>((so, [path, value]) => changed(so, path, value), object)) as KubernetesObject
}

export interface Owner {
  readonly manager: string
  readonly operation: 'Apply' | 'Update'
}

/** Who owns which leaves: paths by `<manager>/<operation>`. */
export type Ownership = ReadonlyMap<string, ReadonlySet<string>>

export const ownerKey = ({ manager, operation }: Owner): string => `${manager}/${operation}`

const sameValue = (one: unknown, other: unknown) => JSON.stringify(one) === JSON.stringify(other)

/** `.spec.template.spec.containers[name="main"].image`, as conflicts name a field. */
export const fieldName = (path: string): string =>
  (JSON.parse(path) as Path)
    .map((segment) =>
      segment.startsWith('k:')
        ? `[name=${JSON.stringify((JSON.parse(segment.slice(2)) as { readonly name: string }).name)}]`
        : `.${segment.slice(2)}`,
    )
    .join('')

export interface Conflict {
  readonly path: string
  readonly owner: string
}

/** Leaves that others own and `wanted` has otherwise than the object. */
export const conflictsWith = (
  object: KubernetesObject,
  ownership: Ownership,
  { wanted, owner }: { readonly wanted: ReadonlyMap<string, unknown>; readonly owner: string },
): readonly Conflict[] => {
  const live = ownedLeaves(object)
  const differing = [...wanted].filter(([path, value]) => !sameValue(live.get(path), value)).map(([path]) => path)
  return [...ownership]
    .filter(([other]) => other !== owner)
    .flatMap(([other, paths]) => differing.filter((path) => paths.has(path)).map((path) => ({ path, owner: other })))
}

/** Who owns what after `owner` has applied `wanted`: what it no longer names it owns no more. */
export const afterApply = (
  ownership: Ownership,
  { wanted, owner, taken }: { wanted: ReadonlyMap<string, unknown>; owner: string; taken: readonly Conflict[] },
): Ownership => {
  const lost = new Set(taken.map(({ path }) => path))
  const others = [...ownership]
    .filter(([other]) => other !== owner)
    .map(([other, paths]) => [other, new Set([...paths].filter((path) => !lost.has(path)))] as const)
  return new Map([...others, [owner, new Set(wanted.keys())] as const].filter(([, paths]) => paths.size > 0))
}

/** Leaves that `owner` applied before and does not name any more, nor anybody else. */
export const abandoned = (
  ownership: Ownership,
  { wanted, owner }: { readonly wanted: ReadonlyMap<string, unknown>; readonly owner: string },
): readonly string[] => {
  const others = new Set([...ownership].filter(([other]) => other !== owner).flatMap(([, paths]) => [...paths]))
  return [...(ownership.get(owner) ?? [])].filter((path) => !wanted.has(path) && !others.has(path))
}

/** Who owns what after `owner` has changed an object in any other way: whatever it changed is its own. */
export const afterUpdate = (
  ownership: Ownership,
  { before, after, owner }: { before: KubernetesObject | undefined; after: KubernetesObject; owner: string },
): Ownership => {
  const old = before === undefined ? new Map<string, unknown>() : ownedLeaves(before)
  const now = ownedLeaves(after)
  const touched = new Set([...now].filter(([path, value]) => !sameValue(old.get(path), value)).map(([path]) => path))
  const kept = [...ownership].map(
    ([other, paths]) => [other, new Set([...paths].filter((path) => now.has(path) && !touched.has(path)))] as const,
  )
  const own = new Set([...(kept.find(([other]) => other === owner)?.[1] ?? []), ...touched])
  return new Map(
    [...kept.filter(([other]) => other !== owner), [owner, own] as const].filter(([, set]) => set.size > 0),
  )
}

/** metadata.managedFields, without times. */
export const managedFields = (ownership: Ownership, apiVersion: string): readonly Fields[] =>
  [...ownership].map(([owner, paths]) => {
    const [manager, operation] = owner.split('/')
    const tree: Record<string, unknown> = {}
    for (const path of paths) {
      let at = tree
      for (const segment of JSON.parse(path) as Path) at = (at[segment] ??= {}) as Record<string, unknown>
    }
    return { manager, operation, apiVersion, fieldsType: 'FieldsV1', fieldsV1: tree }
  })
