import type { ReadPlan, RowGroup, Scored } from '@mlops/core'
import { numberColumn } from './column.ts'
import type { Layout } from './layout.ts'
import { createRepeats } from './repeats.ts'
import { type Counted, countRows, judgedColumns } from './rows.ts'
import { createBuckets, createNumericSums } from './sums.ts'

const finish = ({ group, rows }: Counted<ReturnType<typeof createNumericSums>>): RowGroup => ({
  rows,
  numeric: group.finish(),
})

/** Sums up the errors of a regression. */
export const countNumbers = async (layout: Layout, plan: ReadPlan): Promise<Omit<Scored, 'source'>> => {
  const columns = judgedColumns(layout, () => numberColumn())
  const buckets = createBuckets(plan.buckets, columns.cluster)
  const repeats = columns.id === undefined ? undefined : createRepeats(columns.id)
  const { whole, slices } = await countRows(
    layout,
    plan,
    columns,
    (run) => {
      buckets.update(run)
      repeats?.update(run)
    },
    () => createNumericSums(columns, buckets),
  )
  return {
    task: 'regression',
    labels: [],
    paired: columns.champion !== undefined,
    whole: finish(whole),
    slices: slices.map((part) => ({ slice: part.slice, name: part.name, ...finish(part) })),
    repeatedIds: repeats?.count() ?? 0,
  }
}
