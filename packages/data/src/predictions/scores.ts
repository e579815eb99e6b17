import type { ScoreColumns } from '@mlops/core'
import { growingIntegers, growingNumbers } from './growing.ts'
import type { Buckets } from './sums.ts'

interface NumberValues {
  readonly values: Float64Array
}

export interface ScoreSources {
  readonly truth: { readonly values: Uint32Array }
  readonly candidate: readonly NumberValues[]
  readonly champion?: readonly NumberValues[]
}

const keepAll = (sources: readonly NumberValues[]) => {
  const kept = sources.map(growingNumbers)
  return {
    add: (selected: Uint32Array, count: number) => {
      for (const [at, { values }] of sources.entries())
        for (let index = 0; index < count; index += 1) kept[at]?.push(values[selected[index] ?? 0] ?? 0)
    },
    take: (columns: readonly number[]) => columns.flatMap((at) => kept[at]?.take() ?? []),
  }
}

/** Keeps every row's scores: what ranks are made of cannot be summed up. */
export const createScoreColumns = ({ truth, candidate, champion }: ScoreSources, buckets: Buckets) => {
  const truths = growingIntegers()
  const bucketOf = growingIntegers()
  const [own, others] = [keepAll(candidate), keepAll(champion ?? [])]
  return {
    add: (selected: Uint32Array, count: number) => {
      for (let index = 0; index < count; index += 1) {
        const row = selected[index] ?? 0
        truths.push(truth.values[row] ?? 0)
        bucketOf.push(buckets.of[row] ?? 0)
      }
      own.add(selected, count)
      others.add(selected, count)
    },
    /**
     * @param classes index into the labels of each column that is taken
     * @param columns which of the candidate's columns are taken
     * @param championColumns which of the champion's
     */
    finish: (
      labelOf: Uint32Array,
      classes: readonly number[],
      columns: readonly number[],
      championColumns: readonly number[] | undefined,
    ): ScoreColumns => ({
      truth: truths.take().map((code) => labelOf[code] ?? 0),
      candidate: own.take(columns),
      ...(championColumns === undefined ? {} : { champion: others.take(championColumns) }),
      classes,
      bucket: bucketOf.take(),
    }),
  }
}
