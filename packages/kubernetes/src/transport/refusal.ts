import type { Refusal } from '@mlops/core'
import { fieldsOf, listOf, parsed, textOf } from '../fields.ts'

/** A `Status` of the API machinery, however it came: as an answer, or as an object in a stream. */
export const isStatus = (value: unknown): boolean => fieldsOf(value)['kind'] === 'Status'

const SHOWN = 500

const causeOf = (value: unknown) => {
  const { field, reason, message } = fieldsOf(value)
  return { field: textOf(field) ?? '', reason: textOf(reason) ?? '', message: textOf(message) ?? '' }
}

/** What an answer that is not the thing itself says; total. */
export const refusalOf = (status: number, text: string): Refusal => {
  const value = parsed(text)
  if (!isStatus(value)) return { status, reason: '', message: text.trim().slice(0, SHOWN), causes: [] }
  const { reason, message, details } = fieldsOf(value)
  return {
    status,
    reason: textOf(reason) ?? '',
    message: textOf(message) ?? '',
    causes: listOf(fieldsOf(details)['causes']).map(causeOf),
  }
}
