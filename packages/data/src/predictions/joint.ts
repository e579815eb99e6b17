import type { ClusterTables, JointTable } from '@mlops/core'
import type { Clusters } from './clusters.ts'
import { RUN } from './column.ts'
import { growingIntegers } from './growing.ts'
import type { Run } from './table.ts'

/** Labels are kept apart up to here; more are no classes. */
export const MOST_LABELS = 10_000

interface CodeValues {
  readonly values: Uint32Array
}

export interface LabelColumns {
  readonly truth: CodeValues
  readonly candidate: CodeValues
  readonly champion?: CodeValues
}

/** Numbers the combinations of labels as they come. */
export interface Cells {
  /** The combination of each row of the run. */
  readonly of: Uint32Array
  readonly update: (run: Run) => void
  readonly size: () => number
  /** Codes of a combination: truth, candidate, champion. */
  readonly codes: (cell: number) => readonly [number, number, number]
}

/** Bits of a code in the table of few labels, and in the key of many. */
const [FEW, MANY] = [5, 14]

export const createCells = ({ truth, candidate, champion }: LabelColumns): Cells => {
  const of = new Uint32Array(RUN)
  const few = new Uint32Array(1 << (3 * FEW))
  const many = new Map<number, number>()
  const parts = [growingIntegers(), growingIntegers(), growingIntegers()] as const
  const none = new Uint32Array(RUN)

  const add = (...codes: readonly [number, number, number]) => {
    for (const [at, part] of parts.entries()) part.push(codes[at] ?? 0)
    return parts[0].length() - 1
  }
  const cellOf = (one: number, two: number, three: number) => {
    if ((one | two | three) >>> FEW === 0) {
      const key = (((one << FEW) | two) << FEW) | three
      const known = few[key] ?? 0
      if (known > 0) return known - 1
      const cell = add(one, two, three)
      few[key] = cell + 1
      return cell
    }
    const key = (one * 2 ** MANY + two) * 2 ** MANY + three
    const known = many.get(key)
    if (known !== undefined) return known
    const cell = add(one, two, three)
    many.set(key, cell)
    return cell
  }
  const third = champion?.values ?? none
  return {
    of,
    size: parts[0].length,
    codes: (cell) => [parts[0].at(cell), parts[1].at(cell), parts[2].at(cell)],
    update: ({ rows }) => {
      for (let row = 0; row < rows; row += 1)
        of[row] = cellOf(truth.values[row] ?? 0, candidate.values[row] ?? 0, third[row] ?? 0)
    },
  }
}

/** Counts rows by combination, and by cluster and combination. */
export interface JointCounts {
  readonly add: (rows: Uint32Array, count: number) => void
  /** @param labelOf index of each code in the sorted labels */
  readonly finish: (labelOf: Uint32Array) => { readonly joint: JointTable; readonly clusters?: ClusterTables }
}

const doubled = (numbers: Uint32Array) => {
  const larger = new Uint32Array(numbers.length * 2)
  larger.set(numbers)
  return larger
}

/** A sparse table of counts by two numbers. */
const createPairCounts = () => {
  // An open hash table at most half full: entry + 1, 0 for none.
  let slots = new Uint32Array(1 << 11)
  let ones = new Uint32Array(1 << 10)
  let others = new Uint32Array(1 << 10)
  let counts = new Uint32Array(1 << 10)
  let size = 0

  const slotOf = (one: number, other: number) => {
    const mask = slots.length - 1
    let hash = Math.imul(one, 0x9e3779b1) ^ Math.imul(other, 0x85ebca6b)
    hash = Math.imul(hash ^ (hash >>> 15), 0xc2b2ae35)
    for (let slot = (hash ^ (hash >>> 13)) & mask; ; slot = (slot + 1) & mask) {
      const entry = (slots[slot] ?? 0) - 1
      if (entry < 0 || (ones[entry] === one && others[entry] === other)) return slot
    }
  }
  const widen = () => {
    slots = new Uint32Array(slots.length * 2)
    for (let entry = 0; entry < size; entry += 1) slots[slotOf(ones[entry] ?? 0, others[entry] ?? 0)] = entry + 1
    ones = doubled(ones)
    others = doubled(others)
    counts = doubled(counts)
  }
  const add = (one: number, other: number, count: number) => {
    const slot = slotOf(one, other)
    const entry = (slots[slot] ?? 0) - 1
    if (entry >= 0) {
      counts[entry] = (counts[entry] ?? 0) + count
      return
    }
    ones[size] = one
    others[size] = other
    counts[size] = count
    size += 1
    slots[slot] = size
    if (size === counts.length) widen()
  }
  const forEach = (visit: (one: number, other: number, count: number) => void) => {
    for (let entry = 0; entry < size; entry += 1) visit(ones[entry] ?? 0, others[entry] ?? 0, counts[entry] ?? 0)
  }
  /** Counts again under other first numbers. */
  const renumber = (numbers: Uint32Array) => {
    const before = { ones, others, counts, size }
    slots = new Uint32Array(slots.length)
    size = 0
    ones = new Uint32Array(ones.length)
    others = new Uint32Array(others.length)
    counts = new Uint32Array(counts.length)
    for (let entry = 0; entry < before.size; entry += 1)
      add(numbers[before.ones[entry] ?? 0] ?? 0, before.others[entry] ?? 0, before.counts[entry] ?? 0)
  }
  return { add, forEach, renumber, size: () => size }
}

