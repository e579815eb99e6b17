import type { ProbabilitySums } from '../gate/evidence.ts'
import { type BucketMetric, sums } from './bucket-metric.ts'
import type { Model } from './label-metrics.ts'

/**
 * A metric of probabilities: scikit-learn's log_loss and brier_score_loss.
 *
 * @param metric canonical name
 * @returns undefined for a name that is not such a metric, or when the model's losses are not there
 */
export const probabilityMetric = (
  metric: string,
  probabilities: ProbabilitySums,
  model: Model,
): BucketMetric | undefined => {
  const losses = probabilities[model]
  const values = metric === 'log_loss' ? losses?.logLoss : metric === 'brier' ? losses?.brier : undefined
  if (values === undefined) return undefined
  const [loss, rows] = [sums(values), sums(probabilities.rows)]
  return (leftOut) => loss(leftOut) / rows(leftOut)
}
