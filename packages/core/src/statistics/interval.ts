import type { JointTable, RowGroup, Scored } from '../gate/evidence.ts'
import type { StatisticsSettings } from '../gate/gate.ts'
import type { Interval, IntervalMethod } from '../gate/judgement.ts'
import { type BucketMetric, sum } from '../metrics/bucket-metric.ts'
import { classCounts, isOfClass, labelMetric, type LabelMetric, type Model } from '../metrics/label-metrics.ts'
import { bucketMetric, classIndex, scoreGroup, tableOf } from '../metrics/metric-of.ts'
import { type Ranking, rankings } from '../metrics/rank-metrics.ts'
import { canonicalMetric, kindOf } from '../metrics/vocabulary.ts'
import { basicBounds, bootstrap, percentileBounds, type Statistic } from './bootstrap.ts'
import { project } from './cells.ts'
import { delong } from './delong.ts'
import { discordance } from './discordance.ts'
import { jackknife } from './jackknife.ts'
import { newcombe } from './newcombe.ts'
import { normalQuantile } from './normal.ts'
import { studentQuantile } from './student.ts'
import { type Bounds, wilson } from './wilson.ts'

/** A value with its interval. */
export interface Estimate {
  readonly value: number
  readonly interval: Interval
}

/** What one row is worth: `champion` is undefined when there is no champion. */
export type CellWeight = (truth: number, candidate: number, champion: number | undefined) => number

/** What is asked for: one model's metric, or the difference of two. */
interface Question {
  /** Canonical. */
  readonly metric: string
  readonly label: number | undefined
  /** One model, or the candidate and the champion. */
  readonly models: readonly Model[]
  readonly group: RowGroup
  readonly labels: number
  readonly settings: StatisticsSettings
}

const named = (method: IntervalMethod, confidence: number, bounds: Bounds | undefined): Interval | undefined =>
  bounds !== undefined && Number.isFinite(bounds.lower) && Number.isFinite(bounds.upper)
    ? { lower: bounds.lower, upper: bounds.upper, confidence, method }
    : undefined

/** What a metric of labels, or the difference of two, can be at most and at least. */
const within = ({ metric, models }: Question, { lower, upper }: Bounds): Bounds => {
  const floor = metric === 'mcc' || metric === 'kappa' ? -1 : 0
  const [least, most] = models.length === 1 ? [floor, 1] : [floor - 1, 1 - floor]
  return { lower: Math.max(least, lower), upper: Math.min(most, upper) }
}

/** Weighted by support, recall is the share of rows that are right; so is every micro average. */
const ACCURACIES: ReadonlySet<string> = new Set([
  'accuracy',
  'precision_micro',
  'recall_micro',
  'f1_micro',
  'recall_weighted',
])

/** Rows of which a metric is the share of right ones: hits and all; undefined for a metric that is no share. */
const shareOf = ({ metric, label, models, labels }: Question, table: JointTable) => {
  const [model = 'candidate'] = models
  const { truth, predicted, correct } = classCounts({ truth: table.truth, answers: table[model] }, labels, table.counts)
  if (ACCURACIES.has(metric)) return { hits: sum(correct), of: sum(truth) }
  if (label === undefined || (metric !== 'recall' && metric !== 'precision')) return undefined
  return { hits: correct[label] ?? 0, of: (metric === 'recall' ? truth : predicted)[label] ?? 0 }
}

const byBootstrap = (question: Question, table: JointTable): Interval | undefined => {
  const { metric, label, models, group, labels, settings } = question
  const projection = project(table, models)
  const { truth, answers, counts } = projection.cells
  const metrics = answers.map((column) =>
    labelMetric(metric, label, classCounts({ truth, answers: column }, labels, counts)),
  )
  if (!metrics.every((one): one is LabelMetric => one !== undefined)) return undefined
  const statistic: Statistic = (cells, drawn) => {
    const [candidate = NaN, champion = 0] = metrics.map((of, model) =>
      of(classCounts({ truth: cells.truth, answers: cells.answers[model] ?? cells.truth }, labels, drawn)),
    )
    return candidate - champion
  }
  const replicates = bootstrap(projection, group.clusters, statistic, settings)
  const bounds = (models.length === 1 ? percentileBounds : basicBounds)(replicates, settings.confidence)
  return named(
    group.clusters === undefined ? 'Smoothed bootstrap' : 'Cluster bootstrap',
    settings.confidence,
    within(question, bounds),
  )
}

