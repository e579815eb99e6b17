import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect } from '@jest/globals'
import type { ErrorSums, NumericSums, RowGroup, Scored, ScoreColumns, StatisticsSettings } from '../../src/index.ts'

/** The cases of a fixture that make_reference.py wrote. */
export const fixture = (name: string): unknown => {
  const text = readFileSync(join(import.meta.dirname, '../fixtures', `${name}.json`), 'utf8')
  return (JSON.parse(text, (_, value) => (value === 'NaN' ? NaN : value)) as { readonly cases: unknown }).cases
}

/** Equal up to a share of the larger one of 1 and the expected value. */
export const expectNear = (actual: number | undefined, expected: number, tolerance: number): void => {
  if (Number.isNaN(expected)) return expect(actual).toBeNaN()
  const error = Math.abs((actual ?? NaN) - expected) / Math.max(1, Math.abs(expected))
  expect([actual, expected, error <= tolerance]).toEqual([actual, expected, true])
}

export const SETTINGS: StatisticsSettings = {
  confidence: 0.95,
  replicates: 1000,
  seed: 20_260_101,
  minRows: 0,
  minRowsGiven: false,
  minRowsSlice: 0,
}

/** Truth, the candidate's and the champion's prediction, and how many rows have them. */
export type Cell = readonly [truth: number, candidate: number, champion: number | undefined, count: number]

export const labelled = (labels: number, cells: readonly Cell[], positive?: number): Scored => {
  const champions = cells.map(([, , champion]) => champion).filter((champion) => champion !== undefined)
  const whole: RowGroup = {
    rows: cells.reduce((sum, [, , , count]) => sum + count, 0),
    joint: {
      truth: Uint32Array.from(cells, ([truth]) => truth),
      candidate: Uint32Array.from(cells, ([, candidate]) => candidate),
      champion: Uint32Array.from(champions),
      counts: Float64Array.from(cells, ([, , , count]) => count),
    },
  }
  return {
    source: 'test',
    task: positive === undefined ? 'multiclass' : 'binary',
    labels: Array.from({ length: labels }, (_, label) => `c${label}`),
    ...(positive === undefined ? {} : { positive }),
    paired: champions.length > 0,
    whole,
    slices: [],
    repeatedIds: 0,
  }
}

/** Cells put together from rows that belong to clusters. */
export const clustered = (labels: number, clusters: readonly (readonly Cell[])[]): Scored => {
  const places = new Map<string, { readonly cell: Cell; readonly place: number }>()
  const entries = clusters.map((cluster) =>
    cluster.map((cell) => {
      const key = cell.slice(0, 3).join()
      const known = places.get(key) ?? { cell, place: places.size }
      places.set(key, known)
      return { place: known.place, count: cell[3] }
    }),
  )
  const counts = new Float64Array(places.size)
  for (const { place, count } of entries.flat()) counts[place] = (counts[place] ?? 0) + count
  const cells = [...places.values()].map(({ cell, place }): Cell => [cell[0], cell[1], cell[2], counts[place] ?? 0])
  const scored = labelled(labels, cells)
  const ends = entries.reduce((all: readonly number[], one) => [...all, (all.at(-1) ?? 0) + one.length], [0])
  return {
    ...scored,
    whole: {
      ...scored.whole,
      clusters: {
        offsets: Uint32Array.from(ends),
        cells: Uint32Array.from(entries.flat(), ({ place }) => place),
        counts: Uint32Array.from(entries.flat(), ({ count }) => count),
      },
    },
  }
}

const MACHINE_EPSILON = 2 ** -52

const errorSums = (
  truth: readonly number[],
  predicted: readonly number[],
  buckets: readonly number[],
  size: number,
) => {
  const sums: ErrorSums = {
    squared: new Float64Array(size),
    absolute: new Float64Array(size),
    percentage: new Float64Array(size),
  }
  const add = (into: Float64Array, bucket: number, value: number) => (into[bucket] = (into[bucket] ?? 0) + value)
  for (const [row, actual] of truth.entries()) {
    const [bucket, error] = [buckets[row] ?? 0, Math.abs((predicted[row] ?? 0) - actual)]
    add(sums.squared, bucket, error * error)
    add(sums.absolute, bucket, error)
    add(sums.percentage, bucket, error / Math.max(Math.abs(actual), MACHINE_EPSILON))
  }
  return sums
}

/** Sums by bucket as the readers keep them. */
export const numericSums = (
  truth: readonly number[],
  candidate: readonly number[],
  champion: readonly number[] | undefined,
  buckets: readonly number[],
): NumericSums => {
  const size = Math.max(...buckets) + 1
  const ofBucket = Array.from({ length: size }, (_, bucket) => truth.filter((_value, row) => buckets[row] === bucket))
  const mean = (values: readonly number[]) => values.reduce((sum, value) => sum + value, 0) / (values.length || 1)
  return {
    rows: Float64Array.from(ofBucket, (values) => values.length),
    truthMean: Float64Array.from(ofBucket, mean),
    truthDeviation: Float64Array.from(ofBucket, (values) =>
      values.reduce((sum, value) => sum + (value - mean(values)) ** 2, 0),
    ),
    candidate: errorSums(truth, candidate, buckets, size),
    ...(champion === undefined ? {} : { champion: errorSums(truth, champion, buckets, size) }),
  }
}

export const scoreColumns = (
  truth: readonly number[],
  classes: readonly number[],
  candidate: readonly (readonly number[])[],
  champion: readonly (readonly number[])[] | undefined,
  bucket: readonly number[],
): ScoreColumns => ({
  truth: Uint32Array.from(truth),
  classes,
  candidate: candidate.map((column) => Float64Array.from(column)),
  ...(champion === undefined ? {} : { champion: champion.map((column) => Float64Array.from(column)) }),
  bucket: Uint32Array.from(bucket),
})

/** A group of rows that is not described by labels. */
export const grouped = (rows: number, group: Omit<RowGroup, 'rows'>, positive?: number): Scored => ({
  ...labelled(4, [], positive),
  whole: { rows, ...group },
})
