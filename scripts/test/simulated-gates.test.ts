import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from '@jest/globals'
import { approvedAtTheMargin, SCENARIOS, simulate } from '../bench/simulated-gates.ts'

const GATES = 400
const REPLICATES = 200
/** Three standard errors above the promised 5 %; the draws are the same in every run. */
const MOST = 0.05 + 3 * Math.sqrt((0.05 * 0.95) / GATES)

/** The ones that are wrong far more often by the plainest method that one would think of. */
const TELLING = SCENARIOS.filter(({ data, metric, of }) =>
  [
    /^balanced classes, 500 rows accuracy difference/,
    /^classes of 90, 8 and 2 %, 300 rows (f1|recall|f1_macro) difference/,
    /^almost always right, 1000 rows f1_macro value/,
    /^classes of 90, 8 and 2 %, 1000 rows precision (difference|value)/,
    /^clusters that suit one model, 50 clusters of 1 to 7 rows accuracy difference/,
    /^three classes of 60, 30 and 10 %, 500 rows auc difference/,
    /^2 % positive, well ranked, 1000 rows auc (difference|value)/,
    /^2 % positive, of twice the spread, 1000 rows auc difference/,
    /^half positive, 300 rows average_precision value/,
    /^errors with heavy tails, 500 rows rmse value/,
    /^normal errors, 500 rows r2 difference/,
  ].some((telling) => telling.test(`${data} ${metric} ${of}`)),
)

describe('of simulated gates whose truth is known', () => {
  test.each(TELLING)('$data, $metric, $of: about 5 % are approved wrongly', (scenario) => {
    const coverage = simulate(scenario, GATES, REPLICATES)
    expect(approvedAtTheMargin(scenario, coverage)).toBeLessThanOrEqual(MOST)
    expect(coverage.open).toBeLessThan(0.01)
  })

  test('every method is one that docs/statistics.md heads', () => {
    const page = readFileSync(join(import.meta.dirname, '../../docs/statistics.md'), 'utf8')
    const methods = new Set(SCENARIOS.map((scenario) => simulate(scenario, 1, 20).method))
    expect(methods.size).toBe(6)
    for (const method of [...methods, 'Clustered DeLong', 'Normal approximation'])
      expect(page).toContain(`\n## ${method}\n`)
  })
})

test('the telling scenarios are all there', () => {
  expect(TELLING.map(({ data, metric, of }) => `${data} ${metric} ${of}`)).toHaveLength(15)
})