const ofLabels = (question: Question): Interval | undefined => {
  const { metric, models, group, settings } = question
  const [model = 'candidate'] = models.toReversed()
  const table = tableOf(group, model)
  if (table === undefined || table.counts.length === 0) return undefined
  const z = normalQuantile(settings.confidence)
  if (group.clusters === undefined && models.length === 1) {
    const share = shareOf(question, table)
    if (share !== undefined)
      return share.of === 0 ? undefined : named('Wilson score', settings.confidence, wilson(share.hits, share.of, z))
  }
  if (group.clusters === undefined && ACCURACIES.has(metric))
    return named('Newcombe paired score', settings.confidence, newcombe(discordance(table), z))
  return byBootstrap(question, table)
}

const isPresent = <T>(value: T | undefined): value is T => value !== undefined

const ofBuckets = ({ metric, models, group, settings }: Question): Interval | undefined => {
  const metrics = models.map((model) => bucketMetric(metric, model, group)).filter(isPresent)
  const [one, other] = metrics
  if (one === undefined || metrics.length < models.length) return undefined
  const difference: BucketMetric = (leftOut) => one(leftOut) - (other === undefined ? 0 : other(leftOut))
  const { scores, numeric, probabilities } = group
  const buckets =
    metric === 'average_precision' && scores !== undefined
      ? [...new Set(Array.from(scores.truth, (_, row) => scoreGroup(scores, row)))]
      : [...((kindOf(metric) === 'numeric' ? numeric : probabilities)?.rows ?? [])].flatMap((rows, bucket) =>
          rows > 0 ? [bucket] : [],
        )
  return named('Grouped jackknife', settings.confidence, jackknife(difference, buckets, settings.confidence))
}

const ofRanks = (question: Question): Interval | undefined => {
  const { models, group, settings } = question
  const { scores, clusters } = group
  if (scores === undefined) return undefined
  const ranked = models.map((model) => rankings(scores, model)).filter(isPresent)
  const [candidate, champion = []]: (readonly Ranking[])[] = ranked
  if (candidate === undefined || ranked.length < models.length) return undefined
  const { value, variance } = delong(candidate, champion, scores.truth.length, clusters && scores.bucket)
  const freedom = new Set(scores.bucket).size - 1
  const quantile =
    clusters === undefined ? normalQuantile(settings.confidence) : studentQuantile(settings.confidence, freedom)
  const reach = quantile * Math.sqrt(variance)
  return named(
    clusters === undefined ? 'DeLong' : 'Clustered DeLong',
    settings.confidence,
    within(question, { lower: value - reach, upper: value + reach }),
  )
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
  if (kind === 'labels') return ofLabels(question)
  return name === 'auc' ? ofRanks(question) : ofBuckets(question)
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

/**
 * The mean over the rows of what each is worth, a linear function of the joint table, with its interval.
 *
 * @returns undefined when the group has no joint table
 */
export const meanInterval = (
  weight: CellWeight,
  group: RowGroup,
  settings: StatisticsSettings,
): Estimate | undefined => {
  const model = tableOf(group, 'champion') === undefined ? 'candidate' : 'champion'
  const table = tableOf(group, model)
  if (table === undefined || table.counts.length === 0) return undefined
  const projection = project(table, model === 'champion' ? ['candidate', 'champion'] : ['candidate'])
  const statistic: Statistic = ({ truth, answers: [candidate, champion] }, counts) => {
    let [worth, rows] = [0, 0]
    for (let cell = 0; cell < counts.length; cell += 1) {
      const count = counts[cell] ?? 0
      worth += count * weight(truth[cell] ?? 0, candidate?.[cell] ?? 0, champion?.[cell])
      rows += count
    }
    return worth / rows
  }
  const replicates = bootstrap(projection, group.clusters, statistic, settings)
  const method = group.clusters === undefined ? 'Smoothed bootstrap' : 'Cluster bootstrap'
  const interval = named(method, settings.confidence, basicBounds(replicates, settings.confidence))
  return interval && { value: replicates.value, interval }
}
