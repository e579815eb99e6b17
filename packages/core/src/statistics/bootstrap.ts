import type { ClusterTables } from '../gate/evidence.ts'
import type { StatisticsSettings } from '../gate/gate.ts'
import { sum } from '../metrics/bucket-metric.ts'
import { type Cells, type Projection, withPrior } from './cells.ts'
import { multinomial, picker, type Resample } from './multinomial.ts'
import { normalQuantile } from './normal.ts'
import { randomFrom } from './random.ts'
import { studentQuantile } from './student.ts'
import type { Bounds } from './wilson.ts'

/** A figure as a function of the cells and of how many rows each of them has. */
export type Statistic = (cells: Cells, counts: Float64Array) => number

/** Clusters, and draws of them, beyond which more cost time and no longer change the interval. */
const MOST_CLUSTERS = 2000
const MOST_CLUSTER_REPLICATES = 2000

/** Rows of each cluster by cell, as sparse rows. */
interface Clusters {
  readonly offsets: Uint32Array
  readonly cells: Uint32Array
  readonly counts: Float64Array
}

/**
 * The clusters by the cells of a projection. More than 2,000 of them are dealt into 2,000 groups, each of which is then drawn
 * as a whole: groups of clusters are as independent as the clusters, and the error of a variance from 2,000 groups is 3 %.
 */
const grouped = (tables: ClusterTables, of: Uint32Array, cells: number): Clusters => {
  const clusters = tables.offsets.length - 1
  const groups = Math.min(clusters, MOST_CLUSTERS)
  const offsets = new Uint32Array(groups + 1)
  const [places, rows]: [number[], number[]] = [[], []]
  const sums = new Float64Array(cells)
  for (let group = 0; group < groups; group += 1) {
    for (let cluster = group; cluster < clusters; cluster += groups)
      for (let entry = tables.offsets[cluster] ?? 0; entry < (tables.offsets[cluster + 1] ?? 0); entry += 1) {
        const place = of[tables.cells[entry] ?? 0] ?? 0
        sums[place] = (sums[place] ?? 0) + (tables.counts[entry] ?? 0)
      }
    for (const [place, count] of sums.entries())
      if (count > 0) {
        places.push(place)
        rows.push(count)
      }
    sums.fill(0)
    offsets[group + 1] = places.length
  }
  return { offsets, cells: Uint32Array.from(places), counts: Float64Array.from(rows) }
}

/** Draws as many clusters as there are, with replacement; a row of the prior is drawn like a cluster of its weight. */
const resampleClusters = ({ offsets, cells, counts }: Clusters, prior: Float64Array): Resample => {
  const clusters = offsets.length - 1
  const [pick, total] = [picker(prior), clusters + sum(prior)]
  return (random, into) => {
    into.fill(0)
    for (let drawn = 0; drawn < clusters; drawn += 1) {
      const cluster = Math.floor(random.next() * total)
      if (cluster >= clusters) {
        const cell = pick(random)
        into[cell] = (into[cell] ?? 0) + 1
      }
      for (let entry = offsets[cluster] ?? 0; entry < (offsets[cluster + 1] ?? 0); entry += 1) {
        const cell = cells[entry] ?? 0
        into[cell] = (into[cell] ?? 0) + (counts[entry] ?? 0)
      }
    }
  }
}

/** A figure with what a bootstrap knows of its error. */
export interface Replicates {
  /** Of the rows as they are. */
  readonly value: number
  /** Of the rows with the prior: what the replicates vary around. */
  readonly centre: number
  /** In rising order. */
  readonly values: Float64Array
  /** Clusters that were drawn; undefined for rows. */
  readonly clusters?: number
}

/**
 * Replicates of a figure: rows are drawn with replacement from the table with its prior or, when rows of one cluster are not
 * independent, whole clusters (Davison and Hinkley, Bootstrap Methods and their Application (1997), section 3.8).
 *
 * @returns undefined for a single cluster
 */
export const bootstrap = (
  { cells, of }: Projection,
  clusters: ClusterTables | undefined,
  statistic: Statistic,
  { replicates, seed }: StatisticsSettings,
): Replicates | undefined => {
  if (clusters !== undefined && clusters.offsets.length < 3) return undefined
  const smoothed = withPrior(cells)
  const prior = smoothed.counts.map((count, cell) => count - (cells.counts[cell] ?? 0))
  const drawn = clusters && grouped(clusters, of, cells.counts.length)
  const resample =
    drawn === undefined ? multinomial(smoothed.counts, sum(cells.counts)) : resampleClusters(drawn, prior)
  const [random, into] = [randomFrom(seed), new Float64Array(smoothed.counts.length)]
  const length = clusters === undefined ? replicates : Math.min(replicates, MOST_CLUSTER_REPLICATES)
  const values = Float64Array.from({ length }, () => {
    resample(random, into)
    return statistic(smoothed, into)
  }).toSorted()
  return {
    value: statistic(cells, cells.counts),
    centre: statistic(smoothed, smoothed.counts),
    values,
    ...(drawn === undefined ? {} : { clusters: drawn.offsets.length - 1 }),
  }
}

/**
 * How far the replicates lie below and above their centre, each with the given confidence. Replicates of G clusters vary by
 * G - 1 instead of G degrees of freedom and know nothing of Student's t, which both make them lie too near: they are moved
 * away by √(G / (G - 1)) t / z (Hesterberg, The American Statistician 69 (2015) 371-386: the expanded percentile interval).
 */
const tails = ({ centre, values, clusters }: Replicates, confidence: number) => {
  // As far from the one end as from the other.
  const upper = Math.min(values.length, Math.ceil(confidence * (values.length + 1))) - 1
  const lower = values.length - 1 - upper
  const expanded =
    clusters === undefined
      ? 1
      : Math.sqrt(clusters / (clusters - 1)) * (studentQuantile(confidence, clusters - 1) / normalQuantile(confidence))
  return {
    below: expanded * (centre - (values[lower] ?? NaN)),
    above: expanded * ((values[upper] ?? NaN) - centre),
  }
}

/** Bounds of a difference: to both sides as far as the longer of the replicates' tails, whichever way it points. */
export const differenceBounds = (replicates: Replicates, confidence: number): Bounds => {
  const { below, above } = tails(replicates, confidence)
  const reach = Math.max(0, below, above)
  return { lower: replicates.value - reach, upper: replicates.value + reach }
}

/** Bounds of a figure that has a limit of its own, such as 1: the replicates' percentiles, value included. */
export const percentileBounds = (replicates: Replicates, confidence: number): Bounds => {
  const { value, centre } = replicates
  const { below, above } = tails(replicates, confidence)
  return { lower: Math.min(value, centre - below), upper: Math.max(value, centre + above) }
}
