import type { ErrorCode } from './error-codes.ts'
import type { Report } from './report.ts'

/**
 * Whose fault an error is:
 * `user` (inputs, configuration, permissions), `rejected` (a policy said no), `remote` (AWS or Kubernetes said Failed),
 * `timeout`, `cancelled`. An error that is not an ActionError is a bug of ours.
 */
export type ErrorKind = 'user' | 'rejected' | 'remote' | 'timeout' | 'cancelled'

export interface ErrorFacts {
  readonly code: ErrorCode
  readonly kind: ErrorKind
  readonly what: string
  readonly why: string
  readonly hint: string
  readonly cause?: unknown
  readonly link?: string
  /** Outputs known in spite of the failure: they are written all the same. */
  readonly outputs?: Readonly<Record<string, string>>
  readonly report?: Report
  /** Places in the user's files to annotate. */
  readonly locations?: readonly { readonly file: string; readonly line: number; readonly text: string }[]
}

const oneLine = (text: string) => text.replaceAll(/\s*\n\s*/g, ' ').trim()

/** The one-line form of every error of the suite: `E-CODE: what happened | why | do this`. */
export const errorLine = ({ code, what, why, hint }: Pick<ErrorFacts, 'code' | 'what' | 'why' | 'hint'>): string =>
  `${code}: ${[what, why, hint].map(oneLine).join(' | ')}`

/** The only error that `run` may throw on purpose. */
export class ActionError extends Error {
  readonly facts: ErrorFacts

  constructor(facts: ErrorFacts) {
    super(errorLine(facts), { cause: facts.cause })
    this.name = 'ActionError'
    this.facts = facts
  }
}

/** The same error with more facts, for a caller that knows the outputs or the report. */
export const withFacts = (error: ActionError, more: Partial<ErrorFacts>): ActionError =>
  new ActionError({ ...error.facts, ...more })
