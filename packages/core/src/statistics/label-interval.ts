import type { JointTable, RowGroup } from '../gate/evidence.ts'
import type { StatisticsSettings } from '../gate/gate.ts'
import type { Interval } from '../gate/judgement.ts'
import { sum } from '../metrics/bucket-metric.ts'
import { classCounts, isOfClass, labelMetric } from '../metrics/label-metrics.ts'
import { tableOf } from '../metrics/metric-of.ts'
import { bootstrap, differenceBounds, percentileBounds, type Replicates, type Statistic } from './bootstrap.ts'
import { project, type Projection } from './cells.ts'
import { discordance } from './discordance.ts'
import { newcombe } from './newcombe.ts'
import { normalQuantile } from './normal.ts'
import { named, type Question } from './question.ts'
import { type Bounds, wilson } from './wilson.ts'

/** A value with its interval. */
export interface Estimate {
  readonly value: number
  readonly interval: Interval
}

/** What one row is worth: `champion` is undefined when there is no champion. */
export type CellWeight = (truth: number, candidate: number, champion: number | undefined) => number

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

/** A figure with the bounds that its replicates give. */
const replicated = (
  projection: Projection,
  group: RowGroup,
  statistic: Statistic,
  settings: StatisticsSettings,
  boundsOf: (replicates: Replicates, confidence: number) => Bounds,
): Estimate | undefined => {
  const replicates = bootstrap(projection, group.clusters, statistic, settings)
  const method = group.clusters === undefined ? 'Smoothed bootstrap' : 'Cluster bootstrap'
  const interval = replicates && named(method, settings, boundsOf(replicates, settings.confidence))
  return interval && { value: replicates.value, interval }
}

/** A table that tells only whether truth and answers are one class: 1, or another: 0. */
const againstRest = ({ truth, candidate, champion, counts }: JointTable, label: number): JointTable => {
  const isLabel = (column: Uint32Array) => column.map((value) => (value === label ? 1 : 0))
  return { truth: isLabel(truth), candidate: isLabel(candidate), champion: isLabel(champion), counts }
}

/** A metric of one class knows no other classes, so that at most 8 cells have to be drawn for it. */
const simplified = ({ metric, label, labels }: Question, table: JointTable) =>
  label !== undefined && isOfClass(metric)
    ? { table: againstRest(table, label), label: 1, labels: 2 }
    : { table, label, labels }

const byBootstrap = (question: Question, whole: JointTable): Interval | undefined => {
  const { metric, models, group, settings } = question
  const { table, label, labels } = simplified(question, whole)
  const projection = project(table, models)
  const { truth, answers, counts } = projection.cells
  const metrics = answers
    .map((column) => labelMetric(metric, label, classCounts({ truth, answers: column }, labels, counts)))
    .filter((one) => one !== undefined)
  if (metrics.length < models.length) return undefined
  const statistic: Statistic = (cells, drawn) => {
    const [candidate = NaN, champion = 0] = metrics.map((of, model) =>
      of(classCounts({ truth: cells.truth, answers: cells.answers[model] ?? cells.truth }, labels, drawn)),
    )
    return candidate - champion
  }
  const boundsOf = models.length === 1 ? percentileBounds : differenceBounds
  return replicated(projection, group, statistic, settings, boundsOf)?.interval
}

/** The interval of a metric of labels: a closed one where there is one and rows are independent, else a bootstrap's. */
export const labelInterval = (question: Question): Interval | undefined => {
  const { metric, models, group, settings } = question
  const table = tableOf(group, models.at(-1) ?? 'candidate')
  if (table === undefined || table.counts.length === 0) return undefined
  if (group.clusters !== undefined) return byBootstrap(question, table)
  const z = normalQuantile(settings.confidence)
  const share = models.length === 1 ? shareOf(question, table) : undefined
  if (share !== undefined)
    return share.of === 0 ? undefined : named('Wilson score', settings, wilson(share.hits, share.of, z))
  if (ACCURACIES.has(metric)) return named('Newcombe paired score', settings, newcombe(discordance(table), z))
  return byBootstrap(question, table)
}

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
  const isPaired = tableOf(group, 'champion') !== undefined
  const table = tableOf(group, 'candidate')
  if (table === undefined || table.counts.length === 0) return undefined
  const projection = project(table, isPaired ? ['candidate', 'champion'] : ['candidate'])
  const statistic: Statistic = ({ truth, answers: [candidate, champion] }, counts) => {
    let worth = 0
    for (let cell = 0; cell < counts.length; cell += 1)
      worth += (counts[cell] ?? 0) * weight(truth[cell] ?? 0, candidate?.[cell] ?? 0, champion?.[cell])
    return worth / sum(counts)
  }
  return replicated(projection, group, statistic, settings, differenceBounds)
}
