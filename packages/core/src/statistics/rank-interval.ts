import type { Interval } from '../gate/judgement.ts'
import { type Ranking, rankings } from '../metrics/rank-metrics.ts'
import { delong, type Moments } from './delong.ts'
import { named, type Question } from './question.ts'
import { studentQuantile } from './student.ts'
import type { Bounds } from './wilson.ts'

/** Bounds on the logit scale, which keep within 0 and 1 and lean as an AUC near 1 does (Pepe 2003, section 5.2.4). */
const onLogits = ({ value, variance }: Moments, quantile: number): Bounds => {
  const logit = Math.log(value / (1 - value))
  const reach = (quantile * Math.sqrt(variance)) / (value * (1 - value))
  return { lower: 1 / (1 + Math.exp(reach - logit)), upper: 1 / (1 + Math.exp(-reach - logit)) }
}

const around = ({ value, variance }: Moments, quantile: number): Bounds => {
  const reach = quantile * Math.sqrt(variance)
  return { lower: value - reach, upper: value + reach }
}

/** The interval of an AUC, by rows or, with clusters, by the buckets that keep them together. */
export const aucInterval = ({ models, group, settings }: Question): Interval | undefined => {
  const { scores, clusters } = group
  if (scores === undefined) return undefined
  const ranked = models.map((model) => rankings(scores, model)).filter((one) => one !== undefined)
  const [candidate, champion = []]: (readonly Ranking[])[] = ranked
  if (candidate === undefined || ranked.length < models.length) return undefined
  // No more is known of a variance than the scarcer of positive and negative rows can tell.
  const independent =
    clusters === undefined
      ? Math.min(...candidate.flatMap(({ positives, negatives }) => [positives, negatives]))
      : new Set(scores.bucket).size
  if (independent < 2) return undefined
  const moments = delong(candidate, champion, scores.truth.length, clusters && scores.bucket)
  const boundsOf = models.length === 1 ? onLogits : around
  const bounds = boundsOf(moments, studentQuantile(settings.confidence, independent - 1))
  return named(clusters === undefined ? 'DeLong' : 'Clustered DeLong', settings, bounds)
}
