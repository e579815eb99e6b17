import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { DataColumns, ReadPlan, RowGroup, Scored } from '@mlops/core'
import { type PredictionFile, readPredictions, type ReadOptions } from '../../src/index.ts'

const COLUMNS: DataColumns = { label: 'y_true', prediction: 'y_candidate', champion: 'y_champion' }
const PLAN: ReadPlan = { slices: [], probabilities: false, scores: false, buckets: 7 }

/** A folder of files that goes with `close`. */
export const openFolder = () => {
  const folder = mkdtempSync(join(tmpdir(), 'predictions-'))
  let count = 0
  return {
    put: (content: string | Uint8Array): PredictionFile => {
      count += 1
      const path = join(folder, `file-${count}`)
      writeFileSync(path, content)
      return { path, source: 's3://bucket/predictions' }
    },
    close: () => rmSync(folder, { recursive: true }),
  }
}

export type Cells = readonly (readonly string[])[]

export const csvOf = (header: readonly string[], rows: Cells, { newline = '\n', quoteAll = false } = {}): string => {
  const cell = (text: string) =>
    quoteAll || /[",\r\n]/.test(text) || text === '' ? `"${text.replaceAll('"', '""')}"` : text
  return [header, ...rows].map((row) => row.map(cell).join(',') + newline).join('')
}

export const jsonLinesOf = (header: readonly string[], rows: Cells): string =>
  rows.map((row) => `${JSON.stringify(Object.fromEntries(header.map((name, at) => [name, row[at]])))}\n`).join('')

export const read = (
  file: PredictionFile,
  columns: Partial<DataColumns> = {},
  plan: Partial<ReadPlan> = {},
  options: ReadOptions & { readonly champion?: PredictionFile } = {},
): Promise<Scored> => {
  const { champion, ...rest } = options
  const files = { candidate: file, ...(champion === undefined ? {} : { champion }) }
  return readPredictions(files, { ...COLUMNS, ...columns }, { ...PLAN, ...plan }, rest)
}

/** The line of the error that a promise ends with. */
export const errorOf = (promise: Promise<unknown>): Promise<string> =>
  promise.then(
    () => 'no error',
    (error: unknown) => (error instanceof Error ? error.message : String(error)),
  )

/** A joint table as text by text: `Low Low High: 3`. */
export const countsOf = ({ joint }: RowGroup, labels: readonly string[]): Readonly<Record<string, number>> => {
  if (joint === undefined) return {}
  const parts = [joint.truth, joint.candidate, joint.champion].filter(({ length }) => length > 0)
  return Object.fromEntries(
    [...joint.counts].map((count, cell) => [parts.map((part) => labels[part[cell] ?? -1]).join(' '), count]),
  )
}
