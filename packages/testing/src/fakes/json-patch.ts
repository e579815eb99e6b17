import { isDeepStrictEqual } from 'node:util'
import type { KubernetesObject } from '@mlops/core'
import { overTheWire } from './object-store.ts'

interface Operation {
  readonly op: 'add' | 'remove' | 'replace' | 'test'
  readonly path: string
  readonly value?: unknown
}

type Container = Record<string, unknown> | unknown[]

const segmentsOf = (path: string) =>
  path
    .split('/')
    .slice(1)
    .map((segment) => segment.replaceAll('~1', '/').replaceAll('~0', '~'))

const isContainer = (value: unknown): value is Container => typeof value === 'object' && value !== null

const has = (at: Container, name: string) => (Array.isArray(at) ? Number(name) < at.length : Object.hasOwn(at, name))
const read = (at: Container, name: string): unknown => (Array.isArray(at) ? at[Number(name)] : at[name])

const insert = (at: Container, name: string, value: unknown) => {
  if (!Array.isArray(at)) at[name] = value
  else if (name === '-') at.push(value)
  else at.splice(Number(name), 0, value)
}

const take = (at: Container, name: string) => {
  if (Array.isArray(at)) at.splice(Number(name), 1)
  else delete at[name]
}

/** Does one operation on a document in place; false when it cannot be done. */
const does = (document: Container, { op, path, value }: Operation): boolean => {
  const segments = segmentsOf(path)
  const last = segments.pop() ?? ''
  let at: unknown = document
  for (const segment of segments) at = isContainer(at) ? read(at, segment) : undefined
  if (!isContainer(at)) return false
  if (op === 'test') return has(at, last) && isDeepStrictEqual(read(at, last), value)
  if (op !== 'add' && !has(at, last)) return false
  if (op !== 'add') take(at, last)
  if (op !== 'remove') insert(at, last, value)
  return true
}

/** RFC 6902 without `move` and `copy`; undefined when an operation cannot be done. */
export const patched = (object: KubernetesObject, operations: readonly unknown[]): KubernetesObject | undefined => {
  const document = overTheWire(object)
  return (operations as readonly Operation[]).every((operation) => does(document as unknown as Container, operation))
    ? document
    : undefined
}
