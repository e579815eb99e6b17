import type { ErrorCode } from '@mlops/core'

/** What is wrong with a value: `what` it is, `why` that cannot be used, and what to do. */
export interface Fault {
  /** E-INPUT, unless a rule says otherwise. */
  readonly code?: ErrorCode
  readonly what: string
  readonly why: string
  readonly hint: string
}

export type Parsed<T> = { readonly ok: true; readonly value: T } | { readonly ok: false; readonly fault: Fault }

export const ok = <T>(value: T): Parsed<T> => ({ ok: true, value })
export const bad = (what: string, why: string, hint: string): Parsed<never> => ({
  ok: false,
  fault: { what, why, hint },
})
