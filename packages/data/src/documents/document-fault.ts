import type { ErrorCode, FilePlace } from '@mlops/core'

/** What is wrong at one place of a document that somebody wrote, in the parts of every error of the suite. */
export interface DocumentFault extends FilePlace {
  readonly code: ErrorCode
  readonly what: string
  readonly why: string
  readonly hint: string
}

/** A document that was understood, or everything that is wrong with it, in the order of the file. */
export type Reading<T> =
  | { readonly kind: 'ok'; readonly value: T }
  | { readonly kind: 'faults'; readonly faults: readonly DocumentFault[] }

/** Puts faults in the order of the file. */
export const byPlace = (one: DocumentFault, other: DocumentFault): number =>
  one.line - other.line || one.column - other.column
