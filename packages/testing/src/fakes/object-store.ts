import { isDeepStrictEqual } from 'node:util'
import {
  type Clock,
  type KubernetesObject,
  objectKey,
  type ObjectReference,
  referenceOf,
  type Refusal,
} from '@mlops/core'
import {
  abandoned,
  afterApply,
  afterUpdate,
  conflictsWith,
  fieldName,
  managedFields,
  ownedLeaves,
  ownerKey,
  type Ownership,
  withLeaves,
} from './field-ownership.ts'

interface Stored {
  readonly object: KubernetesObject
  readonly ownership: Ownership
}

type Stores =
  | { readonly kind: 'written'; readonly object: KubernetesObject }
  | { readonly kind: 'refused'; readonly refusal: Refusal }

interface StoreOptions {
  readonly manager: string
  readonly dryRun?: boolean
}

/** Objects with versions, ids and generations, and who owns which of their fields. */
export interface ObjectStore {
  readonly find: (reference: ObjectReference) => KubernetesObject | undefined
  readonly all: () => readonly KubernetesObject[]
  /** What is there afterwards is what is given. The status and what the server gives are for controllers only to set. */
  readonly overwrite: (
    object: KubernetesObject,
    options: StoreOptions & { readonly asController?: boolean },
  ) => KubernetesObject
  readonly apply: (object: KubernetesObject, options: StoreOptions & { readonly force: boolean }) => Stores
  readonly drop: (reference: ObjectReference) => void
  /** @returns how to end it */
  readonly onChange: (listener: () => void) => () => void
}

export const refusal = (
  status: number,
  reason: string,
  message: string,
  causes: Refusal['causes'] = [],
): { readonly kind: 'refused'; readonly refusal: Refusal } => ({
  kind: 'refused',
  refusal: { status, reason, message, causes },
})

/** Of these the API server counts the generations of the spec. */
const COUNTED = /^(apps|batch|policy|networking\.k8s\.io)\//

/** A copy of its own. Not structuredClone's, whose objects are of another realm under jest and so never equal. */
export const overTheWire = <T>(value: T): T => JSON.parse(JSON.stringify(value)) as T

const versionless = ({ metadata, ...content }: KubernetesObject) => {
  const { resourceVersion: _, ...rest } = metadata
  return { ...content, metadata: rest }
}

/** Why a write that means another state than the current one is refused; what it does not say, it does not mean. */
export const staleness = ({ metadata }: KubernetesObject, current: KubernetesObject) => {
  const { resourceVersion: version, uid } = current.metadata
  if ((metadata.resourceVersion ?? version) === version && (metadata.uid ?? uid) === uid) return undefined
  return refusal(409, 'Conflict', 'the object has been modified; please apply your changes to the latest version')
}

export const createStore = (clock: Pick<Clock, 'now'>): ObjectStore => {
  const stored = new Map<string, Stored>()
  const listeners = new Set<() => void>()
  let counter = 1000
  const changed = () => listeners.forEach((listener) => listener())

  const serverFields = (before: KubernetesObject | undefined, after: KubernetesObject) => {
    const old = before?.metadata
    const counts = COUNTED.test(after.apiVersion)
    const isNewSpec = !isDeepStrictEqual(before?.['spec'], after['spec'])
    return {
      uid: old?.uid ?? after.metadata.uid ?? `00000000-0000-4000-8000-${String(counter).padStart(12, '0')}`,
      creationTimestamp:
        old?.creationTimestamp ??
        after.metadata.creationTimestamp ??
        `${new Date(clock.now()).toISOString().slice(0, 19)}Z`,
      ...(counts ? { generation: (old?.generation ?? 0) + Number(isNewSpec) } : {}),
    }
  }

  /** The next state of an object; the very same when nothing has changed, since such a write makes no version. */
  const next = (before: Stored | undefined, content: KubernetesObject, ownership: Ownership): Stored => {
    const after = overTheWire({
      ...content,
      metadata: {
        ...content.metadata,
        ...serverFields(before?.object, content),
        managedFields: managedFields(ownership, content.apiVersion),
      },
    })
    if (before !== undefined && isDeepStrictEqual(versionless(before.object), versionless(after))) return before
    counter += 1
    const metadata = { ...after.metadata, resourceVersion: String(counter) }
    return { object: { ...after, metadata }, ownership }
  }

  const keep = (after: Stored, { dryRun = false }: Pick<StoreOptions, 'dryRun'>) => {
    const key = objectKey(referenceOf(after.object))
    if (dryRun || stored.get(key) === after) return after.object
    stored.set(key, after)
    changed()
    return after.object
  }

  const overwrite: ObjectStore['overwrite'] = (given, { manager, asController = false, ...options }) => {
    const before = stored.get(objectKey(referenceOf(given)))
    const { status: givenStatus, metadata: givenMetadata, ...content } = given
    const { uid: _uid, creationTimestamp: _created, generation: _generation, ...metadata } = givenMetadata
    const status = asController ? givenStatus : before?.object['status']
    const { apiVersion, kind } = given
    const after: KubernetesObject = {
      ...content,
      apiVersion,
      kind,
      metadata: asController ? givenMetadata : metadata,
      ...(status === undefined ? {} : { status }),
    }
    const owner = ownerKey({ manager, operation: 'Update' })
    const ownership = afterUpdate(before?.ownership ?? new Map(), { before: before?.object, after, owner })
    return keep(next(before, after, ownership), options)
  }

  const apply: ObjectStore['apply'] = (object, { manager, force, ...options }) => {
    const reference = referenceOf(object)
    const before = stored.get(objectKey(reference))
    const { apiVersion, kind, name, namespace } = reference
    const empty = { apiVersion, kind, metadata: { name, ...(namespace === undefined ? {} : { namespace }) } }
    const current = before?.object ?? empty
    const stale = before === undefined ? undefined : staleness(object, current)
    if (stale !== undefined) return stale
    const ownership = before?.ownership ?? new Map()
    const wish = { wanted: ownedLeaves(object), owner: ownerKey({ manager, operation: 'Apply' }) }
    const conflicts = conflictsWith(current, ownership, wish)
    if (conflicts.length > 0 && !force) {
      const causes = conflicts.map(({ path, owner }) => ({
        field: fieldName(path),
        reason: 'FieldManagerConflict',
        message: `conflict with "${owner.split('/')[0]}" using ${apiVersion}`,
      }))
      const all = causes.map(({ message, field }) => `${message}: ${field}`).join('; ')
      return refusal(409, 'Conflict', `Apply failed with ${causes.length} conflicts: ${all}`, causes)
    }
    const gone = abandoned(ownership, wish).map((path) => [path, undefined] as const)
    const merged = withLeaves(current, new Map([...gone, ...wish.wanted]))
    const after = next(before, merged, afterApply(ownership, { ...wish, taken: conflicts }))
    return { kind: 'written', object: keep(after, options) }
  }

  return {
    find: (reference) => stored.get(objectKey(reference))?.object,
    all: () => [...stored.values()].map(({ object }) => object),
    overwrite,
    apply,
    drop: (reference) => {
      stored.delete(objectKey(reference))
      if (reference.kind === 'Namespace')
        for (const [key, { object }] of stored) if (object.metadata.namespace === reference.name) stored.delete(key)
      changed()
    },
    onChange: (listener) => {
      listeners.add(listener)
      return () => void listeners.delete(listener)
    },
  }
}