const inLabelOrder = (one: readonly number[], other: readonly number[]) => {
  const index = one.findIndex((label, position) => label !== other[position])
  return (one[index] ?? 0) - (other[index] ?? 0)
}

/** Sorts a stretch by cell; it is as short as a cluster has combinations. */
const sortStretch = (cells: Uint32Array, counts: Uint32Array, from: number, to: number) => {
  for (let next = from + 1; next < to; next += 1) {
    const [cell, count] = [cells[next] ?? 0, counts[next] ?? 0]
    let at = next
    for (; at > from && (cells[at - 1] ?? 0) > cell; at -= 1) {
      cells[at] = cells[at - 1] ?? 0
      counts[at] = counts[at - 1] ?? 0
    }
    cells[at] = cell
    counts[at] = count
  }
}

/** As sparse rows, clusters in their order, those without a row left out. */
const tablesOf = (
  pairs: ReturnType<typeof createPairCounts>,
  order: Uint32Array,
  positionOf: Uint32Array,
): ClusterTables => {
  const rank = new Uint32Array(order.length)
  for (const [at, cluster] of order.entries()) rank[cluster] = at
  const ends = new Uint32Array(order.length + 1)
  const endOf = (cluster: number) => (rank[cluster] ?? 0) + 1
  pairs.forEach((cluster) => (ends[endOf(cluster)] = (ends[endOf(cluster)] ?? 0) + 1))
  for (let at = 1; at < ends.length; at += 1) ends[at] = (ends[at] ?? 0) + (ends[at - 1] ?? 0)
  const next = ends.slice()
  const [cells, counts] = [new Uint32Array(pairs.size()), new Uint32Array(pairs.size())]
  pairs.forEach((cluster, cell, count) => {
    const at = next[rank[cluster] ?? 0] ?? 0
    cells[at] = positionOf[cell] ?? 0
    counts[at] = count
    next[rank[cluster] ?? 0] = at + 1
  })
  for (let at = 1; at < ends.length; at += 1) sortStretch(cells, counts, ends[at - 1] ?? 0, ends[at] ?? 0)
  return { offsets: ends.filter((end, at) => at === 0 || end !== ends[at - 1]), cells, counts }
}

export const createJointCounts = (cells: Cells, hasChampion: boolean, clusters?: Clusters): JointCounts => {
  let counts = new Float64Array(64)
  const pairs = clusters === undefined ? undefined : createPairCounts()
  if (pairs !== undefined) clusters?.onFold(pairs.renumber)

  const jointOf = (labelOf: Uint32Array) => {
    const found = Array.from({ length: Math.min(cells.size(), counts.length) }, (_, cell) => cell).filter(
      (cell) => (counts[cell] ?? 0) > 0,
    )
    const entries = found.map((cell) => ({ cell, labels: cells.codes(cell).map((code) => labelOf[code] ?? 0) }))
    entries.sort((one, other) => inLabelOrder(one.labels, other.labels))
    const column = (index: number) => Uint32Array.from(entries, ({ labels }) => labels[index] ?? 0)
    const positionOf = new Uint32Array(cells.size())
    for (const [position, { cell }] of entries.entries()) positionOf[cell] = position
    return {
      positionOf,
      joint: {
        truth: column(0),
        candidate: column(1),
        champion: hasChampion ? column(2) : new Uint32Array(),
        counts: Float64Array.from(entries, ({ cell }) => counts[cell] ?? 0),
      },
    }
  }
  return {
    add: (rows, count) => {
      if (cells.size() > counts.length) {
        const more = new Float64Array(cells.size() * 2)
        more.set(counts)
        counts = more
      }
      for (let index = 0; index < count; index += 1) {
        const cell = cells.of[rows[index] ?? 0] ?? 0
        counts[cell] = (counts[cell] ?? 0) + 1
      }
      if (pairs === undefined || clusters === undefined) return
      for (let index = 0; index < count; index += 1) {
        const row = rows[index] ?? 0
        pairs.add(clusters.of[row] ?? 0, cells.of[row] ?? 0, 1)
      }
    },
    finish: (labelOf) => {
      const { joint, positionOf } = jointOf(labelOf)
      if (pairs === undefined || clusters === undefined) return { joint }
      return { joint, clusters: tablesOf(pairs, clusters.order(), positionOf) }
    },
  }
}
