import type { JointTable, RowGroup, Scored } from '../gate/evidence.ts'
import type { BucketMetric } from './bucket-metric.ts'
import { classCounts, isOfClass, labelMetric, type Model } from './label-metrics.ts'
import { numericMetric } from './numeric-metrics.ts'
import { probabilityMetric } from './probability-metrics.ts'
import { auc, averagePrecision, rankings } from './rank-metrics.ts'
import { canonicalMetric, kindOf } from './vocabulary.ts'

/** The index of the class that a rule means: the one it names, or the positive one; undefined when there is none. */
export const classIndex = (cls: string | undefined, { labels, positive }: Scored): number | undefined => {
  if (cls === undefined) return positive
  const index = labels.indexOf(cls)
  return index < 0 ? undefined : index
}

/** The group's joint table when it has the model's predictions. */
export const tableOf = (group: RowGroup, model: Model): JointTable | undefined =>
  group.joint !== undefined && group.joint[model].length === group.joint.counts.length ? group.joint : undefined

/** A metric of errors, of probabilities or average precision, as a function of the buckets. */
export const bucketMetric = (metric: string, model: Model, group: RowGroup): BucketMetric | undefined => {
  const { numeric, probabilities, scores } = group
  if (metric === 'average_precision') return scores && averagePrecision(scores, model)
  return (
    (numeric && numericMetric(metric, numeric, model)) ??
    (probabilities && probabilityMetric(metric, probabilities, model))
  )
}

/**
 * A metric of one model on a group of rows.
 *
 * @param metric name of the vocabulary, in any spelling
 * @param cls the class that precision, recall or f1 are of; absent: the positive class of a binary task
 * @returns NaN where scikit-learn says so; undefined when the group does not hold what the metric needs
 */
export const metricOf = (
  metric: string,
  cls: string | undefined,
  model: Model,
  group: RowGroup,
  scored: Scored,
): number | undefined => {
  const name = canonicalMetric(metric)
  if (cls !== undefined && !isOfClass(name)) return undefined
  if (kindOf(name) === 'labels') {
    const table = tableOf(group, model)
    if (table === undefined) return undefined
    const counts = classCounts({ truth: table.truth, answers: table[model] }, scored.labels.length, table.counts)
    return labelMetric(name, classIndex(cls, scored), counts)?.(counts)
  }
  if (name !== 'auc') return bucketMetric(name, model, group)?.()
  const ranked = group.scores && rankings(group.scores, model)
  return ranked && auc(ranked)
}
