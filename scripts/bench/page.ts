import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'

const DOCS = join(import.meta.dirname, '../../docs')

type Row = readonly string[]

/** A table in Markdown; all columns but the first are figures. */
export const table = (columns: Row, rows: readonly Row[]): string =>
  [columns, columns.map((_, index) => (index === 0 ? '---' : '---:')), ...rows]
    .map((row) => `| ${row.join(' | ')} |`)
    .join('\n')

/** Writes measured text between the markers of its name on a page of docs, and prints it. */
export const put = (page: string, name: string, text: string): void => {
  const [open, close] = [`<!-- bench:${name} -->`, `<!-- /bench:${name} -->`]
  const file = join(DOCS, page)
  const before = readFileSync(file, 'utf8')
  const [head, tail] = [before.split(open)[0], before.split(close)[1]]
  if (head === undefined || tail === undefined) throw new Error(`docs/${page} has no ${open}`)
  writeFileSync(file, `${head}${open}\n${text}\n${close}${tail}`)
  console.log(`\n${name}\n${text}`)
}

const sorted = (values: readonly number[]) => values.toSorted((one, other) => one - other)

export const median = (values: readonly number[]): number => sorted(values)[Math.floor(values.length / 2)] ?? Number.NaN

/** The value that so large a share of them do not exceed. */
export const percentile = (values: readonly number[], share: number): number =>
  sorted(values)[Math.ceil(values.length * share) - 1] ?? Number.NaN

/** Median with the smallest and the largest value. */
export const spread = (values: readonly number[], digits = 0): string => {
  const all = sorted(values)
  return `${median(all).toFixed(digits)} (${(all[0] ?? 0).toFixed(digits)}-${(all.at(-1) ?? 0).toFixed(digits)})`
}
