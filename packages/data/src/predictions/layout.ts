import { type DataColumns, nearest, type ReadPlan } from '@mlops/core'
import { fileError } from './faults.ts'
import type { Table } from './table.ts'
import { canonicalText } from '../text.ts'

/** Score columns of a model: of the positive class, or by class. */
export type ScoreNames =
  | { readonly kind: 'positive'; readonly name: string }
  | { readonly kind: 'classes'; readonly classes: readonly string[]; readonly names: readonly string[] }

/** The champion's columns; `table` is absent when they stand in the candidate's file. */
interface ChampionLayout {
  readonly table?: Table
  /** Its own labels. */
  readonly label?: string
  readonly prediction: string
  readonly scores?: ScoreNames
}

/** Which columns are read of which table. */
export interface Layout {
  readonly table: Table
  readonly label: string
  readonly prediction: string
  readonly scores?: ScoreNames
  readonly id?: string
  readonly cluster?: string
  readonly champion?: ChampionLayout
}

const DEFAULT_CHAMPION = 'y_champion'
/** What most scripts call the prediction of the one model they know. */
const USUAL = 'y_pred'

interface Missing {
  readonly table: Table
  readonly why: string
}

const missingWords = ({ source, columns }: Table, name: string): string => {
  const near = nearest(name, columns)
  return `${source} has no column ${name}${near === undefined ? '' : `, did you mean ${near}?`}`
}

const columnError = (missing: readonly Missing[]) => {
  const tables = [...new Set(missing.map(({ table }) => table))]
  const there = tables.map(({ source, columns }) => `${source}: ${columns.slice(0, 30).join(', ')}`)
  return fileError(
    'E-COLUMN',
    missing.length === 1 ? 'a column cannot be found' : `${missing.length} columns cannot be found`,
    missing.map(({ why }) => why).join('; '),
    `name columns that are there in data and slices of the gate file (${there.join('; ')})`,
  )
}

const scoreNames = (
  score: string | undefined,
  scores: Readonly<Record<string, string>> | undefined,
): ScoreNames | undefined => {
  if (scores !== undefined)
    return {
      kind: 'classes',
      classes: Object.keys(scores).map(canonicalText),
      names: Object.values(scores),
    }
  return score === undefined ? undefined : { kind: 'positive', name: score }
}

export const namesOf = (scores: ScoreNames | undefined): readonly string[] => {
  if (scores === undefined) return []
  return scores.kind === 'positive' ? [scores.name] : scores.names
}

/** Finds the columns in the tables. Throws E-COLUMN for all that the gate file names and that are not there. */
export const layoutOf = (table: Table, other: Table | undefined, columns: DataColumns, plan: ReadPlan): Layout => {
  const missing: Missing[] = []
  const has = (name: string, where = table) => where.columns.includes(name)
  const need = (name: string, where = table) => {
    const times = where.columns.filter((column) => column === name).length
    if (times === 0) missing.push({ table: where, why: missingWords(where, name) })
    if (times > 1) missing.push({ table: where, why: `${where.source} has ${times} columns ${name}` })
    return name
  }
  const firstOf = (names: readonly string[], where: Table) => names.find((name) => has(name, where))
  const wantsScores = plan.probabilities || plan.scores

  const championScores = () => {
    const own = scoreNames(columns.championScore, columns.championScores)
    for (const name of namesOf(own)) need(name, other ?? table)
    if (own !== undefined || other === undefined) return own
    const same = scoreNames(columns.score, columns.scores)
    return namesOf(same).every((name) => has(name, other)) ? same : undefined
  }
  const championLayout = (): ChampionLayout | undefined => {
    const scores = championScores()
    const known = scores === undefined || !wantsScores ? {} : { scores }
    if (other === undefined) {
      if (!has(columns.champion) && columns.champion === DEFAULT_CHAMPION) return undefined
      return { prediction: need(columns.champion), ...known }
    }
    const found = firstOf([columns.champion, columns.prediction, USUAL], other)
    const prediction = need(found ?? columns.champion, other)
    const label = columns.id === undefined || has(columns.label, other) ? need(columns.label, other) : undefined
    if (columns.id !== undefined) need(columns.id, other)
    return { table: other, prediction, ...(label === undefined ? {} : { label }), ...known }
  }

  const label = need(columns.label)
  const prediction = need(firstOf([columns.prediction, USUAL], table) ?? columns.prediction)
  const scores = scoreNames(columns.score, columns.scores)
  for (const name of namesOf(scores)) need(name)
  for (const name of [columns.id, columns.cluster]) if (name !== undefined) need(name)
  for (const slice of plan.slices)
    for (const name of slice.kind === 'each' ? [slice.column] : slice.conditions.map(({ column }) => column)) need(name)
  const champion = championLayout()
  const unique = new Map(missing.map((one) => [one.why, one]))
  if (unique.size > 0) throw columnError([...unique.values()])
  return {
    table,
    label,
    prediction,
    ...(scores === undefined || !wantsScores ? {} : { scores }),
    ...(columns.id === undefined ? {} : { id: columns.id }),
    ...(columns.cluster === undefined ? {} : { cluster: columns.cluster }),
    ...(champion === undefined ? {} : { champion }),
  }
}
