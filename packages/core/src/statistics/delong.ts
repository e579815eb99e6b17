import { areaOf, eachTie, type Ranking } from '../metrics/rank-metrics.ts'

/**
 * Adds to each row what it contributes to the error of one AUC: for a positive row (V10 - AUC) / √(m (m - 1)), for a negative
 * one (V01 - AUC) / √(n (n - 1)), where V10 is the share of negatives below it and V01 the share of positives above it. The
 * sum of squares over the rows is then the variance of DeLong, DeLong and Clarke-Pearson, Biometrics 44 (1988) 837-845,
 * eq. 5 and 6; the placements come from mid-ranks in one pass over the sorted rows (Sun and Xu, IEEE Signal Processing
 * Letters 21 (2014) 1389-1393).
 */
const addContributions = (ranking: Ranking, weight: number, into: Float64Array) => {
  const { rows, positive, positives, negatives } = ranking
  const area = areaOf(ranking)
  const perPositive = weight / Math.sqrt(positives * (positives - 1))
  const perNegative = weight / Math.sqrt(negatives * (negatives - 1))
  eachTie(ranking, (from, to, positivesAmong, negativesAmong, positivesBelow, negativesBelow) => {
    const below = (negativesBelow + negativesAmong / 2) / negatives
    const above = (positives - positivesBelow - positivesAmong / 2) / positives
    for (let place = from; place < to; place += 1) {
      const row = rows[place] ?? 0
      const share = positive[place] === 1 ? (below - area) * perPositive : (above - area) * perNegative
      into[row] = (into[row] ?? 0) + share
    }
  })
}

/** Sums the contributions of each bucket, so that rows of one cluster, which share a bucket, count as one. */
const perBucket = (contributions: Float64Array, bucket: Uint32Array): Float64Array => {
  const sums = new Float64Array(bucket.reduce((most, one) => Math.max(most, one), 0) + 1)
  for (const [row, share] of contributions.entries()) {
    const at = bucket[row] ?? 0
    sums[at] = (sums[at] ?? 0) + share
  }
  return sums
}

/**
 * Variance of a weighted sum of AUCs over the same rows: of one, of the mean over classes against the rest, or of the
 * difference of two models. A row contributes to each of them, which gives the covariances between classes as DeLong gives
 * those between models.
 *
 * @param weights of each ranking
 * @param rows how many rows were ranked
 * @param bucket of each row, when rows of one bucket are not independent: the variance is then that of sums of buckets
 *   (Obuchowski, Biometrics 53 (1997) 567-578, with buckets as clusters)
 */
export const delong = (
  ranked: readonly Ranking[],
  weights: readonly number[],
  rows: number,
  bucket?: Uint32Array,
): number => {
  const contributions = new Float64Array(rows)
  for (const [at, ranking] of ranked.entries()) addContributions(ranking, weights[at] ?? 0, contributions)
  const independent = bucket === undefined ? contributions : perBucket(contributions, bucket)
  return independent.reduce((sum, share) => sum + share * share, 0)
}
