/** Whether more of a metric is better. */
export type Direction = 'higher' | 'lower'

export type Task = 'binary' | 'multiclass' | 'regression' | 'free'

/** A tolerated difference: in the metric's own unit, or as a share of abs(what it is compared with). */
export interface Margin {
  readonly kind: 'abs' | 'rel'
  readonly value: number
}

/** What a candidate is compared with: the champion's model, or a file of metrics that was kept. */
export type Opponent = 'champion' | 'baseline'

export type Condition =
  | {
      readonly kind: 'absolute'
      readonly min?: number
      readonly max?: number
      /** Which value has to keep the bound: the metric itself, or an end of its interval. */
      readonly bound: 'point' | 'lower-ci' | 'upper-ci'
    }
  | {
      readonly kind: 'comparison'
      readonly versus: Opponent
      readonly test: 'superior' | 'non-inferior' | 'max-increase' | 'max-decrease'
      /** Absent for `superior` only. */
      readonly margin?: Margin
    }

export interface SliceCondition {
  readonly column: string
  readonly op: '=' | '!=' | '<' | '<=' | '>' | '>='
  readonly literal: string | number
}

/** A part of the rows: each value of a column, or the rows that meet all conditions. */
export type Slice =
  | { readonly kind: 'each'; readonly column: string }
  | { readonly kind: 'filter'; readonly text: string; readonly conditions: readonly SliceCondition[] }

/** A place in the gate file, counted from 1. */
export interface FilePlace {
  readonly line: number
  readonly column: number
}

export interface Rule {
  /** In the vocabulary's spelling where it is known there, else as written. */
  readonly metric: string
  readonly class?: string
  /** Absent: the vocabulary knows. */
  readonly better?: Direction
  readonly condition: Condition
  /** Empty: the whole data is judged, and nothing else. */
  readonly slices: readonly Slice[]
  /** A slice with too few rows makes the rule inconclusive instead of being left out. */
  readonly required: boolean
  readonly severity: 'error' | 'warn'
  readonly ifMissing: 'fail' | 'skip'
  readonly at: FilePlace
}

/** Columns of the predictions. */
export interface DataColumns {
  readonly label: string
  readonly prediction: string
  /** The champion's prediction in the same file. */
  readonly champion: string
  /** Score of the positive class (binary), for the candidate and the champion. */
  readonly score?: string
  readonly championScore?: string
  /** Score columns by class, for the candidate and the champion. */
  readonly scores?: Readonly<Record<string, string>>
  readonly championScores?: Readonly<Record<string, string>>
  readonly id?: string
  /** Rows of one cluster (a household, a patient) are not independent. */
  readonly cluster?: string
  readonly positive?: string
}

export interface StatisticsSettings {
  /** One-sided. */
  readonly confidence: number
  readonly replicates: number
  readonly seed: number
  readonly minRows: number
  /** Whether the file says `min-rows`; only then does an unknown number of rows matter. */
  readonly minRowsGiven: boolean
  readonly minRowsSlice: number
}

/** What the model's answers are worth. Money is in the file's own currency. */
export interface ImpactSettings {
  readonly volumePerDay: number
  readonly currency: string
  readonly value:
    | { readonly kind: 'simple'; readonly revenuePerCorrect: number; readonly costOfManualWork: number }
    /** `values[truth][predicted]`, in the order of `classes`. */
    | {
        readonly kind: 'matrix'
        readonly classes: readonly string[]
        readonly values: readonly (readonly number[])[]
        readonly costOfManualWork: number
      }
}

export interface DecisionSettings {
  readonly noChampion: 'absolute-only' | 'pending' | 'fail'
  readonly onInconclusive: 'pending' | 'reject'
  readonly sameModel: 'reject' | 'allow'
}

/** How a file of metrics is to be read, when its shape does not tell. */
export interface MetricFileHint {
  readonly format?: string
  /** Which model's figures count, in a file that holds several. */
  readonly model?: string
  /** Which member of an archive holds them. */
  readonly member?: string
}

/** A gate file, version 1, as it was understood: every default filled in. */
export interface Gate {
  /** Absent: the predictions or the metrics tell. */
  readonly task?: Task
  readonly data: DataColumns
  readonly statistics: StatisticsSettings
  readonly rules: readonly Rule[]
  readonly impact?: ImpactSettings
  readonly decision: DecisionSettings
  readonly candidate: MetricFileHint
  readonly champion: MetricFileHint
}
