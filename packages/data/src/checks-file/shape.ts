import { JSON_PATH, METHODS, SPAN } from '@mlops/core'
import * as z from 'zod/mini'

const text = () => z.string().check(z.minLength(1), z.maxLength(1000))
const matching = (pattern: RegExp) => z.string().check(z.regex(pattern), z.maxLength(2000))
const span = () => z.optional(matching(SPAN))

export const OPERATORS = ['equals', 'not-equals', 'at-least', 'at-most', 'one-of', 'type', 'exists', 'absent'] as const

const SERVICE = /^[a-z]([-a-z0-9]{0,61}[a-z0-9])?:[a-z0-9][-a-z0-9]{0,62}$/
const PORT = /^[a-z0-9][-a-z0-9]{0,62}$/
/** Without a user and a password, which would be printed. */
const ADDRESS = /^https?:\/\/[^\s/@?#]+(\/[^\s?#]*)?$/
const PROBED_PATH = /^\/[!-~]*$/
export const ATTEMPTS = /^([1-9][0-9]?) of ([1-9][0-9]?)$/
const HEADER = /^[!#$%&'*+.^_`|~0-9A-Za-z-]+$/
const HEADER_VALUE = /^[\t -~]*$/

/** What is to be true at a path; which values an operator takes stands in assertions.ts for the parser. */
const assertionShape = z.strictObject({
  path: matching(JSON_PATH),
  op: z.optional(z.enum(OPERATORS)),
  value: z.optional(z.unknown()),
  tolerance: z.optional(z.number().check(z.gte(0))),
})

const checkShape = z
  .strictObject({
    name: text(),
    method: z.optional(z.enum(METHODS)),
    path: matching(PROBED_PATH),
    headers: z.optional(z.record(matching(HEADER), matching(HEADER_VALUE))),
    body: z.optional(z.unknown()),
    file: z.optional(text()),
    expect: z.optional(
      z.strictObject({
        status: z.optional(z.int().check(z.gte(100), z.lte(599))),
        json: z.optional(z.array(assertionShape).check(z.minLength(1), z.maxLength(100))),
        golden: z.optional(z.literal(true)),
        tolerance: z.optional(z.number().check(z.gte(0))),
      }),
    ),
    latency: span(),
    attempts: z.optional(matching(ATTEMPTS)),
    interval: span(),
  })
  .check(z.meta({ id: 'check', not: { required: ['body', 'file'] } }))

/** A checks file, version 1. */
export const checksShape = z.strictObject({
  version: z.literal(1),
  target: z
    .strictObject({
      service: z.optional(matching(SERVICE)),
      url: z.optional(matching(ADDRESS)),
      pods: z.optional(z.literal('each')),
      port: z.optional(z.union([matching(PORT), z.int().check(z.gte(1), z.lte(65_535))])),
    })
    .check(
      z.meta({
        oneOf: [{ required: ['service'] }, { required: ['url'] }, { required: ['pods'] }],
        dependentRequired: { port: ['pods'] },
      }),
    ),
  checks: z.array(checkShape).check(z.minLength(1), z.maxLength(100)),
  bake: span(),
  'short-bake': z.optional(z.enum(['refuse', 'allow'])),
  // CloudWatch describes at most a hundred alarms by name in one call.
  alarms: z.optional(
    z.array(z.string().check(z.minLength(1), z.maxLength(255))).check(z.minLength(1), z.maxLength(100)),
  ),
  'pre-existing-alarm': z.optional(z.enum(['block', 'ignore'])),
  'min-requests': z.optional(
    z.strictObject({
      count: z.int().check(z.gte(1)),
      namespace: text(),
      metric: text(),
      dimensions: z.optional(z.record(text(), text())),
    }),
  ),
  'on-missing': z.optional(z.enum(['inconclusive', 'ignore'])),
  'on-inconclusive': z.optional(z.enum(['hold-fail', 'pass', 'extend'])),
})

export type AssertionText = z.infer<typeof assertionShape>
export type CheckText = z.infer<typeof checkShape>
export type ChecksText = z.infer<typeof checksShape>
