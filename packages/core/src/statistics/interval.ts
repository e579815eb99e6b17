import type { JointTable, RowGroup, Scored } from '../gate/evidence.ts'
import type { StatisticsSettings } from '../gate/gate.ts'
import type { Interval } from '../gate/judgement.ts'
import type { Model } from '../metrics/label-metrics.ts'
import { tableOf } from '../metrics/metric-of.ts'
import { canonicalMetric } from '../metrics/vocabulary.ts'
import { discordance } from './discordance.ts'
import { newcombe } from './newcombe.ts'
import { normalQuantile } from './normal.ts'
import { wilson } from './wilson.ts'

/** A value with its interval. */
export interface Estimate {
  readonly value: number
  readonly interval: Interval
}

/** What one row is worth: `champion` is undefined when there is no champion. */
export type CellWeight = (truth: number, candidate: number, champion: number | undefined) => number

const pairedTable = (group: RowGroup): JointTable | undefined => {
  const table = tableOf(group, 'champion')
  return table !== undefined && table.counts.length > 0 ? table : undefined
}

/**
 * The interval of candidate − champion (raw sign) of a metric, by the method that docs/statistics.md names for it.
 *
 * @returns undefined when the group does not hold both models' predictions, or too little of them for an interval
 */
export const deltaInterval = (
  metric: string,
  cls: string | undefined,
  group: RowGroup,
  _scored: Scored,
  { confidence }: StatisticsSettings,
): Interval | undefined => {
  const table = pairedTable(group)
  if (canonicalMetric(metric) !== 'accuracy' || cls !== undefined || table === undefined) return undefined
  return { ...newcombe(discordance(table), normalQuantile(confidence)), confidence, method: 'Newcombe paired score' }
}

/** The interval of one model's metric; undefined as for `deltaInterval`. */
export const valueInterval = (
  metric: string,
  cls: string | undefined,
  model: Model,
  group: RowGroup,
  _scored: Scored,
  { confidence }: StatisticsSettings,
): Interval | undefined => {
  const table = tableOf(group, model)
  if (canonicalMetric(metric) !== 'accuracy' || cls !== undefined || table === undefined) return undefined
  const hits = table.counts.reduce(
    (sum, count, cell) => sum + (table.truth[cell] === table[model][cell] ? count : 0),
    0,
  )
  return { ...wilson(hits, group.rows, normalQuantile(confidence)), confidence, method: 'Wilson score' }
}

/** The mean over the rows of what each is worth, a linear function of the joint table, with its interval. */
export const meanInterval = (
  _weight: CellWeight,
  _group: RowGroup,
  _settings: StatisticsSettings,
): Estimate | undefined => undefined
