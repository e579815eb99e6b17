import type { ReadPlan, SliceGroup } from '@mlops/core'
import { EMPTY } from './codes.ts'
import { type Column, columnLike, hashColumn, numberColumn, RUN } from './column.ts'
import { type Faults, fileError, gatherFaults } from './faults.ts'
import { type Layout, namesOf, type ScoreNames } from './layout.ts'
import { type ChampionSource, readInStep, readJoined } from './pairing.ts'
import { type Selector, selectorOf } from './slices.ts'
import type { Run, Wanted } from './table.ts'

type NumberColumn = ReturnType<typeof numberColumn>
type HashColumn = ReturnType<typeof hashColumn>

/** The columns of all rows, whichever files they come from; a run's cells stand in them. */
export interface JudgedColumns<T extends Column> {
  readonly truth: T
  readonly candidate: T
  readonly champion?: T
  readonly scores: readonly NumberColumn[]
  readonly championScores: readonly NumberColumn[]
  readonly cluster?: HashColumn
  /** Only when repeated ids are looked for. */
  readonly id?: HashColumn
}

const scoreColumns = (scores: ScoreNames | undefined) => namesOf(scores).map(() => numberColumn())

const named = (names: readonly string[], columns: readonly Column[]): readonly Wanted[] =>
  names.flatMap((name, at) => {
    const column = columns[at]
    return column === undefined ? [] : [{ name, column }]
  })

const optional = (name: string | undefined, column: Column | undefined): readonly Wanted[] =>
  name === undefined || column === undefined ? [] : [{ name, column }]

/** @param make makes the columns of truth and predictions */
export const judgedColumns = <T extends Column>(layout: Layout, make: () => T): JudgedColumns<T> => {
  const { champion, cluster, id } = layout
  const joined = champion?.table !== undefined
  return {
    truth: make(),
    candidate: make(),
    ...(champion === undefined ? {} : { champion: make() }),
    scores: scoreColumns(layout.scores),
    championScores: scoreColumns(champion?.scores),
    ...(cluster === undefined ? {} : { cluster: hashColumn() }),
    ...(id === undefined || cluster !== undefined || joined ? {} : { id: hashColumn() }),
  }
}

interface AllFaults {
  readonly candidate: Faults
  readonly champion: Faults
}

const readRuns = (layout: Layout, columns: JudgedColumns<Column>, sliced: readonly Wanted[], faults: AllFaults) => {
  const { table, champion } = layout
  const own: readonly Wanted[] = [
    { name: layout.label, column: columns.truth },
    { name: layout.prediction, column: columns.candidate },
    ...named(namesOf(layout.scores), columns.scores),
    ...optional(layout.cluster, columns.cluster),
    ...optional(layout.id, columns.id),
    ...sliced,
  ]
  const others = [
    ...optional(champion?.prediction, columns.champion),
    ...named(namesOf(champion?.scores), columns.championScores),
  ]
  if (champion?.table === undefined) return table.read([...own, ...others], faults.candidate)
  const source: ChampionSource = {
    table: champion.table,
    wanted: others,
    faults: faults.champion,
    ...(champion.label === undefined
      ? {}
      : { truth: { name: champion.label, column: columnLike(columns.truth, RUN), candidates: columns.truth } }),
  }
  const candidate = { table, wanted: own, faults: faults.candidate }
  return layout.id === undefined ? readInStep(candidate, source) : readJoined(candidate, source, layout.id)
}

/** Notes the rows of a run whose cell a test does not like. */
const check = (run: Run, faults: Faults, what: string, isBad: (row: number) => boolean) => {
  for (let row = 0; row < run.rows; row += 1) if (isBad(row)) faults.add('E-VALUE', `${run.place(row)}: ${what}`)
}

/** Truth must be a finite number and probabilities lie between 0 and 1; a prediction may be NaN, which a rule then rejects. */
const checkNumbers = (
  run: Run,
  faults: Faults,
  what: string,
  { values }: NumberColumn,
  [low, high]: readonly [number, number],
) =>
  check(run, faults, what, (row) => {
    const value = values[row] ?? Number.NaN
    return !(value >= low && value <= high)
  })

