import { normalQuantile } from '../statistics/normal.ts'
import { confusionFor } from './confusion.ts'
import type { Evidence, MetricValue } from './evidence.ts'
import type { Gate } from './gate.ts'
import { measuresOf } from './measures.ts'
import { subjectsOf } from './metric-table.ts'

/** Model Monitor's own word for metrics that it computes too; all others keep theirs. */
const MONITOR_NAMES: Readonly<Record<string, string>> = {
  precision_weighted: 'weighted_precision',
  recall_weighted: 'weighted_recall',
  f1_weighted: 'weighted_f1',
}

/** Model Monitor writes numbers that JSON does not know as texts. */
const json = (value: number): number | string => (Number.isFinite(value) ? value : String(value))

const kindFor = ({ task }: Gate, { scored, candidate }: Evidence) => {
  const judged = scored?.task ?? task ?? candidate?.task
  return judged === 'regression' || judged === 'binary' ? judged : 'multiclass'
}

const SECTIONS = {
  regression: 'regression_metrics',
  binary: 'binary_classification_metrics',
  multiclass: 'multiclass_classification_metrics',
} as const

/**
 * The candidate's metrics in the shape of statistics.json of SageMaker Model Monitor's model quality jobs ("Model quality
 * metrics" in the SageMaker developer guide): each with its standard deviation, here the half width of its interval over the
 * normal quantile, and the confusion matrix by true, then predicted class.
 */
export const statisticsDocument = (gate: Gate, evidence: Evidence): string => {
  const measures = measuresOf(gate, evidence)
  const sdOf = (metric: string, { sd }: MetricValue): number => {
    const interval = sd === undefined ? measures.intervalOf({ metric }) : undefined
    if (interval === undefined) return sd ?? Number.NaN
    return (interval.upper - interval.lower) / 2 / normalQuantile(interval.confidence)
  }
  const figures = subjectsOf(gate).flatMap(({ metric, class: cls }) => {
    const figure = cls === undefined ? measures.figureOf({ metric }, 'candidate') : undefined
    if (figure === undefined) return []
    const entry = { value: json(figure.value), standard_deviation: json(sdOf(metric, figure)) }
    return [[MONITOR_NAMES[metric] ?? metric, entry] as const]
  })
  const confusion = confusionFor(evidence, 'candidate')
  const matrix = confusion?.labels.map((truth, row) => [
    truth,
    Object.fromEntries(confusion.labels.map((predicted, column) => [predicted, confusion.counts[row]?.[column] ?? 0])),
  ])
  const document = {
    version: 0,
    dataset: { item_count: evidence.scored?.whole.rows ?? evidence.candidate?.rows },
    [SECTIONS[kindFor(gate, evidence)]]: {
      ...(matrix === undefined ? {} : { confusion_matrix: Object.fromEntries(matrix) as unknown }),
      ...Object.fromEntries(figures),
    },
  }
  return `${JSON.stringify(document, undefined, 2)}\n`
}
