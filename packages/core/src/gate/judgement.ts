import type { Confusion } from './evidence.ts'
import type { FilePlace, StatisticsSettings } from './gate.ts'

export type Verdict = 'approve' | 'reject' | 'inconclusive'
export type ApprovalStatus = 'Approved' | 'Rejected' | 'PendingManualApproval'

/** How an interval came about. Each name heads a section of docs/statistics.md, and the report page knows its formula. */
export type IntervalMethod =
  | 'Wilson score'
  | 'Newcombe paired score'
  | 'Smoothed bootstrap'
  | 'Cluster bootstrap'
  | 'DeLong'
  | 'Clustered DeLong'
  | 'Grouped jackknife'
  | 'Normal approximation'

/** Two one-sided bounds at `confidence` each. */
export interface Interval {
  readonly lower: number
  readonly upper: number
  readonly confidence: number
  readonly method: IntervalMethod
}

/** What one rule said of the whole data or of one slice. */
export interface RuleResult {
  /** The rule as a sentence: `f1_macro is not worse than the champion's by more than 0.01`. */
  readonly rule: string
  readonly at: FilePlace
  readonly metric: string
  readonly class?: string
  readonly slice?: string
  readonly severity: 'error' | 'warn'
  readonly result: Verdict | 'skipped'
  /** `E-NAN`, `E-SAME` and so on, when such a reason decided. */
  readonly code?: string
  readonly candidate?: number
  /** The champion's or the baseline's value. */
  readonly opponent?: number
  /** candidate - opponent, raw sign. */
  readonly delta?: number
  /** Of the delta for comparisons, of the candidate's value for absolute rules. */
  readonly interval?: Interval
  /** What passes: of the delta for comparisons, of the candidate's value for absolute rules. A missing end is open. */
  readonly allowed?: { readonly from?: number; readonly to?: number }
  /** What was judged: paired rows, the rows of one model, or points only. */
  readonly evidence: 'paired' | 'rows' | 'independent' | 'point' | 'none'
  readonly rows?: number
  /** Rows that would be needed: to decide (with 80 % power), or to be judged at all; of an inconclusive result only. */
  readonly rowsNeeded?: number
  /** The result in one sentence with its figures. */
  readonly sentence: string
}

/** One line of the metric table. */
export interface MetricRow {
  readonly metric: string
  readonly candidate?: number
  readonly champion?: number
  readonly delta?: number
  readonly better?: 'better' | 'worse' | 'equal'
  readonly interval?: Interval
}

export interface ClassRow {
  readonly class: string
  readonly support: number
  readonly candidate: { readonly precision: number; readonly recall: number; readonly f1: number }
  readonly champion?: { readonly precision: number; readonly recall: number; readonly f1: number }
}

/** Money a month (30 days), in the gate file's currency. */
export interface Amount {
  readonly value: number
  readonly interval?: Interval
}

export interface Impact {
  readonly currency: string
  readonly revenue: Amount
  readonly savings: Amount
  readonly total: Amount
  /** Against the champion, when it predicted the same rows. */
  readonly againstChampion?: Amount
}

/** The gate's answer with all that it rests on; pure function of gate and evidence. */
export interface Judgement {
  readonly verdict: Verdict
  readonly approvalStatus: ApprovalStatus
  /** The verdict and its reason in one sentence. */
  readonly sentence: string
  readonly rules: readonly RuleResult[]
  readonly metrics: readonly MetricRow[]
  readonly classes: readonly ClassRow[]
  readonly confusion?: Confusion
  readonly championConfusion?: Confusion
  readonly impact?: Impact
  readonly rows?: number
  readonly paired: boolean
  /** How many comparisons were made, since none is corrected for it. */
  readonly comparisons: number
  /** What a reader must know besides: no champion, repeated ids, points only. */
  readonly notes: readonly string[]
}

/** A document with its digest, `sha256:<hex>`. */
export interface Digested {
  readonly source: string
  readonly digest: string
}

/**
 * gate-report.json, version 1: the judgement bound to the bytes that were judged. Part of the public interface: a field is
 * added, never renamed.
 */
export interface GateReport extends Judgement {
  readonly version: 1
  readonly model?: Digested
  readonly champion?: { readonly source: string; readonly packageArn?: string; readonly digest?: string }
  readonly trainingJob?: string
  readonly gate: Digested
  /** What the intervals were made with. */
  readonly statistics?: Pick<StatisticsSettings, 'confidence' | 'replicates' | 'seed'>
  readonly predictions?: Digested
  readonly candidateMetrics?: Digested
  readonly baseline?: { readonly source: string; readonly etag?: string }
  /** The file of golden answers that belongs to the candidate, s3://. */
  readonly golden?: string
  readonly run: {
    readonly repository: string
    readonly sha: string
    readonly runId: string
    readonly runAttempt: number
    readonly actor: string
    readonly url: string
  }
  /** ISO 8601. */
  readonly judgedAt: string
}
