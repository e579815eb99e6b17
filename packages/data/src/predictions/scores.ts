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

/** Keeps every row's scores: what ranks are made of cannot be summed up. */
export const createScoreColumns = ({ truth, candidate, champion }: ScoreSources, buckets: Buckets) => {
  const truths = growingIntegers()
  const bucketOf = growingIntegers()
  const sources = [...candidate, ...(champion ?? [])]
  const kept = sources.map(growingNumbers)
  return {
    add: (selected: Uint32Array, count: number) => {
      for (let index = 0; index < count; index += 1) {
        const row = selected[index] ?? 0
        truths.push(truth.values[row] ?? 0)
        bucketOf.push(buckets.of[row] ?? 0)
      }
      for (const [at, { values }] of sources.entries())
        for (let index = 0; index < count; index += 1) kept[at]?.push(values[selected[index] ?? 0] ?? 0)
    },
    finish: (labelOf: Uint32Array, classes: readonly number[]): ScoreColumns => {
      const columns = kept.map((column) => column.take())
      return {
        truth: truths.take().map((code) => labelOf[code] ?? 0),
        candidate: columns.slice(0, candidate.length),
        ...(champion === undefined ? {} : { champion: columns.slice(candidate.length) }),
        classes,
        bucket: bucketOf.take(),
      }
    },
  }
}
