import { JSON_TYPES, type JsonAssertion, type JsonDemand, parseJsonPath } from '@mlops/core'
import type { AssertionText } from './shape.ts'

interface Complaint {
  readonly key: string
  readonly why: string
}

const isType = (value: unknown): value is (typeof JSON_TYPES)[number] => JSON_TYPES.some((type) => type === value)

/** What an assertion asks for, or what is wrong with its value. */
const demandOf = ({ op = 'equals', value, tolerance = 0 }: AssertionText): JsonDemand | Complaint => {
  switch (op) {
    case 'exists':
    case 'absent':
      return value === undefined ? { op } : { key: 'value', why: `${op} takes no value` }
    case 'at-least':
    case 'at-most':
      return typeof value === 'number' ? { op, value } : { key: 'value', why: `${op} takes a number` }
    case 'one-of':
      return Array.isArray(value) && value.length > 0
        ? { op, value: value as readonly unknown[] }
        : { key: 'value', why: 'one-of takes a list' }
    case 'type':
      return isType(value) ? { op, value } : { key: 'value', why: `type takes one of ${JSON_TYPES.join(', ')}` }
    case 'not-equals':
      return value === undefined ? { key: 'value', why: 'not-equals takes a value' } : { op, value }
    case 'equals':
      return value === undefined ? { key: 'value', why: 'equals takes a value' } : { op, value, tolerance }
  }
}

/** Reads one assertion whose shape is sound. */
export const readAssertion = (text: AssertionText): JsonAssertion | Complaint => {
  const path = parseJsonPath(text.path)
  if (path === undefined) return { key: 'path', why: 'it is no path' }
  if (text.tolerance !== undefined && (text.op ?? 'equals') !== 'equals')
    return { key: 'tolerance', why: 'only equals has a tolerance' }
  const demand = demandOf(text)
  return 'key' in demand ? demand : { path, demand }
}
