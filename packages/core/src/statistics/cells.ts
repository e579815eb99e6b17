import type { JointTable } from '../gate/evidence.ts'
import type { Model } from '../metrics/label-metrics.ts'

/** Kinds of rows: one entry for each combination of true class and answers of one model, or of two. */
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

/** The columns of a joint table that belong to the models, cells that differ in nothing else put together. */
export const project = (table: JointTable, models: readonly Model[]): Projection => {
  const columns = [table.truth, ...models.map((model) => table[model])]
  const places = new Map<string, number>()
  const of = Uint32Array.from(table.counts, (_, cell) => {
    const key = columns.map((column) => column[cell]).join()
    const place = places.get(key) ?? places.size
    places.set(key, place)
    return place
  })
  const [merged = new Uint32Array(), ...answers] = columns.map((column) => {
    const values = new Uint32Array(places.size)
    for (const [cell, place] of of.entries()) values[place] = column[cell] ?? 0
    return values
  })
  const counts = new Float64Array(places.size)
  for (const [cell, place] of of.entries()) counts[place] = (counts[place] ?? 0) + (table.counts[cell] ?? 0)
  return { cells: { truth: merged, answers, counts }, of }
}

/** Labels that occur, as truth or as an answer. */
const occurring = ({ truth, answers }: Cells): readonly number[] =>
  [...new Set([truth, ...answers].flatMap((column) => [...column]))].toSorted((one, other) => one - other)

/** Every way in which models can be right or wrong about a row of a class; two wrong ones agree. */
const outcomes = (label: number, wrong: readonly number[], models: number): readonly (readonly number[])[] =>
  wrong.flatMap((answer) =>
    models === 1
      ? [[label], [answer]]
      : [
          [label, label],
          [label, answer],
          [answer, label],
          [answer, answer],
        ],
  )

/**
 * Adds one row in all to each true class that occurs, in equal parts to each way of being right or wrong and to each wrong
 * answer: Perks' prior (Journal of the Institute of Actuaries 73 (1947) 285-334) of the models' right and wrong. Without it
 * a class of few rows has no variance whenever both models happen to do equally well on them, and the bootstrap's interval
 * is too short.
 *
 * @returns the cells given first and in their order, then those that got a part without having occurred
 */
export const withPrior = (cells: Cells): Cells => {
  const labels = occurring(cells)
  const columns = [cells.truth, ...cells.answers].map((column) => [...column])
  const counts = [...cells.counts]
  const places = new Map(counts.map((_, cell) => [columns.map((column) => column[cell]).join(), cell]))
  for (const label of new Set(cells.truth)) {
    const parts = outcomes(
      label,
      labels.filter((other) => other !== label),
      cells.answers.length,
    )
    for (const part of parts) {
      const key = [label, ...part].join()
      const place = places.get(key) ?? counts.length
      places.set(key, place)
      for (const [at, column] of columns.entries()) column[place] = at === 0 ? label : (part[at - 1] ?? label)
      counts[place] = (counts[place] ?? 0) + 1 / parts.length
    }
  }
  const [truth = new Uint32Array(), ...answers] = columns.map((column) => Uint32Array.from(column))
  return { truth, answers, counts: Float64Array.from(counts) }
}
