import type { RowGroup } from '../gate/evidence.ts'
import { tableOf } from '../metrics/metric-of.ts'

/**
 * How many times larger the variance of the accuracy's difference (without a champion: of the accuracy) is than it would be if
 * the rows of a cluster were independent (Kish, Survey Sampling (1965), section 8.2).
 *
 * @returns undefined without clusters, or when nothing varies
 */
export const designEffect = (group: RowGroup): number | undefined => {
  const table = tableOf(group, 'candidate')
  if (table === undefined || group.clusters === undefined) return undefined
  const { truth, candidate, champion, counts } = table
  const hit = (answers: Uint32Array, cell: number) => (answers[cell] === truth[cell] ? 1 : 0)
  const gains = counts.map((_, cell) => hit(candidate, cell) - (champion.length > 0 ? hit(champion, cell) : 0))
  const mean = counts.reduce((sum, count, cell) => sum + count * (gains[cell] ?? 0), 0) / group.rows
  const away = (cell: number) => (gains[cell] ?? 0) - mean
  const ofRows = counts.reduce((sum, count, cell) => sum + count * away(cell) ** 2, 0)
  const { offsets, cells, counts: rows } = group.clusters
  let ofClusters = 0
  for (let cluster = 0; cluster + 1 < offsets.length; cluster += 1) {
    let sum = 0
    for (let entry = offsets[cluster] ?? 0; entry < (offsets[cluster + 1] ?? 0); entry += 1)
      sum += (rows[entry] ?? 0) * away(cells[entry] ?? 0)
    ofClusters += sum * sum
  }
  return ofRows === 0 ? undefined : ofClusters / ofRows
}
