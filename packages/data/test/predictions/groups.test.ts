import { afterAll, expect, test } from '@jest/globals'
import type { ClusterTables, RowGroup, Slice, SliceCondition } from '@mlops/core'
import fc from 'fast-check'
import { createClusters, MOST_CLUSTERS } from '../../src/predictions/clusters.ts'
import { hashColumn, RUN } from '../../src/predictions/column.ts'
import { hashText } from '../../src/predictions/hash.ts'
import { createRepeats } from '../../src/predictions/repeats.ts'
import { type Cells, countsOf, csvOf, errorOf, openFolder, read } from './tables.ts'

const folder = openFolder()
afterAll(folder.close)

const HEADER = ['y_true', 'y_pred', 'store', 'spend', 'day']
const ROWS: Cells = [
  ['a', 'a', '2', '10', '2026-01-05'],
  ['b', 'a', '10', '20.5', '2026-01-06'],
  ['a', 'b', '2.0', '30', '2026-01-07'],
  ['b', 'b', 'North', '', '2026-01-08'],
  ['a', 'a', '', '100', ''],
]
const condition = (column: string, op: SliceCondition['op'], literal: string | number): SliceCondition => ({
  column,
  op,
  literal,
})
const filter = (...conditions: readonly SliceCondition[]): Slice => ({
  kind: 'filter',
  text: conditions.map(({ column, op, literal }) => `${column} ${op} ${literal}`).join(' and '),
  conditions,
})
const rowsOf = async (...slices: readonly Slice[]) =>
  (await read(folder.put(csvOf(HEADER, ROWS)), {}, { slices })).slices.map(({ name, rows }) => [name, rows])

test('a slice by each value: numbers in order, texts after them, empty cells last, none left out', async () => {
  expect(await rowsOf({ kind: 'each', column: 'store' })).toEqual([
    ['store = 2', 2],
    ['store = 10', 1],
    ['store = North', 1],
    ['store is empty', 1],
  ])
})

test('a filter compares numbers as numbers and texts as texts; an empty cell meets no condition', async () => {
  const rows = await rowsOf(
    filter(condition('spend', '>', 20.5)),
    filter(condition('spend', '<=', 20.5)),
    filter(condition('store', '=', 2)),
    filter(condition('store', '!=', 2)),
    filter(condition('store', '=', 'North')),
    filter(condition('day', '>=', '2026-01-07')),
    filter(condition('spend', '>=', 10), condition('day', '<', '2026-01-06')),
    filter(condition('store', '=', 'nowhere')),
  )
  expect(rows.map(([, count]) => count)).toEqual([2, 2, 2, 2, 1, 2, 1, 0])
})

test('the parts of a slice sum up to the whole, cell by cell', async () => {
  const cell = fc.constantFrom('a', 'b', 'c')
  const table = fc.array(fc.tuple(cell, cell, fc.constantFrom('x', 'y', 'z', '')), { minLength: 1, maxLength: 60 })
  await fc.assert(
    fc.asyncProperty(table, async (rows) => {
      const slices: readonly Slice[] = [{ kind: 'each', column: 'part' }]
      const file = folder.put(csvOf(['y_true', 'y_pred', 'part'], rows))
      const { whole, slices: parts, labels } = await read(file, {}, { slices }, { task: 'multiclass' })
      const sums: Record<string, number> = {}
      for (const part of parts)
        for (const [name, count] of Object.entries(countsOf(part, labels))) sums[name] = (sums[name] ?? 0) + count
      expect(sums).toEqual(countsOf(whole, labels))
      expect(parts.map(({ name, rows: count }) => [name, count])).toEqual(
        ['x', 'y', 'z', '']
          .map((value) => [value, rows.filter(([, , part]) => part === value).length] as const)
          .filter(([, count]) => count > 0)
          .map(([value, count]) => [value === '' ? 'part is empty' : `part = ${value}`, count]),
      )
    }),
    { numRuns: 60 },
  )
})

test('a column of too many values is no slice, and text is no number', async () => {
  const many = Array.from({ length: 1001 }, (_, row) => ['a', 'a', String(row)])
  const file = folder.put(csvOf(['y_true', 'y_pred', 'store'], many))
  const slices: readonly Slice[] = [{ kind: 'each', column: 'store' }]
  expect(await errorOf(read(file, {}, { slices }))).toMatch(/^E-VALUE.*store has more than 1000 different values/)
  const message = await errorOf(rowsOf(filter(condition('store', '>', 1))))
  expect(message).toContain('row 4 (line 5): store is "North", not a number')
  expect(await errorOf(rowsOf({ kind: 'each', column: 'stores' }))).toMatch(/^E-COLUMN.*did you mean store\?/)
})

const inWords = (counts: Readonly<Record<string, number>>) =>
  Object.entries(counts)
    .map(([name, count]) => `${name}: ${count}`)
    .toSorted()
    .join(', ')

/** The cluster tables as counts of combinations, for comparison without the order of clusters. */
const tablesOf = ({ joint, clusters }: RowGroup) => {
  if (clusters === undefined || joint === undefined) throw new Error('no clusters')
  const { offsets, cells, counts } = clusters
  return Array.from({ length: offsets.length - 1 }, (_, cluster) => {
    const entries: Record<string, number> = {}
    for (let at = offsets[cluster] ?? 0; at < (offsets[cluster + 1] ?? 0); at += 1) {
      const cell = cells[at] ?? 0
      entries[`${joint.truth[cell]} ${joint.candidate[cell]}`] = counts[at] ?? 0
    }
    return inWords(entries)
  })
}
const sumOf = ({ counts }: ClusterTables) => counts.reduce((sum, count) => sum + count, 0)

