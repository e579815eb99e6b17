import type { Slice, Task } from './gate.ts'

/** One metric of a file; `value` may be NaN or infinite, which a rule then rejects. */
export interface MetricValue {
  readonly value: number
  /** Standard error of the value. */
  readonly sd?: number
}

/** Counts with a row for each true class and a column for each predicted one, both in the order of `labels`. */
export interface Confusion {
  readonly labels: readonly string[]
  readonly counts: readonly (readonly number[])[]
}

/** A file of metrics in one shape, whatever its format was. */
export interface MetricFile {
  /** Path, URI or job that it came from. */
  readonly source: string
  readonly format: string
  readonly task?: Task
  /** By name, in the vocabulary's spelling where it is known there. */
  readonly metrics: Readonly<Record<string, MetricValue>>
  /** By class, then by metric (`precision`, `recall`, `f1`, `support`). */
  readonly perClass: Readonly<Record<string, Readonly<Record<string, MetricValue>>>>
  readonly confusion?: Confusion
  readonly rows?: number
}

/**
 * How often each combination of truth, candidate's and champion's prediction occurs: columns of equal length, one entry
 * for each combination that occurs, classes as indices into `labels`. Every metric of labels and its difference between
 * two models is a function of it. `champion` is empty when there is none.
 */
export interface JointTable {
  readonly truth: Uint32Array
  readonly candidate: Uint32Array
  readonly champion: Uint32Array
  readonly counts: Float64Array
}

/** The joint table of each cluster, as sparse rows: entries `offsets[c]` to `offsets[c + 1]` of `cells` and `counts`. */
export interface ClusterTables {
  readonly offsets: Uint32Array
  /** Index into the joint table of the whole group. */
  readonly cells: Uint32Array
  readonly counts: Uint32Array
}

/** Sums over one bucket of rows, for the grouped jackknife. Rows of one cluster share a bucket. */
export interface ErrorSums {
  /** Sum of squared errors. */
  readonly squared: Float64Array
  /** Sum of absolute errors. */
  readonly absolute: Float64Array
  /** Sum of abs(error) / max(abs(truth), machine epsilon), as scikit-learn's mean_absolute_percentage_error. */
  readonly percentage: Float64Array
}

/** Regression: per bucket, the number of rows, their truth (mean and squared deviations from it) and both models' errors. */
export interface NumericSums {
  readonly rows: Float64Array
  readonly truthMean: Float64Array
  readonly truthDeviation: Float64Array
  readonly candidate: ErrorSums
  readonly champion?: ErrorSums
}

export interface LossSums {
  /** Sum of -ln p(truth), p clipped as scikit-learn's log_loss does. */
  readonly logLoss: Float64Array
  /** Sum over classes of (p - [truth])², halved for two classes, as scikit-learn's brier_score_loss. */
  readonly brier: Float64Array
}

/** Probabilities of classes: sums per bucket. */
export interface ProbabilitySums {
  readonly rows: Float64Array
  readonly candidate: LossSums
  readonly champion?: LossSums
}

/** All rows with their scores, kept only when a rule asks for a metric of ranks. */
export interface ScoreColumns {
  /** Index into `labels`. */
  readonly truth: Uint32Array
  /** One column a class in the order of `classes`; for a binary task the positive class only. */
  readonly candidate: readonly Float64Array[]
  readonly champion?: readonly Float64Array[]
  /** Index into `labels` of each score column. */
  readonly classes: readonly number[]
  /** Jackknife bucket of each row. */
  readonly bucket: Uint32Array
}

/** Rows that are judged together. */
export interface RowGroup {
  readonly rows: number
  readonly joint?: JointTable
  readonly clusters?: ClusterTables
  readonly numeric?: NumericSums
  readonly probabilities?: ProbabilitySums
  readonly scores?: ScoreColumns
}

export interface SliceGroup extends RowGroup {
  readonly slice: Slice
  /** `store = 17` or the text of the filter. */
  readonly name: string
}

/** Predictions of one or two models on the same rows, counted. */
export interface Scored {
  readonly source: string
  readonly task: 'binary' | 'multiclass' | 'regression'
  /** Classes of truth and predictions, sorted; empty for a regression. */
  readonly labels: readonly string[]
  /** Index into `labels`; binary only. */
  readonly positive?: number
  /** Whether the champion predicted the same rows. */
  readonly paired: boolean
  readonly whole: RowGroup
  readonly slices: readonly SliceGroup[]
  /** Rows whose id occurred before, when no cluster column is given: a hint that rows are not independent. */
  readonly repeatedIds: number
  /** What a reader must know of how the rows were counted. */
  readonly notes?: readonly string[]
}

/** Which groups and sums of the predictions the rules need; the readers keep nothing else. */
export interface ReadPlan {
  readonly slices: readonly Slice[]
  readonly probabilities: boolean
  readonly scores: boolean
  /** Jackknife buckets. */
  readonly buckets: number
}

/** Why there is no champion to compare with, or that there is one. */
export type ChampionState =
  | { readonly kind: 'present' }
  | { readonly kind: 'none' }
  /** It exists, but could not be loaded or scored. */
  | { readonly kind: 'failed'; readonly reason: string }

/** Everything the rules are judged on. */
export interface Evidence {
  readonly candidate?: MetricFile
  readonly champion?: MetricFile
  readonly championState: ChampionState
  readonly baseline?: MetricFile
  readonly scored?: Scored
  /** `sha256:<hex>` of the models' artifacts, where known. */
  readonly candidateDigest?: string
  readonly championDigest?: string
}
