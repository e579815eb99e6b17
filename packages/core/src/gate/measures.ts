import type { Model } from '../metrics/label-metrics.ts'
import { metricOf } from '../metrics/metric-of.ts'
import { canonicalMetric } from '../metrics/vocabulary.ts'
import { deltaInterval, valueInterval } from '../statistics/interval.ts'
import { normalQuantile } from '../statistics/normal.ts'
import type { Evidence, JointTable, MetricFile, MetricValue, RowGroup, Scored } from './evidence.ts'
import type { Gate, StatisticsSettings } from './gate.ts'
import type { Interval } from './judgement.ts'

/** What a figure is of. */
export interface Subject {
  readonly metric: string
  readonly class?: string
}

export type Side = 'candidate' | 'champion' | 'baseline'

export interface Figure extends MetricValue {
  readonly from: 'rows' | 'file'
}

/** Looks figures up in the evidence. A `group` is a part of the predictions; without it the whole data is meant. */
export interface Measures {
  readonly figureOf: (subject: Subject, side: Side, group?: RowGroup) => Figure | undefined
  /** Both models' figures from the same rows, with the interval of their difference. */
  readonly pairOf: (subject: Subject, group?: RowGroup) => Pair | undefined
  /** The interval of the candidate's own figure; undefined when neither rows nor a standard error are known. */
  readonly intervalOf: (subject: Subject, group?: RowGroup) => Interval | undefined
  readonly jointOf: (group?: RowGroup) => JointTable | undefined
}

interface Pair {
  readonly candidate: Figure
  readonly champion: Figure
  /** Absent when the rows are too few or too much alike for one. */
  readonly interval?: Interval
}

/** The interval of an estimate whose standard error is known. */
export const normalInterval = (value: number, sd: number, confidence: number): Interval => {
  const half = normalQuantile(confidence) * sd
  return { lower: value - half, upper: value + half, confidence, method: 'Normal approximation' }
}

export const subjectName = ({ metric, class: cls }: Subject): string =>
  cls === undefined ? metric : `${metric} of ${cls}`

/** Values of a file whose name is the metric's, or whose last part is: `models.xgboost.accuracy`. */
export const namedInFile = (file: MetricFile, metric: string): readonly MetricValue[] => {
  const entries = Object.entries(file.metrics).map(([name, value]) => ({ name: canonicalMetric(name), value }))
  const exact = entries.filter(({ name }) => name === metric)
  const found =
    exact.length > 0 ? exact : entries.filter(({ name }) => canonicalMetric(name.split('.').at(-1) ?? '') === metric)
  return found.map(({ value }) => value)
}

const inFile = (file: MetricFile, { metric, class: cls }: Subject): MetricValue | undefined => {
  if (cls !== undefined)
    return Object.entries(file.perClass[cls] ?? {}).find(([name]) => canonicalMetric(name) === metric)?.[1]
  const [only, second] = namedInFile(file, metric)
  return second === undefined ? only : undefined
}

/** Each answer is computed once: ranks of all rows and bootstraps are the dearest part of a judgement. */
const remembering = <T>(compute: (subject: Subject, side: Model, group: RowGroup) => T) => {
  const known = new Map<RowGroup, Map<string, { readonly value: T }>>()
  return (subject: Subject, side: Model, group: RowGroup): T => {
    const ofGroup = known.get(group) ?? new Map<string, { readonly value: T }>()
    const key = `${side}: ${subjectName(subject)}`
    const answer = ofGroup.get(key) ?? { value: compute(subject, side, group) }
    known.set(group, ofGroup.set(key, answer))
    return answer.value
  }
}

/** What the predictions say; without any, nothing. */
const rowMeasures = (scored: Scored | undefined, settings: StatisticsSettings) => {
  const asked = <T>(ask: (known: Scored, subject: Subject, side: Model, group: RowGroup) => T) =>
    remembering((subject, side, group) => (scored === undefined ? undefined : ask(scored, subject, side, group)))
  return {
    valueOf: asked((known, { metric, class: cls }, side, group) => metricOf(metric, cls, side, group, known)),
    boundsOf: asked((known, { metric, class: cls }, side, group) =>
      valueInterval(metric, cls, side, group, known, settings),
    ),
    deltaBoundsOf: asked((known, { metric, class: cls }, _side, group) =>
      deltaInterval(metric, cls, group, known, settings),
    ),
  }
}

/** Predictions beat files of metrics where both know a figure. */
export const measuresOf = ({ statistics }: Gate, evidence: Evidence): Measures => {
  const { scored } = evidence
  const { valueOf, boundsOf, deltaBoundsOf } = rowMeasures(scored, statistics)

  const figureOf: Measures['figureOf'] = (subject, side, group) => {
    const rows = group ?? scored?.whole
    const value = rows === undefined || side === 'baseline' ? undefined : valueOf(subject, side, rows)
    if (value !== undefined) return { value, from: 'rows' }
    const file = group === undefined ? evidence[side] : undefined
    const found = file === undefined ? undefined : inFile(file, subject)
    return found === undefined ? undefined : { ...found, from: 'file' }
  }
  const pairOf: Measures['pairOf'] = (subject, group = scored?.whole) => {
    if (group === undefined || scored?.paired !== true) return undefined
    const [candidate, champion] = [valueOf(subject, 'candidate', group), valueOf(subject, 'champion', group)]
    if (candidate === undefined || champion === undefined) return undefined
    const interval = deltaBoundsOf(subject, 'candidate', group)
    return {
      candidate: { value: candidate, from: 'rows' },
      champion: { value: champion, from: 'rows' },
      ...(interval === undefined ? {} : { interval }),
    }
  }
  const intervalOf: Measures['intervalOf'] = (subject, group) => {
    const figure = figureOf(subject, 'candidate', group)
    const rows = group ?? scored?.whole
    if (figure?.from === 'rows' && rows !== undefined) return boundsOf(subject, 'candidate', rows)
    return figure?.sd === undefined ? undefined : normalInterval(figure.value, figure.sd, statistics.confidence)
  }
  return { figureOf, pairOf, intervalOf, jointOf: (group = scored?.whole) => group?.joint }
}
