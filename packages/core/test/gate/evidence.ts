import type {
  Condition,
  Evidence,
  Gate,
  Judgement,
  MetricFile,
  Rule,
  Scored,
  SliceGroup,
  StatisticsSettings,
} from '../../src/index.ts'
import { judge } from '../../src/index.ts'

export const rule = (metric: string, condition: Condition, more: Partial<Rule> = {}): Rule => ({
  metric,
  condition,
  slices: [],
  required: false,
  severity: 'error',
  ifMissing: 'fail',
  at: { line: 1, column: 3 },
  ...more,
})

export const atLeast = (min: number, bound: 'point' | 'lower-ci' = 'point'): Condition => ({
  kind: 'absolute',
  min,
  bound,
})
export const atMost = (max: number, bound: 'point' | 'upper-ci' = 'point'): Condition => ({
  kind: 'absolute',
  max,
  bound,
})

type Comparison = Condition & { readonly kind: 'comparison' }
export const superior: Comparison = { kind: 'comparison', versus: 'champion', test: 'superior' }
export const notWorse = (value: number, kind: 'abs' | 'rel' = 'abs'): Comparison => ({
  kind: 'comparison',
  versus: 'champion',
  test: 'non-inferior',
  margin: { kind, value },
})
export const againstBaseline = (condition: Comparison): Comparison => ({ ...condition, versus: 'baseline' })

interface Settings {
  readonly statistics?: Partial<StatisticsSettings>
  readonly decision?: Partial<Gate['decision']>
  readonly impact?: Gate['impact']
}

/** A gate with the defaults of the gate file, and few replicates: no rule of these tests is decided by one. */
export const gateOf = (rules: readonly Rule[], { statistics, decision, impact }: Settings = {}): Gate => ({
  data: { label: 'y_true', prediction: 'y_candidate', champion: 'y_champion' },
  statistics: {
    confidence: 0.95,
    replicates: 20,
    seed: 1,
    minRows: 200,
    minRowsGiven: false,
    minRowsSlice: 200,
    ...statistics,
  },
  rules,
  ...(impact === undefined ? {} : { impact }),
  decision: { noChampion: 'absolute-only', onInconclusive: 'pending', sameModel: 'reject', ...decision },
  candidate: {},
  champion: {},
})

export type Cell = readonly [truth: string, candidate: string, champion: string | undefined, count: number]

const groupOf = (cells: readonly Cell[], labels: readonly string[]) => {
  const codes = (values: readonly (string | undefined)[]) =>
    Uint32Array.from(values.filter((value) => value !== undefined).map((value) => labels.indexOf(value)))
  return {
    rows: cells.reduce((sum, [, , , count]) => sum + count, 0),
    joint: {
      truth: codes(cells.map(([truth]) => truth)),
      candidate: codes(cells.map(([, candidate]) => candidate)),
      champion: codes(cells.map(([, , champion]) => champion)),
      counts: Float64Array.from(cells.map(([, , , count]) => count)),
    },
  }
}

/** Predictions of labels, by how often each combination occurs; paired when the first cell has a champion. */
export const scoredOf = (
  cells: readonly Cell[],
  slices: readonly (Pick<SliceGroup, 'slice' | 'name'> & { readonly cells: readonly Cell[] })[] = [],
): Scored => {
  const labels = [
    ...new Set(cells.flatMap(([truth, candidate, champion]) => [truth, candidate, champion ?? truth])),
  ].toSorted()
  return {
    source: 'predictions.parquet',
    task: labels.length > 2 ? 'multiclass' : 'binary',
    labels,
    ...(labels.join('') === 'noyes' ? { positive: 1 } : {}),
    paired: cells[0]?.[2] !== undefined,
    whole: groupOf(cells, labels),
    slices: slices.map(({ slice, name, cells: part }) => ({ slice, name, ...groupOf(part, labels) })),
    repeatedIds: 0,
  }
}

/** Two models' answers, by which of them is right. */
export const hits = (both: number, candidateOnly: number, championOnly: number, neither: number): readonly Cell[] => [
  ['yes', 'yes', 'yes', both],
  ['yes', 'yes', 'no', candidateOnly],
  ['no', 'yes', 'no', championOnly],
  ['no', 'yes', 'yes', neither],
]

/** The same for two classes of the same size, each count twice. */
export const balanced = (both: number, candidateOnly: number, championOnly: number, neither: number): readonly Cell[] =>
  [
    ['yes', 'no'],
    ['no', 'yes'],
  ].flatMap(([truth = '', other = '']): readonly Cell[] => [
    [truth, truth, truth, both],
    [truth, truth, other, candidateOnly],
    [truth, other, truth, championOnly],
    [truth, other, other, neither],
  ])

/** One model's answers. */
export const alone = (right: number, wrong: number): readonly Cell[] => [
  ['yes', 'yes', undefined, right],
  ['no', 'yes', undefined, wrong],
]

export const fileOf = (
  metrics: Readonly<Record<string, number | readonly [value: number, sd: number]>>,
  more: Partial<MetricFile> = {},
): MetricFile => ({
  source: 'metrics.json',
  format: 'flat',
  metrics: Object.fromEntries(
    Object.entries(metrics).map(([name, figure]) => [
      name,
      typeof figure === 'number' ? { value: figure } : { value: figure[0], sd: figure[1] },
    ]),
  ),
  perClass: {},
  ...more,
})

export const paired = (cells: readonly Cell[]): Evidence => ({
  championState: { kind: 'present' },
  scored: scoredOf(cells),
})

/** Two files of metrics, of candidate and champion. */
export const files = (
  candidate: Parameters<typeof fileOf>[0],
  champion: Parameters<typeof fileOf>[0],
  rows?: number,
): Evidence => ({
  championState: { kind: 'present' },
  candidate: fileOf(candidate, rows === undefined ? {} : { rows }),
  champion: fileOf(champion),
})

export const judgementOf = (gate: Gate, evidence: Evidence): Judgement => {
  const judging = judge(gate, evidence)
  if (judging.kind === 'faults') throw new Error(judging.faults.map(({ code, what }) => `${code}: ${what}`).join('\n'))
  return judging.judgement
}

export const codesOf = (gate: Gate, evidence: Evidence): readonly string[] => {
  const judging = judge(gate, evidence)
  return judging.kind === 'faults' ? judging.faults.map(({ code }) => code) : []
}

/** 1,000 rows of a regression in buckets, by both models' mean squared error in each. */
export const regression = (candidate: number, champion: number, count = 50): Evidence => {
  const buckets = Array.from({ length: count }, (_, index) => index)
  const rows = 1000 / count
  const of = (mean: number) => Float64Array.from(buckets, (bucket) => rows * mean * (1 + 0.1 * Math.sin(bucket)))
  const errors = (mean: number) => ({ squared: of(mean), absolute: of(Math.sqrt(mean)), percentage: of(mean) })
  return {
    championState: { kind: 'present' },
    scored: {
      source: 'predictions.parquet',
      task: 'regression',
      labels: [],
      paired: true,
      slices: [],
      repeatedIds: 0,
      whole: {
        rows: 1000,
        numeric: {
          rows: Float64Array.from(buckets, () => rows),
          truthMean: Float64Array.from(buckets, (bucket) => bucket),
          truthDeviation: Float64Array.from(buckets, () => rows),
          candidate: errors(candidate),
          champion: errors(champion),
        },
      },
    },
  }
}
