import type { ScoreColumns } from '../gate/evidence.ts'
import type { BucketMetric } from './bucket-metric.ts'
import type { Model } from './label-metrics.ts'

/** Digits of 11 bits: three in each half of a double, and the table of their starts stays in the processor's cache. */
const DIGITS = 2 ** 11
const SHIFTS = [0, 11, 22]

/** A double's bits as two halves, lower first, that are ordered as unsigned numbers like the doubles themselves. */
const orderedBits = (values: Float64Array): Uint32Array => {
  const bits = new Uint32Array(values.slice().buffer)
  for (let low = 0; low < bits.length; low += 2) {
    const high = bits[low + 1] ?? 0
    if (high >>> 31 === 1) {
      bits[low] = ~(bits[low] ?? 0)
      bits[low + 1] = ~high
    } else bits[low + 1] = high ^ 0x80_00_00_00
  }
  return bits
}

/** Rows by rising score: a radix sort, four times as fast as one that compares and stable like it. */
const sortRows = (scores: Float64Array): Uint32Array => {
  const bits = orderedBits(scores)
  let rows = new Uint32Array(scores.length).map((_, row) => row)
  let sorted = new Uint32Array(rows.length)
  for (const place of [...SHIFTS, ...SHIFTS].keys()) {
    const [half, shift] = [Math.floor(place / SHIFTS.length), SHIFTS[place % SHIFTS.length] ?? 0]
    const digit = (row: number) => ((bits[2 * row + half] ?? 0) >>> shift) & (DIGITS - 1)
    const starts = new Uint32Array(DIGITS + 1)
    for (let row = 0; row < rows.length; row += 1) starts[digit(row) + 1] = (starts[digit(row) + 1] ?? 0) + 1
    for (let at = 0; at < DIGITS; at += 1) starts[at + 1] = (starts[at + 1] ?? 0) + (starts[at] ?? 0)
    for (let index = 0; index < rows.length; index += 1) {
      const row = rows[index] ?? 0
      const start = starts[digit(row)] ?? 0
      sorted[start] = row
      starts[digit(row)] = start + 1
    }
    ;[rows, sorted] = [sorted, rows]
  }
  return rows
}

/** Rows in the order of one score column. */
interface Order {
  /** By rising score. */
  readonly rows: Uint32Array
  /** Places in `rows` at which a new score begins; the last one is their end. */
  readonly ties: Uint32Array
}

const orderOf = (scores: Float64Array): Order => {
  const rows = sortRows(scores)
  const ties = new Uint32Array(rows.length + 1)
  let count = 0
  for (let place = 0; place < rows.length; place += 1)
    if (place === 0 || scores[rows[place] ?? 0] !== scores[rows[place - 1] ?? 0]) {
      ties[count] = place
      count += 1
    }
  ties[count] = rows.length
  return { rows, ties: ties.slice(0, count + 1) }
}

/** Sorting is the price of every metric of ranks, and several ask for the same column. */
const orders = new WeakMap<Float64Array, Order>()

/** One score column with the truth as its class sees it. */
export interface Ranking extends Order {
  /** By place: 1 for a row of the class. */
  readonly positive: Uint8Array
  readonly positives: number
  readonly negatives: number
}

/**
 * Ranks the rows by one score column.
 *
 * @returns undefined when a score is not a number
 */
const ranking = (scores: Float64Array, truth: Uint32Array, label: number): Ranking | undefined => {
  const order = orders.get(scores) ?? orderOf(scores)
  orders.set(scores, order)
  const { rows } = order
  // Not-a-number is sorted to an end.
  if (Number.isNaN(scores[rows[0] ?? 0]) || Number.isNaN(scores[rows.at(-1) ?? 0])) return undefined
  const positive = new Uint8Array(rows.length)
  let positives = 0
  for (let place = 0; place < rows.length; place += 1)
    if (truth[rows[place] ?? 0] === label) {
      positive[place] = 1
      positives += 1
    }
  return { ...order, positive, positives, negatives: rows.length - positives }
}

