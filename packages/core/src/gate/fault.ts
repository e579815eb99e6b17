import type { ErrorCode } from '../error-codes.ts'
import type { FilePlace } from './gate.ts'

/** Why a gate cannot be judged on this evidence at all. */
export interface GateFault {
  readonly code: ErrorCode
  /** Where in the gate file; absent when no place of it is to blame. */
  readonly at?: FilePlace
  readonly what: string
  readonly why: string
  readonly hint: string
}