test('each cluster has its own table; they sum up to the whole, whatever the order of the rows', async () => {
  const cell = fc.constantFrom('0', '1')
  const table = fc.array(fc.tuple(cell, cell, fc.constantFrom('p', 'q', '1.0', '1', 'r')), {
    minLength: 1,
    maxLength: 60,
  })
  await fc.assert(
    fc.asyncProperty(table, async (rows) => {
      const readRows = (cells: Cells) =>
        read(folder.put(csvOf(['y_true', 'y_pred', 'house'], cells)), { cluster: 'house' }, {}, { task: 'multiclass' })
      const { whole } = await readRows(rows)
      const expected = new Map<string, Record<string, number>>()
      const labels = [...new Set(rows.flatMap(([truth, prediction]) => [truth, prediction]))].toSorted()
      for (const [truth, prediction, house] of rows) {
        const name = house === '1.0' ? '1' : house
        const counts = expected.get(name) ?? {}
        const key = `${labels.indexOf(truth)} ${labels.indexOf(prediction)}`
        expected.set(name, { ...counts, [key]: (counts[key] ?? 0) + 1 })
      }
      const tables = [...expected.values()].map(inWords)
      expect(tablesOf(whole).toSorted()).toEqual(tables.toSorted())
      expect((await readRows(rows.toReversed())).whole).toEqual(whole)
    }),
    { numRuns: 60 },
  )
}, 60_000)

test('an empty cluster is a fault', async () => {
  const file = folder.put('y_true,y_pred,house\na,a,1\na,a,\n')
  expect(await errorOf(read(file, { cluster: 'house' }))).toMatch(/^E-VALUE.*row 2 \(line 3\): house is empty/)
})

test('more than 100,000 clusters are folded, which is said, and no row is lost', async () => {
  const rows = Array.from({ length: MOST_CLUSTERS + 30_000 }, (_, row) => [String(row % 2), '1', `house-${row}`])
  const scored = await read(folder.put(csvOf(['y_true', 'y_pred', 'house'], rows)), { cluster: 'house' })
  const { clusters } = scored.whole
  if (clusters === undefined) throw new Error('no clusters')
  expect(clusters.offsets.length - 1).toBeLessThan(MOST_CLUSTERS)
  expect(clusters.offsets.length - 1).toBeGreaterThan(MOST_CLUSTERS / 2)
  expect(sumOf(clusters)).toBe(rows.length)
  expect(scored.notes).toEqual(['There are more than 100000 clusters; they were put together into so many by hash.'])
}, 60_000)

/** Columns of hashes as a reader fills them, run by run. */
const hashed = (texts: readonly string[], use: (column: ReturnType<typeof hashColumn>, rows: number) => void) => {
  const column = hashColumn()
  for (let first = 0; first < texts.length; first += RUN) {
    const part = texts.slice(first, first + RUN)
    for (const [at, text] of part.entries()) hashText(text, column, at)
    use(column, part.length)
  }
}
const runOf = (rows: number) => ({ rows, first: 0, place: String })

test('clusters that are folded are the same as those that come folded', () => {
  const texts = Array.from({ length: 300 }, (_, at) => `c${at % 150}`)
  const column = hashColumn()
  for (const [at, text] of texts.entries()) hashText(text, column, at)
  const clusters = createClusters(column, 100)
  let folded = new Uint32Array()
  clusters.onFold((numbers) => {
    folded = Uint32Array.from(numbers)
  })
  clusters.update(runOf(texts.length))
  expect(clusters.isFolded()).toBe(true)
  expect(folded).toHaveLength(150)
  expect([...clusters.of.subarray(0, 300)]).toEqual([...column.high.subarray(0, 300)].map((high) => high % 100))
})

test('repeated ids are counted exactly while they are few, and nearly when they are many', () => {
  const count = (texts: readonly string[], most: number) => {
    const column = hashColumn()
    const repeats = createRepeats(column, most)
    hashed(texts, (part, rows) => {
      column.high.set(part.high)
      column.low.set(part.low)
      repeats.update(runOf(rows))
    })
    return { count: repeats.count(), share: repeats.share() }
  }
  const once = Array.from({ length: 50_000 }, (_, at) => String(at))
  const texts = [...once, ...once.filter((_, at) => at % 5 === 0)]
  expect(count(texts, 100_000)).toEqual({ count: 10_000, share: 1 })
  const sampled = count(texts, 2000)
  expect(sampled.share).toBeGreaterThan(16)
  expect(Math.abs(sampled.count - 10_000)).toBeLessThan(2500)
})

test('neighbouring ids have different hashes, evenly spread', () => {
  const seen = new Set<number>()
  const buckets = new Uint32Array(1000)
  const size = 200_000
  hashed(
    Array.from({ length: size }, (_, at) => String(7_000_000_000 + at)),
    ({ high, low }, rows) => {
      for (let row = 0; row < rows; row += 1) {
        // The first 53 of the 64 bits.
        seen.add((high[row] ?? 0) * 2 ** 21 + ((low[row] ?? 0) >>> 11))
        const bucket = (high[row] ?? 0) % 1000
        buckets[bucket] = (buckets[bucket] ?? 0) + 1
      }
    },
  )
  expect(seen.size).toBe(size)
  // Chi square with 999 degrees of freedom: 1143 is exceeded once in a thousand times.
  expect(buckets.reduce((sum, found) => sum + (found - 200) ** 2 / 200, 0)).toBeLessThan(1143)
})
