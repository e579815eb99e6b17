import type { DataColumns, ReadPlan, Scored, Task } from '@mlops/core'
import { NotLabels } from './codes.ts'
import { countLabels } from './count-labels.ts'
import { countNumbers } from './count-numbers.ts'
import { layoutOf } from './layout.ts'
import { openTable, type PredictionFile } from './open-table.ts'

export interface PredictionFiles {
  /** The candidate's predictions, and the champion's when one file has both. */
  readonly candidate: PredictionFile
  /** The champion's predictions in a file of their own. */
  readonly champion?: PredictionFile
}

export interface ReadOptions {
  /** What the gate file says; the predictions tell otherwise. */
  readonly task?: Task
}

/**
 * Reads predictions of one or two models and counts what the plan asks for; nothing else is kept. CSV, Parquet and JSON lines,
 * by what the files hold.
 *
 * Throws E-COLUMN, E-VALUE, E-ROW, E-EMPTY, E-FORMAT, E-LABELS, E-POSITIVE, and E-DUPLICATE-ID and E-UNALIGNED for two files,
 * each with all faults of its kind that one pass finds.
 */
export const readPredictions = async (
  files: PredictionFiles,
  columns: DataColumns,
  plan: ReadPlan,
  { task }: ReadOptions = {},
): Promise<Scored> => {
  const table = await openTable(files.candidate)
  const other = files.champion === undefined ? undefined : await openTable(files.champion)
  const layout = layoutOf(table, other, columns, plan)
  const source = other === undefined ? table.source : `${table.source} and ${other.source}`
  if (task === 'regression') return { source, ...(await countNumbers(layout, plan)) }
  const wishes = {
    ...(task === 'binary' || task === 'multiclass' ? { task } : {}),
    ...(columns.positive === undefined ? {} : { positive: columns.positive }),
  }
  try {
    return { source, ...(await countLabels(layout, plan, wishes)) }
  } catch (error) {
    if (!(error instanceof NotLabels)) throw error
    return { source, ...(await countNumbers(layout, plan)) }
  }
}
