import type { KubernetesObject } from '@mlops/core'
import { fieldsOf, isFields, parsed, textOf } from '../fields.ts'
import { refusalOf } from '../transport/refusal.ts'

/** What a line of a watch says. */
export type WatchEvent =
  | { readonly kind: 'changed' | 'deleted'; readonly version: string; readonly object: KubernetesObject }
  | { readonly kind: 'bookmark'; readonly version: string }
  /** The server ends the watch: 410 when it has forgotten the version that was asked for. */
  | { readonly kind: 'error'; readonly status: number; readonly message: string }
  /** Cut off, or nothing that a watch would say. */
  | { readonly kind: 'garbage' }

const GARBAGE: WatchEvent = { kind: 'garbage' }
const KINDS: Readonly<Record<string, 'changed' | 'deleted' | 'bookmark'>> = {
  ADDED: 'changed',
  MODIFIED: 'changed',
  DELETED: 'deleted',
  BOOKMARK: 'bookmark',
}

/** Reads a line of a watch; total. */
export const watchEvent = (line: string): WatchEvent => {
  const { type, object } = fieldsOf(parsed(line))
  if (type === 'ERROR') {
    const status = Number(fieldsOf(object)['code'] ?? 0)
    return { kind: 'error', status, message: refusalOf(status, JSON.stringify(object)).message }
  }
  const kind = Object.hasOwn(KINDS, String(type)) ? KINDS[String(type)] : undefined
  const version = textOf(fieldsOf(fieldsOf(object)['metadata'])['resourceVersion'])
  if (kind === undefined || version === undefined || !isFields(object)) return GARBAGE
  return kind === 'bookmark' ? { kind, version } : { kind, version, object: object as unknown as KubernetesObject }
}

/** Whether a resourceVersion comes before another: they are decimal numbers that count up (KEP-5504). */
export const isOlder = (version: string, than: string): boolean =>
  /^\d+$/.test(version) && /^\d+$/.test(than) && BigInt(version) < BigInt(than)