const FINITE = [-Number.MAX_VALUE, Number.MAX_VALUE] as const

const checkRun = (layout: Layout, plan: ReadPlan, columns: JudgedColumns<Column>, faults: Faults, run: Run) => {
  const checkCode = (what: string, column: Column | undefined) => {
    if (column?.kind === 'code' && column.codes.hasEmpty())
      check(run, faults, `${what} is empty`, (row) => column.values[row] === EMPTY)
  }
  checkCode(layout.label, columns.truth)
  checkCode(layout.prediction, columns.candidate)
  checkCode(
    layout.champion?.table === undefined ? (layout.champion?.prediction ?? '') : "the champion's prediction",
    columns.champion,
  )
  const { truth, cluster } = columns
  // An empty cell is NaN too, and was noted by the reader.
  if (truth.kind === 'number')
    check(run, faults, `${layout.label} is not finite`, (row) => Math.abs(truth.values[row] ?? 0) === Infinity)
  if (cluster !== undefined)
    check(run, faults, `${layout.cluster} is empty`, (row) => cluster.high[row] === 0 && cluster.low[row] === 0)
  const range = plan.probabilities ? ([0, 1] as const) : FINITE
  const wrong = plan.probabilities ? 'is no probability' : 'is not finite'
  for (const [at, name] of namesOf(layout.scores).entries()) {
    const column = columns.scores[at]
    if (column !== undefined) checkNumbers(run, faults, `${name} ${wrong}`, column, range)
  }
  for (const column of columns.championScores) checkNumbers(run, faults, `the champion's score ${wrong}`, column, range)
}

/** What is counted of a group of rows. */
export interface Group {
  readonly add: (rows: Uint32Array, count: number) => void
}

export interface Counted<G> {
  readonly group: G
  readonly rows: number
}

export interface CountedRows<G> {
  readonly whole: Counted<G>
  readonly slices: readonly (Pick<SliceGroup, 'slice' | 'name'> & Counted<G>)[]
}

/**
 * Reads all rows and hands them to groups: the whole, and each slice. Throws what is wrong with cells, rows and the two
 * files' alignment, and E-EMPTY when there is no row.
 *
 * @param update looks at each run before it is counted
 * @param make makes an empty group
 */
export const countRows = async <G extends Group>(
  layout: Layout,
  plan: ReadPlan,
  columns: JudgedColumns<Column>,
  update: (run: Run) => void,
  make: () => G,
): Promise<CountedRows<G>> => {
  const faults = {
    candidate: gatherFaults(layout.table.source),
    champion: gatherFaults(layout.champion?.table?.source ?? layout.table.source),
  }
  const selectors = plan.slices.map(selectorOf)
  const parts = new Map<Selector, Map<string, { group: G; rows: number }>>(selectors.map((one) => [one, new Map()]))
  const whole = { group: make(), rows: 0 }
  const all = Uint32Array.from({ length: RUN }, (_, row) => row)
  const sliced = selectors.flatMap(({ wanted }) => wanted)

  for await (const run of readRuns(layout, columns, sliced, faults)) {
    checkRun(layout, plan, columns, faults.candidate, run)
    if (faults.candidate.count() > 0) continue
    update(run)
    whole.group.add(all, run.rows)
    whole.rows += run.rows
    for (const [selector, groups] of parts)
      selector.select(run, (name, rows, count) => {
        const part = groups.get(name) ?? { group: make(), rows: 0 }
        groups.set(name, part)
        part.group.add(rows, count)
        part.rows += count
      })
  }
  faults.candidate.throwIfAny()
  faults.champion.throwIfAny()
  if (whole.rows === 0)
    throw fileError(
      'E-EMPTY',
      `${layout.table.source} holds no row`,
      'there is a header and nothing below it',
      'look at the job that scores: an empty evaluation set cannot be judged',
    )
  const slices = selectors.flatMap((selector) =>
    selector.names().map((name) => {
      const part = parts.get(selector)?.get(name) ?? { group: make(), rows: 0 }
      return { slice: selector.slice, name, ...part }
    }),
  )
  return { whole, slices }
}
