import type { JointTable } from '../gate/evidence.ts'
import type { Model } from '../metrics/label-metrics.ts'

/** Rows by kind: one cell for each combination of true class and answers of one model, or of two. */
export interface Cells {
  readonly truth: Uint32Array
  /** A column for each model. */
  readonly answers: readonly Uint32Array[]
  readonly counts: Float64Array
}

/** Cells with the place of each cell of the joint table among them. */
export interface Projection {
  readonly cells: Cells
  readonly of: Uint32Array
}

interface Kind {
  /** True class, then the answers. */
  readonly values: readonly number[]
  readonly count: number
}

const put = (kinds: Map<string, Kind>, values: readonly number[], count: number) => {
  const key = values.join()
  kinds.set(key, { values, count: (kinds.get(key)?.count ?? 0) + count })
}

const cellsOf = (kinds: readonly Kind[], models: number): Cells => {
  const column = (at: number) => Uint32Array.from(kinds, ({ values }) => values[at] ?? 0)
  return {
    truth: column(0),
    answers: Array.from({ length: models }, (_, model) => column(model + 1)),
    counts: Float64Array.from(kinds, ({ count }) => count),
  }
}

/**
 * The columns of a joint table that belong to the models, cells that differ in nothing else put together. They are sorted, so
 * that neither their order nor what is drawn from them depends on the order of the rows.
 */
export const project = (table: JointTable, models: readonly Model[]): Projection => {
  const columns = [table.truth, ...models.map((model) => table[model])]
  const values = Array.from(table.counts, (_, cell) => columns.map((column) => column[cell] ?? 0))
  const kinds = new Map<string, Kind>()
  for (const [cell, one] of values.entries()) {
    const count = table.counts[cell] ?? 0
    if (count > 0) put(kinds, one, count)
  }
  const difference = (one: Kind, other: Kind) =>
    one.values.map((value, at) => value - (other.values[at] ?? 0)).find((apart) => apart !== 0) ?? 0
  const sorted = [...kinds.values()].toSorted(difference)
  const places = new Map(sorted.map((kind, place) => [kind.values.join(), place]))
  return {
    cells: cellsOf(sorted, models.length),
    of: Uint32Array.from(values, (one) => places.get(one.join()) ?? 0),
  }
}

/** Every way in which models can be right or wrong about a row of a class; two wrong ones agree. */
const outcomes = (label: number, wrong: readonly number[], models: number): readonly (readonly number[])[] =>
  wrong.flatMap((answer) => {
    if (models === 1) return [[label], [answer]]
    return [label, answer].flatMap((one) => [
      [one, label],
      [one, answer],
    ])
  })

/**
 * Adds one row in all to each true class that occurs, in equal parts to each way of being right or wrong and to each wrong
 * answer: Perks' prior (Journal of the Institute of Actuaries 73 (1947) 285-334) of the models' right and wrong. Without it
 * a class of few rows has no variance whenever both models happen to do equally well on them, and the bootstrap's interval
 * is too short.
 *
 * @returns the cells given first and in their order, then those that got a part without having occurred
 */
export const withPrior = ({ truth, answers, counts }: Cells): Cells => {
  const kinds = new Map<string, Kind>()
  for (const [cell, count] of counts.entries())
    put(
      kinds,
      [truth, ...answers].map((column) => column[cell] ?? 0),
      count,
    )
  const labels = [...new Set([truth, ...answers].flatMap((column) => [...column]))].toSorted(
    (one, other) => one - other,
  )
  for (const label of new Set(truth)) {
    const parts = outcomes(
      label,
      labels.filter((other) => other !== label),
      answers.length,
    )
    for (const part of parts) put(kinds, [label, ...part], 1 / parts.length)
  }
  return cellsOf([...kinds.values()], answers.length)
}
