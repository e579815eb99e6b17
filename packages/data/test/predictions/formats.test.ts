import { readdirSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from '@jest/globals'
import type { ReadPlan } from '@mlops/core'
import { createCodes, NotLabels } from '../../src/predictions/codes.ts'
import { codeColumn } from '../../src/predictions/column.ts'
import { gatherFaults } from '../../src/predictions/faults.ts'
import { openTable } from '../../src/predictions/open-table.ts'
import { countsOf, errorOf, read } from './tables.ts'

const folder = join(import.meta.dirname, '../fixtures/predictions')
const fixture = (name: string) => ({ path: join(folder, name), source: name })

const COLUMNS = { id: 'id', cluster: 'household' }
const PLAN: Partial<ReadPlan> = {
  slices: [
    { kind: 'each', column: 'store' },
    { kind: 'each', column: 'loyal' },
    {
      kind: 'filter',
      text: 'spend > 60.5 and store != D',
      conditions: [
        { column: 'spend', op: '>', literal: 60.5 },
        { column: 'store', op: '!=', literal: 'D' },
      ],
    },
  ],
}

/** As pandas counts the file: groupby(...).size() and value_counts(). */
const COUNTS = {
  'High High High': 70,
  'High High Low': 9,
  'High High Medium': 8,
  'High Low High': 7,
  'High Low Low': 3,
  'High Medium High': 6,
  'High Medium Medium': 1,
  'Low High Low': 8,
  'Low High Medium': 2,
  'Low Low High': 6,
  'Low Low Low': 71,
  'Low Low Medium': 7,
  'Low Medium High': 1,
  'Low Medium Low': 4,
  'Low Medium Medium': 1,
  'Medium High High': 2,
  'Medium High Low': 2,
  'Medium High Medium': 23,
  'Medium Low High': 3,
  'Medium Low Low': 2,
  'Medium Low Medium': 12,
  'Medium Medium High': 29,
  'Medium Medium Low': 26,
  'Medium Medium Medium': 197,
}
const SLICES = [
  ['store = A, B', 159],
  ['store = D', 134],
  ['store = say "C"', 157],
  ['store is empty', 50],
  ['loyal = false', 209],
  ['loyal = true', 291],
  ['spend > 60.5 and store != D', 110],
]

const readFixture = async (name: string) => ({ ...(await read(fixture(name), COLUMNS, PLAN)), source: '' })

test.each(readdirSync(folder).filter((name) => name.startsWith('scored-') && !name.includes('lz4')))(
  '%s says what the CSV says',
  async (name) => {
    expect(await readFixture(name)).toEqual(await readFixture('scored.csv'))
  },
)

test('JSON lines say what the CSV says, and it is what pandas counts', async () => {
  const scored = await readFixture('scored.csv')
  expect(await readFixture('scored.jsonl')).toEqual(scored)
  expect(scored.labels).toEqual(['High', 'Low', 'Medium'])
  expect(scored.slices.map(({ name, rows }) => [name, rows])).toEqual(SLICES)
  expect(countsOf(scored.whole, scored.labels)).toEqual(COUNTS)
})

test('repeated ids are counted when there is no cluster column', async () => {
  const scored = await read(fixture('scored-pandas-snappy.parquet'), { id: 'household' })
  expect(scored.repeatedIds).toBe(460)
})

test('a regression is told by its broken numbers, and sums up the same from every format', async () => {
  const [csv, parquet, json] = await Promise.all(
    ['csv', 'parquet', 'jsonl'].map(async (end) => ({ ...(await read(fixture(`amounts.${end}`))), source: '' })),
  )
  expect(csv?.task).toBe('regression')
  expect(parquet).toEqual(csv)
  expect(json).toEqual(csv)
})

test('an unknown codec is named, and a table without rows is E-EMPTY', async () => {
  expect(await errorOf(read(fixture('scored-lz4.parquet')))).toMatch(/^E-FORMAT.*LZ4/)
  expect(await errorOf(read(fixture('empty.parquet')))).toMatch(/^E-EMPTY/)
})

test('labels that turn out to be numbers while Parquet is read are no fault of the file', async () => {
  const table = await openTable(fixture('amounts.parquet'))
  const codes = createCodes(5, () => {
    throw new NotLabels()
  })
  const faults = gatherFaults('amounts')
  const reading = table.read([{ name: 'y_true', column: codeColumn(codes) }], faults)
  await expect(reading.next()).rejects.toThrow(NotLabels)
})
