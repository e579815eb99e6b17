import type { RowGroup, Scored } from '../gate/evidence.ts'
import type { StatisticsSettings } from '../gate/gate.ts'
import type { Interval } from '../gate/judgement.ts'
import { isOfClass, type Model } from '../metrics/label-metrics.ts'
import { bucketMetric, classIndex } from '../metrics/metric-of.ts'
import { scoreGroups } from '../metrics/rank-metrics.ts'
import { canonicalMetric, kindOf, type MetricKind } from '../metrics/vocabulary.ts'
import { difference, jackknife, jackknifeDifference, leaveOut, LOG, LOG_OF_REST, LOGIT } from './jackknife.ts'
import { labelInterval } from './label-interval.ts'
import { named, type Question } from './question.ts'
import { aucInterval } from './rank-interval.ts'
import type { Bounds } from './wilson.ts'

export { type CellWeight, type Estimate, meanInterval } from './label-interval.ts'

/** Buckets that hold rows. */
const bucketsOf = ({ scores, numeric, probabilities }: RowGroup, kind: MetricKind): readonly number[] => {
  if (kind === 'rank') return scores === undefined ? [] : scoreGroups(scores)
  const rows = (kind === 'numeric' ? numeric : probabilities)?.rows ?? new Float64Array()
  return [...rows.keys()].filter((bucket) => (rows[bucket] ?? 0) > 0)
}

/** Of metrics that end at 1: the scales of one model's figure, and of each figure of two. */
const ENDING = new Map([
  ['average_precision', { one: [LOG, LOG_OF_REST], two: LOGIT }],
  ['r2', { one: [LOG_OF_REST], two: LOG_OF_REST }],
])

const bucketInterval = ({ metric, models, group, settings }: Question, kind: MetricKind): Interval | undefined => {
  const buckets = bucketsOf(group, kind)
  const [candidate, champion] = models.map((model) => {
    const of = bucketMetric(metric, model, group)
    return of && leaveOut(of, buckets)
  })
  if (candidate === undefined || (champion === undefined && models.length > 1)) return undefined
  const bounds = (): Bounds | undefined => {
    const ending = ENDING.get(metric)
    if (champion === undefined) return jackknife(candidate, settings.confidence, ending?.one ?? [LOG])
    if (ending !== undefined) return jackknifeDifference(candidate, champion, settings.confidence, ending.two)
    return jackknife(difference(candidate, champion), settings.confidence)
  }
  return named('Grouped jackknife', settings, bounds())
}

/** What a metric can be at least and at most. */
const limitsOf = (metric: string, kind: MetricKind): readonly [number, number] => {
  if (metric === 'r2') return [-Infinity, 1]
  if (kind === 'numeric' || kind === 'probability') return [0, Infinity]
  return [metric === 'mcc' || metric === 'kappa' ? -1 : 0, 1]
}

const intervalOf = (
  metric: string,
  cls: string | undefined,
  models: readonly Model[],
  group: RowGroup,
  scored: Scored,
  settings: StatisticsSettings,
): Interval | undefined => {
  const name = canonicalMetric(metric)
  const kind = kindOf(name)
  if (kind === undefined || (cls !== undefined && !isOfClass(name))) return undefined
  const question = {
    metric: name,
    label: classIndex(cls, scored),
    models,
    group,
    labels: scored.labels.length,
    settings,
  }
  const by = kind === 'labels' ? labelInterval : name === 'auc' ? aucInterval : bucketInterval
  const interval = by(question, kind)
  const [least, most] = limitsOf(name, kind)
  const [from, to] = models.length === 1 ? [least, most] : [least - most, most - least]
  return interval && { ...interval, lower: Math.max(from, interval.lower), upper: Math.min(to, interval.upper) }
}

/**
 * The interval of candidate − champion (raw sign) of a metric, by the method that docs/statistics.md names for it.
 *
 * @returns undefined when the group does not hold both models' predictions, or too little of them for an interval
 */
export const deltaInterval = (
  metric: string,
  cls: string | undefined,
  group: RowGroup,
  scored: Scored,
  settings: StatisticsSettings,
): Interval | undefined => intervalOf(metric, cls, ['candidate', 'champion'], group, scored, settings)

/** The interval of one model's metric; undefined as for `deltaInterval`. */
export const valueInterval = (
  metric: string,
  cls: string | undefined,
  model: Model,
  group: RowGroup,
  scored: Scored,
  settings: StatisticsSettings,
): Interval | undefined => intervalOf(metric, cls, [model], group, scored, settings)
