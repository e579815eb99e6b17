import * as z from 'zod/mini'
import { RULE_LINE, RULE_LINE_LIMIT } from './rule-line.ts'
import { SLICE_TEXT } from './slice-text.ts'

const text = () => z.string().check(z.minLength(1))
const column = () => z.optional(text())
/** Labels compare as texts, however YAML understood them. */
const label = () => z.union([text(), z.number(), z.boolean()])
const count = (least: number, most: number) => z.optional(z.int().check(z.gte(least), z.lte(most)))

/** A tolerated difference. */
const margin = z
  .strictObject({ abs: z.optional(z.number().check(z.gte(0))), rel: z.optional(z.number().check(z.gte(0))) })
  .check(z.meta({ id: 'margin', minProperties: 1, maxProperties: 1 }))

const comparison = (test: string) => ({ required: [test, 'vs'], properties: { min: false, max: false, bound: false } })

/** A rule as a mapping. Which keys go together stands in the schema here, and in rules.ts for the parser. */
export const ruleShape = z
  .strictObject({
    metric: text(),
    class: z.optional(label()),
    better: z.optional(z.enum(['higher', 'lower'])),
    min: z.optional(z.number()),
    max: z.optional(z.number()),
    bound: z.optional(z.enum(['point', 'lower-ci', 'upper-ci'])),
    vs: z.optional(z.enum(['champion', 'baseline'])),
    superior: z.optional(z.literal(true)),
    'non-inferior': z.optional(margin),
    'max-increase': z.optional(margin),
    'max-decrease': z.optional(margin),
    slices: z.optional(z.array(z.string().check(z.regex(SLICE_TEXT), z.maxLength(1000))).check(z.minLength(1))),
    required: z.optional(z.boolean()),
    severity: z.optional(z.enum(['error', 'warn'])),
    'if-missing': z.optional(z.enum(['fail', 'skip'])),
  })
  .check(
    z.meta({
      id: 'rule',
      oneOf: [
        { anyOf: [{ required: ['min'] }, { required: ['max'] }], properties: { vs: false } },
        ...['superior', 'non-inferior', 'max-increase', 'max-decrease'].map(comparison),
      ],
      dependentRequired: { required: ['slices'] },
    }),
  )

const lineShape = z.string().check(z.regex(RULE_LINE), z.maxLength(RULE_LINE_LIMIT))

const rules = z.array(z.union([lineShape, ruleShape])).check(
  z.minLength(1),
  // At least one rule that can reject.
  z.meta({
    id: 'rules',
    contains: { not: { type: 'object', required: ['severity'], properties: { severity: { const: 'warn' } } } },
  }),
)

const scoreColumns = z.optional(z.record(text(), text()))

const modelFile = z.strictObject({ format: z.optional(text()), model: z.optional(text()), member: z.optional(text()) })

/** A gate file as a mapping, version 1. */
export const gateShape = z.strictObject({
  version: z.literal(1),
  task: z.optional(z.enum(['binary', 'multiclass', 'regression', 'free'])),
  data: z.optional(
    z
      .strictObject({
        label: column(),
        prediction: column(),
        champion: column(),
        score: column(),
        'champion-score': column(),
        scores: scoreColumns,
        'champion-scores': scoreColumns,
        id: column(),
        cluster: column(),
        positive: z.optional(label()),
      })
      .check(
        z.meta({
          dependentSchemas: { score: { properties: { scores: false } } },
          dependentRequired: { 'champion-score': ['score'], 'champion-scores': ['scores'] },
        }),
      ),
  ),
  stats: z.optional(
    z.strictObject({
      confidence: z.optional(z.number().check(z.gt(0.5), z.lt(1))),
      replicates: count(1000, 1_000_000),
      seed: count(0, 2 ** 32 - 1),
      'min-rows': count(0, Number.MAX_SAFE_INTEGER),
      'min-rows-slice': count(0, Number.MAX_SAFE_INTEGER),
    }),
  ),
  rules,
  impact: z.optional(
    z
      .strictObject({
        'volume-per-day': z.number().check(z.gt(0)),
        currency: text(),
        'revenue-per-correct': z.optional(z.number()),
        'cost-of-manual-work': z.number().check(z.gte(0)),
        values: z.optional(z.record(text(), z.record(text(), z.number()))),
      })
      .check(z.meta({ oneOf: [{ required: ['revenue-per-correct'] }, { required: ['values'] }] })),
  ),
  decision: z.optional(
    z.strictObject({
      'no-champion': z.optional(z.enum(['absolute-only', 'pending', 'fail'])),
      'on-inconclusive': z.optional(z.enum(['pending', 'reject'])),
      'same-model': z.optional(z.enum(['reject', 'allow'])),
    }),
  ),
  candidate: z.optional(modelFile),
  champion: z.optional(modelFile),
})

/** A whole file may be its list of rules; then everything else has its default. */
export const fileShape = z.union([rules, gateShape])

export type RuleText = z.infer<typeof ruleShape>
export type GateText = z.infer<typeof gateShape>
