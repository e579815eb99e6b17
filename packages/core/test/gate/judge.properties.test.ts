import { describe, expect, test } from '@jest/globals'
import fc from 'fast-check'
import type { Rule } from '../../src/index.ts'
import { atLeast, atMost, type Cell, gateOf, judgementOf, notWorse, paired, rule, superior } from './evidence.ts'

const LABELS = ['High', 'Low', 'Medium']
const label = fc.constantFrom(...LABELS)
const cell = fc.tuple(label, label, label, fc.integer({ min: 1, max: 400 }))
/** Every class occurs, and there are enough rows to be judged. */
const cells = fc
  .array(cell, { minLength: 1, maxLength: 20 })
  .map((some): readonly Cell[] => [...LABELS.map((one): Cell => [one, one, one, 70]), ...some])

const condition = fc.oneof(
  fc.double({ min: 0.2, max: 0.95, noNaN: true }).map((min) => atLeast(min)),
  fc.double({ min: 0.2, max: 0.95, noNaN: true }).map((min) => atLeast(min, 'lower-ci')),
  fc.constant(superior),
  fc.double({ min: 0, max: 0.1, noNaN: true }).map((margin) => notWorse(margin)),
  fc.double({ min: 0, max: 0.1, noNaN: true }).map((margin) => notWorse(margin, 'rel')),
)
const aRule = condition.map((one): Rule => rule('accuracy', one))
const rules = fc.array(aRule, { minLength: 1, maxLength: 5 })

const verdictOf = (some: readonly Rule[], data: readonly Cell[]) => judgementOf(gateOf(some), paired(data)).verdict

describe('for any predictions', () => {
  test('a better candidate is never rejected where a worse one was approved, nor left open', () => {
    const points = fc.double({ min: 0.2, max: 0.95, noNaN: true }).map((min) => rule('f1_macro', atLeast(min)))
    fc.assert(
      fc.property(
        cells,
        fc.array(fc.oneof(aRule, points), { minLength: 1, maxLength: 4 }),
        fc.nat(),
        (data, some, index) => {
          const wrong = data.flatMap(([truth, mine], at) => (truth === mine ? [] : [at]))
          fc.pre(wrong.length > 0)
          const fixed = wrong[index % wrong.length]
          const better = data.map((one, at): Cell => (at === fixed ? [one[0], one[0], one[2], one[3]] : one))
          const order = { reject: 0, inconclusive: 1, approve: 2 }
          expect(order[verdictOf(some, better)]).toBeGreaterThanOrEqual(order[verdictOf(some, data)])
        },
      ),
      { numRuns: 300 },
    )
  })

  test('two models are never both superior to the other', () => {
    fc.assert(
      fc.property(cells, (data) => {
        const swapped = data.map(([truth, mine, theirs = truth, count]): Cell => [truth, theirs, mine, count])
        const both = [data, swapped].map((one) => verdictOf([rule('accuracy', superior)], one))
        expect(both).not.toEqual(['approve', 'approve'])
        expect(both[0] === 'approve').toBe(both[1] === 'reject')
      }),
      { numRuns: 300 },
    )
  })

  test('what is superior is not inferior by any margin', () => {
    fc.assert(
      fc.property(cells, fc.double({ min: 0, max: 0.2, noNaN: true }), (data, margin) => {
        const isSuperior = verdictOf([rule('accuracy', superior)], data) === 'approve'
        const isNotWorse = verdictOf([rule('accuracy', notWorse(margin))], data) === 'approve'
        expect(!isSuperior || isNotWorse).toBe(true)
      }),
    )
  })

  test('a rule of severity warn changes neither verdict nor status', () => {
    fc.assert(
      fc.property(cells, rules, aRule, fc.nat(), (data, some, extra, at) => {
        const place = at % (some.length + 1)
        const more = [...some.slice(0, place), { ...extra, severity: 'warn' as const }, ...some.slice(place)]
        const [before, after] = [some, more].map((all) => judgementOf(gateOf(all), paired(data)))
        expect([after?.verdict, after?.approvalStatus]).toEqual([before?.verdict, before?.approvalStatus])
      }),
    )
  })

  test('the order of the rules changes nothing but the order of the results', () => {
    fc.assert(
      fc.property(cells, rules, (data, some) => {
        const [before, after] = [some, some.toReversed()].map((all) => judgementOf(gateOf(all), paired(data)))
        expect(after?.verdict).toBe(before?.verdict)
        expect(after?.rules.toReversed()).toEqual(before?.rules)
      }),
    )
  })

  test('more rules never make a verdict better', () => {
    const order = { reject: 0, inconclusive: 1, approve: 2 }
    fc.assert(
      fc.property(cells, rules, aRule, (data, some, extra) => {
        expect(order[verdictOf([...some, extra], data)]).toBeLessThanOrEqual(order[verdictOf(some, data)])
      }),
    )
  })

  test('with too few rows nothing is ever decided', () => {
    fc.assert(
      fc.property(cells, rules, (data, some) => {
        const gate = gateOf(some, { statistics: { minRows: 1_000_000 } })
        expect(judgementOf(gate, paired(data)).verdict).toBe('inconclusive')
      }),
    )
  })

  test('a limit and its opposite are never both broken', () => {
    fc.assert(
      fc.property(cells, fc.double({ min: 0, max: 1, noNaN: true }), (data, limit) => {
        const both = [atLeast(limit), atMost(limit)].map((one) => verdictOf([rule('f1_weighted', one)], data))
        expect(both).toContain('approve')
      }),
    )
  })
})
