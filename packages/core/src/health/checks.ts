import type { JsonPath } from './json-path.ts'

/** Where a probe goes: a service or each new pod through the API server, or an address. */
export type ProbeTarget =
  | { readonly kind: 'service'; readonly name: string; readonly port: string }
  /** Without a port the first one that a pod's container declares. */
  | { readonly kind: 'pods'; readonly port?: string }
  | { readonly kind: 'url'; readonly url: string }

export const METHODS = ['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS'] as const
export const JSON_TYPES = ['text', 'number', 'boolean', 'null', 'list', 'object'] as const

/** What is to be true of the value at a path. */
export type JsonDemand =
  /** Numbers may differ by `tolerance`, see `difference`. */
  | { readonly op: 'equals'; readonly value: unknown; readonly tolerance: number }
  | { readonly op: 'not-equals'; readonly value: unknown }
  | { readonly op: 'at-least' | 'at-most'; readonly value: number }
  | { readonly op: 'one-of'; readonly value: readonly unknown[] }
  | { readonly op: 'type'; readonly value: (typeof JSON_TYPES)[number] }
  | { readonly op: 'exists' | 'absent' }

export interface JsonAssertion {
  readonly path: JsonPath
  readonly demand: JsonDemand
}

export interface Expectation {
  readonly status: number
  readonly json: readonly JsonAssertion[]
  /** The golden answers of the model are asked for and compared. */
  readonly golden?: { readonly tolerance: number }
}

export interface Check {
  readonly name: string
  readonly method: (typeof METHODS)[number]
  readonly path: string
  readonly headers: Readonly<Record<string, string>>
  readonly body?: { readonly kind: 'text' | 'file'; readonly text: string }
  readonly expect: Expectation
  readonly latencyMs?: number
  /** It passes when that many of so many attempts do. */
  readonly attempts: { readonly passes: number; readonly of: number }
  readonly intervalMs: number
}

/** A metric whose sum over the bake tells how many requests the service had. */
export interface RequestFloor {
  readonly count: number
  readonly namespace: string
  readonly metric: string
  readonly dimensions: Readonly<Record<string, string>>
}

/** A checks file, version 1. */
export interface Checks {
  readonly target: ProbeTarget
  readonly checks: readonly [Check, ...(readonly Check[])]
  readonly bakeMs: number
  /** What becomes of a bake in which an alarm would have no time to go off. */
  readonly shortBake: 'refuse' | 'allow'
  readonly alarms: readonly string[]
  readonly preExistingAlarm: 'block' | 'ignore'
  readonly minRequests?: RequestFloor
  readonly onMissing: 'inconclusive' | 'ignore'
  readonly onInconclusive: 'hold-fail' | 'pass' | 'extend'
}

const UNITS: Readonly<Record<string, number>> = { ms: 1, s: 1000, m: 60_000, h: 3_600_000 }
/** `500ms`, `2s`, `10m`, `1h`. */
export const SPAN = /^([0-9]{1,7})(ms|s|m|h)$/

/** Milliseconds of a span of time as a checks file writes it; undefined when it is none. */
export const spanMs = (text: string): number | undefined => {
  const [, count = '', unit = ''] = SPAN.exec(text) ?? []
  const size = UNITS[unit]
  return size === undefined ? undefined : Number(count) * size
}
