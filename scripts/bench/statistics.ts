import { spawnSync } from 'node:child_process'
import { deltaInterval, type JointTable, multinomial, randomFrom, type Scored } from '@mlops/core'
import { pythonFor } from '@mlops/testing'
import { median, put, spread, table } from './page.ts'
import { approvedAtTheMargin, SCENARIOS, type Scenario, simulate } from './simulated-gates.ts'

const GATES = 2000
/** For a row that seems to be wrong too often: the error of 2,000 gates is larger than what there is to be seen. */
const MORE_GATES = 10_000
/** Fewer than a gate's 10,000: 2,000 gates average out what a replicate more or less changes. */
const REPLICATES = 1000
const PROMISED = 0.05

const percent = (share: number) => `${(100 * share).toFixed(1)} %`

const measured = (scenario: Scenario) => {
  const coverage = simulate(scenario, GATES, REPLICATES)
  return approvedAtTheMargin(scenario, coverage) > PROMISED
    ? { coverage: simulate(scenario, MORE_GATES, REPLICATES), gates: MORE_GATES }
    : { coverage, gates: GATES }
}

const coverageOf = (scenarios: readonly Scenario[]) =>
  table(
    [
      'data',
      'metric',
      'method',
      'gates',
      'lower bound too high',
      'upper bound too low',
      'wrongly approved',
      'mean width',
    ],
    scenarios.map((scenario) => {
      const { metric, class: cls, data } = scenario
      const { coverage, gates } = measured(scenario)
      const row = [
        data,
        cls === undefined ? metric : `${metric} of the rarest`,
        coverage.method,
        gates.toLocaleString('en'),
        percent(coverage.lowerMissed),
        percent(coverage.upperMissed),
        percent(approvedAtTheMargin(scenario, coverage)),
        coverage.width.toFixed(3),
      ]
      console.log(row.join(' | '))
      return row
    }),
  )

/** A joint table in which every cell occurs when there are rows enough: the dearest case. */
const denseTable = (labels: number, rows: number): JointTable => {
  const cells = Array.from({ length: labels ** 3 }, (_, cell) => [
    Math.floor(cell / labels / labels),
    Math.floor(cell / labels) % labels,
    cell % labels,
  ])
  const column = (at: number) => Uint32Array.from(cells, (cell) => cell[at] ?? 0)
  const right = (label = 0, answer = 0) => (label === answer ? 0.8 : 0.2 / (labels - 1))
  const weights = Float64Array.from(cells, ([label, one, other]) => right(label, one) * right(label, other) * 1e6)
  const counts = new Float64Array(cells.length)
  multinomial(weights, rows)(randomFrom(1), counts)
  return { truth: column(0), candidate: column(1), champion: column(2), counts }
}

const scoredOf = (joint: JointTable, labels: number, rows: number): Scored => ({
  source: 'bench',
  task: 'multiclass',
  labels: Array.from({ length: labels }, (_, label) => String(label)),
  paired: true,
  whole: { rows, joint },
  slices: [],
  repeatedIds: 0,
})

// One replicate as one would write it by hand: rows drawn with replacement, both models' confusion counted, macro F1 of each.
const NUMPY = `
import sys, time
import numpy as np
labels, rows = int(sys.argv[1]), int(sys.argv[2])
random = np.random.default_rng(1)
truth, mine, theirs = (random.integers(0, labels, rows) for _ in range(3))
codes = (truth * labels + mine, truth * labels + theirs)
def f1(code, drawn):
    table = np.bincount(code[drawn], minlength=labels * labels).reshape(labels, labels)
    return (2 * table.diagonal() / (table.sum(0) + table.sum(1))).mean()
start = time.perf_counter()
for _ in range(3):
    drawn = random.integers(0, rows, rows)
    f1(codes[0], drawn) - f1(codes[1], drawn)
print((time.perf_counter() - start) / 3)
`

const RUNS = 5
const REPLICATES_OF_A_GATE = 10_000

const speed = () => {
  const python = pythonFor('examples/retail/requirements-dev.txt')
  const rows = [2, 3, 5, 10].flatMap((labels) =>
    [10_000, 1_000_000, 10_000_000].map((size) => {
      const joint = denseTable(labels, size)
      const scored = scoredOf(joint, labels, size)
      const settings = {
        confidence: 0.95,
        replicates: REPLICATES_OF_A_GATE,
        seed: 1,
        minRows: 0,
        minRowsGiven: false,
        minRowsSlice: 0,
      }
      const times = Array.from({ length: RUNS }, () => {
        const from = performance.now()
        deltaInterval('f1_macro', undefined, scored.whole, scored, settings)
        return performance.now() - from
      })
      const { stdout } = spawnSync(python, ['-c', NUMPY, String(labels), String(size)], { encoding: 'utf8' })
      const numpy = Number(stdout) * REPLICATES_OF_A_GATE
      const occurring = joint.counts.reduce((sum, count) => sum + (count > 0 ? 1 : 0), 0)
      return [
        `${labels} classes, ${size.toLocaleString('en')} rows`,
        String(occurring),
        spread(times),
        numpy.toFixed(0),
        `${((1000 * numpy) / median(times)).toFixed(0)} ×`,
      ]
    }),
  )
  put(
    'statistics.md',
    'speed',
    table(
      ['10,000 paired replicates of macro F1', 'cells that occur', 'ms', 'numpy by rows, s (extrapolated)', 'ratio'],
      rows,
    ),
  )
}

/** Measures how often intervals miss the truth, and what a bootstrap costs; takes minutes. */
export const benchStatistics = (): void => {
  const within = (gates: number) => percent(1.96 * Math.sqrt((PROMISED * (1 - PROMISED)) / gates))
  const many = (count: number) => count.toLocaleString('en')
  put(
    'statistics.md',
    'gates',
    `Each row: at least ${many(GATES)} simulated gates whose truth is known, and up to ${many(MORE_GATES)} where the first ones approved more than\n${percent(PROMISED)} wrongly; bounds one-sided at 0.95, bootstraps of ${many(REPLICATES)} replicates. A rate of ${percent(PROMISED)} is measured to ± ${within(GATES)} by\n${many(GATES)} gates, to ± ${within(MORE_GATES / 2)} by ${many(MORE_GATES / 2)} and to ± ${within(MORE_GATES)} by ${many(MORE_GATES)} (95 %).`,
  )
  put('statistics.md', 'differences', coverageOf(SCENARIOS.filter(({ of }) => of === 'difference')))
  put('statistics.md', 'values', coverageOf(SCENARIOS.filter(({ of }) => of === 'value')))
  speed()
}
