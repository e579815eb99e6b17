import type { JointTable, RowGroup, Scored } from '../gate/evidence.ts'
import { classCounts, labelMetric, type Model } from './label-metrics.ts'
import { kindOf } from './vocabulary.ts'

/** The index of the class that a rule means: the one it names, or the positive one; undefined when there is none. */
export const classIndex = (cls: string | undefined, { labels, positive }: Scored): number | undefined => {
  if (cls === undefined) return positive
  const index = labels.indexOf(cls)
  return index < 0 ? undefined : index
}

/** The group's joint table when it has the model's predictions. */
export const tableOf = (group: RowGroup, model: Model): JointTable | undefined =>
  group.joint !== undefined && group.joint[model].length === group.joint.counts.length ? group.joint : undefined

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
  if (kindOf(metric) !== 'labels') return undefined
  const table = tableOf(group, model)
  if (table === undefined) return undefined
  const counts = classCounts(table, model, scored.labels.length)
  return labelMetric(metric, classIndex(cls, scored), counts)?.(counts)
}