/**
 * The rankings of a model's score columns; one for a binary task.
 *
 * @returns undefined when the model has no scores, or one that is not a number
 */
export const rankings = (
  { truth, classes, ...columns }: ScoreColumns,
  model: Model,
): readonly Ranking[] | undefined => {
  const ranked = columns[model]?.map((scores, column) => ranking(scores, truth, classes[column] ?? -1))
  return ranked?.every((one) => one !== undefined) === true && ranked.length > 0 ? ranked : undefined
}

/** Rows of one score: their places from and to, how many are positive and negative, and how many are scored below. */
type Visit = (
  from: number,
  to: number,
  positives: number,
  negatives: number,
  positivesBelow: number,
  negativesBelow: number,
) => void

/** Calls back for each score that occurs, lowest first; places that `skip` names are not counted. */
export const eachTie = ({ ties, positive }: Ranking, visit: Visit, skip?: (place: number) => boolean): void => {
  let positivesBelow = 0
  let negativesBelow = 0
  for (let tie = 0; tie + 1 < ties.length; tie += 1) {
    const from = ties[tie] ?? 0
    const to = ties[tie + 1] ?? 0
    let positives = 0
    let negatives = 0
    for (let place = from; place < to; place += 1) {
      if (skip?.(place) === true) continue
      if (positive[place] === 1) positives += 1
      else negatives += 1
    }
    visit(from, to, positives, negatives, positivesBelow, negativesBelow)
    positivesBelow += positives
    negativesBelow += negatives
  }
}

const mean = (values: readonly number[]): number => values.reduce((sum, value) => sum + value, 0) / values.length

/** Area under the ROC curve: the share of pairs in order, ties counting half; NaN without one of the two kinds. */
export const areaOf = (ranked: Ranking): number => {
  let pairs = 0
  eachTie(ranked, (_from, _to, positives, negatives, _positivesBelow, negativesBelow) => {
    pairs += positives * (negativesBelow + negatives / 2)
  })
  return pairs / (ranked.positives * ranked.negatives)
}

/** scikit-learn's roc_auc_score; for several classes with `multi_class='ovr'` and `average='macro'`. */
export const auc = (ranked: readonly Ranking[]): number => mean(ranked.map(areaOf))

/** Precision at each score that occurs, weighted by the recall that it adds; 0 without a positive row. */
const precisionOf = (ranked: Ranking, skip?: (place: number) => boolean): number => {
  let [all, others] = [0, 0]
  const count: Visit = (_from, _to, positives, negatives) => {
    all += positives
    others += negatives
  }
  eachTie(ranked, count, skip)
  let area = 0
  const add: Visit = (_from, _to, positives, _negatives, positivesBelow, negativesBelow) => {
    const hits = all - positivesBelow
    if (positives > 0) area += (positives / all) * (hits / (hits + others - negativesBelow))
  }
  eachTie(ranked, add, skip)
  return area
}

/** Groups of rows that average precision is left out by, one after the other: each costs a pass over all rows. */
const GROUPS = 50

/** The groups that occur; rows of one bucket share theirs. */
export const scoreGroups = ({ bucket }: ScoreColumns): readonly number[] => [
  ...new Set(Array.from(bucket, (one) => one % GROUPS)),
]

/**
 * scikit-learn's average_precision_score, for several classes its `average='macro'`, as a function of the score groups.
 *
 * @returns undefined when the model has no scores, or one that is not a number
 */
export const averagePrecision = (scores: ScoreColumns, model: Model): BucketMetric | undefined => {
  const ranked = rankings(scores, model)?.map((one) => ({
    one,
    groups: Uint8Array.from(one.rows, (row) => (scores.bucket[row] ?? 0) % GROUPS),
  }))
  return (
    ranked &&
    ((leftOut) =>
      mean(
        ranked.map(({ one, groups }) =>
          leftOut === undefined ? precisionOf(one) : precisionOf(one, (place) => groups[place] === leftOut),
        ),
      ))
  )
}
