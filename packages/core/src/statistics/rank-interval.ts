import type { Interval } from '../gate/judgement.ts'
import { areaOf, auc, type Ranking, rankings } from '../metrics/rank-metrics.ts'
import { delong } from './delong.ts'
import { named, type Question } from './question.ts'
import { type Estimated, squareAndAdd } from './square-and-add.ts'
import { studentQuantile } from './student.ts'

/** Rows that the modelled variance counts for beside those of the scarcer kind. */
const MODELLED_ROWS = 20

/** Enough halvings of an interval within 0 and 1 to get to the last digit of a double. */
const HALVINGS = 60

/** Variance of an AUC by its value and the rows alone (Newcombe, Statistics in Medicine 25 (2006) 559-573, method 5). */
const modelledVariance = (area: number, { positives, negatives }: Ranking): number => {
  const more = (positives + negatives) / 2 - 1
  const pairs = positives * negatives
  return (area * (1 - area) * (1 + more * ((1 - area) / (2 - area) + area / (1 + area)))) / pairs
}

/** Where a condition that holds at `inside` ceases to hold on the way to `outside`. */
const edge = (inside: number, outside: number, holds: (value: number) => boolean): number => {
  let [within, beyond] = [inside, outside]
  for (let halving = 0; halving < HALVINGS; halving += 1) {
    const middle = (within + beyond) / 2
    if (holds(middle)) within = middle
    else beyond = middle
  }
  return within
}

const scarcest = ({ positives, negatives }: Ranking): number => Math.min(positives, negatives)

/**
 * One AUC with its score bounds: the areas from which the one observed is less than t standard errors away, those errors
 * being what they would be at that area. How they change with the area is Newcombe's; how large they are is DeLong's
 * variance, raised towards Newcombe's where that is larger and rows are few: few rows that are well ranked have hardly any
 * variance of their own.
 *
 * @param variance DeLong's
 * @param independent rows of the scarcer kind, or clusters if they are fewer
 */
const scored = (ranked: Ranking, variance: number, independent: number, confidence: number): Estimated => {
  const value = areaOf(ranked)
  const modelled = modelledVariance(value, ranked)
  // Where no pair is out of order, there is no variance to go by but the modelled one.
  const ratio = variance === 0 ? 1 : variance / modelled
  const size = (independent * ratio + MODELLED_ROWS * Math.max(1, ratio)) / (independent + MODELLED_ROWS)
  const t = studentQuantile(confidence, independent - 1)
  const isNear = (area: number) => (value - area) ** 2 <= t * t * size * modelledVariance(area, ranked)
  return { value, lower: edge(value, 0, isNear), upper: edge(value, 1, isNear) }
}

interface Area extends Estimated {
  /** DeLong's. */
  readonly variance: number
}

/** Weights of the mean over classes. */
const mean = (ranked: readonly Ranking[], sign = 1): readonly number[] => ranked.map(() => sign / ranked.length)

/** The interval of an AUC, by rows or, with clusters, by the buckets that keep them together. */
export const aucInterval = ({ models, group, settings }: Question): Interval | undefined => {
  const { scores, clusters } = group
  if (scores === undefined) return undefined
  const all = models.map((model) => rankings(scores, model)).filter((one) => one !== undefined)
  const buckets = clusters === undefined ? Infinity : new Set(scores.bucket).size
  // No more is known of a variance than the scarcer of positive and negative rows can tell.
  if (all.length < models.length || Math.min(buckets, ...all.flat().map(scarcest)) < 2) return undefined
  const variance = (ranked: readonly Ranking[], weights: readonly number[]) =>
    delong(ranked, weights, scores.truth.length, clusters && scores.bucket)

  /** The mean over classes: what each class's bounds reach beyond its area is added as its errors are. */
  const ofModel = (ranked: readonly Ranking[]): Area => {
    const classes = ranked.map((one): Area => {
      const own = variance([one], [1])
      return { ...scored(one, own, Math.min(buckets, scarcest(one)), settings.confidence), variance: own }
    })
    const [only] = classes
    if (only !== undefined && classes.length === 1) return only
    const reach = (of: (one: Area) => number) => {
      const certain = classes.filter((one) => one.variance === 0).map((one) => of(one))
      const weights = classes.map((one) => (one.variance === 0 ? 0 : of(one) / Math.sqrt(one.variance)))
      return Math.hypot(Math.sqrt(variance(ranked, weights)), ...certain) / ranked.length
    }
    const value = auc(ranked)
    return {
      value,
      lower: value - reach((one) => one.value - one.lower),
      upper: value + reach((one) => one.upper - one.value),
      variance: variance(ranked, mean(ranked)),
    }
  }
  const bounds = () => {
    const [candidate = [], champion] = all
    if (champion === undefined) return ofModel(candidate)
    const [mine, theirs] = [ofModel(candidate), ofModel(champion)]
    const apart = variance([...candidate, ...champion], [...mean(candidate), ...mean(champion, -1)])
    const errors = Math.sqrt(mine.variance * theirs.variance)
    return squareAndAdd(mine, theirs, errors === 0 ? 0 : (mine.variance + theirs.variance - apart) / (2 * errors))
  }
  return named(clusters === undefined ? 'DeLong' : 'Clustered DeLong', settings, bounds())
}
