import type { RowGroup } from '../gate/evidence.ts'
import type { StatisticsSettings } from '../gate/gate.ts'
import type { Interval, IntervalMethod } from '../gate/judgement.ts'
import type { Model } from '../metrics/label-metrics.ts'
import type { Bounds } from './wilson.ts'

/** What an interval is asked for: one model's metric, or the difference of two. */
export interface Question {
  /** Canonical. */
  readonly metric: string
  /** Index of the class that precision, recall and f1 are of. */
  readonly label: number | undefined
  /** One model, or the candidate and the champion. */
  readonly models: readonly Model[]
  readonly group: RowGroup
  /** How many labels there are. */
  readonly labels: number
  readonly settings: StatisticsSettings
}

/** Bounds with the name of the method as docs/statistics.md heads it; undefined unless both are finite. */
export const named = (
  method: IntervalMethod,
  { confidence }: StatisticsSettings,
  bounds: Bounds | undefined,
): Interval | undefined =>
  bounds !== undefined && Number.isFinite(bounds.lower) && Number.isFinite(bounds.upper)
    ? { lower: bounds.lower, upper: bounds.upper, confidence, method }
    : undefined
