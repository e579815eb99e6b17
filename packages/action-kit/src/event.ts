import { readFileSync } from 'node:fs'
import type { Environment } from '@mlops/core'
import { eventPathOf } from './environment.ts'

/** The payload of the event that started the run; empty when there is none. */
export const eventPayload = (environment: Environment): Readonly<Record<string, unknown>> => {
  const path = eventPathOf(environment)
  return path === '' ? {} : (JSON.parse(readFileSync(path, 'utf8')) as Readonly<Record<string, unknown>>)
}
