import { ActionError, type ErrorKind } from '@mlops/core'

/** result.json, version 1: part of the public interface; a field is added, never renamed. */
export interface Result {
  readonly version: 1
  readonly action: string
  readonly status: string
  readonly verdict: 'ok' | 'rejected' | 'inconclusive' | 'error'
  readonly headline: string
  readonly outputs: Readonly<Record<string, string>>
  readonly error?: {
    readonly code: string
    readonly kind: ErrorKind | 'bug'
    readonly what: string
    readonly why: string
    readonly hint: string
  }
  readonly startedAt: string
  readonly finishedAt: string
}

/** Everything that is not an ActionError is a bug of ours and says so. */
export const asActionError = (error: unknown): ActionError =>
  error instanceof ActionError
    ? error
    : new ActionError({
        code: 'E-BUG',
        kind: 'remote',
        what: `the action failed unexpectedly: ${error instanceof Error ? error.message : String(error)}`,
        why: 'nobody foresaw this; it is a fault of the action, not yours',
        hint: 'please report it with the stack trace above',
        cause: error,
      })

export const isBug = ({ facts }: ActionError): boolean => facts.code === 'E-BUG'

const STATUS = {
  user: 'failed',
  rejected: 'rejected',
  remote: 'failed',
  timeout: 'timed-out',
  cancelled: 'cancelled',
} as const satisfies Readonly<Record<ErrorKind, string>>

const CLASS = {
  user: 'configuration',
  rejected: 'rejected',
  remote: 'remote',
  timeout: 'timeout',
  cancelled: 'cancelled',
} as const satisfies Readonly<Record<ErrorKind, string>>

/** `status` and `failure-class` of an error that does not name them itself. */
export const failureOutputs = (error: ActionError): Readonly<Record<string, string>> => ({
  status: STATUS[error.facts.kind],
  'failure-class': isBug(error) ? 'bug' : CLASS[error.facts.kind],
  ...error.facts.outputs,
})
