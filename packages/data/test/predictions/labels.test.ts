import { gzipSync } from 'node:zlib'
import { afterAll, expect, test } from '@jest/globals'
import fc from 'fast-check'
import { type Cells, countsOf, csvOf, errorOf, jsonLinesOf, openFolder, read } from './tables.ts'

const folder = openFolder()
afterAll(folder.close)

const HEADER = ['id', 'y_true', 'y_candidate', 'y_champion']
const ROWS: Cells = [
  ['1', 'Low', 'Low', 'High'],
  ['2', 'High', 'High', 'High'],
  ['3', 'Medium', 'Low', 'Medium'],
  ['4', 'Low', 'Low', 'High'],
]
const COUNTS = { 'High High High': 1, 'Low Low High': 2, 'Medium Low Medium': 1 }

test('one scored file with both predictions is counted by combination, classes in order', async () => {
  const scored = await read(folder.put(csvOf(HEADER, ROWS)))
  expect(scored).toMatchObject({ task: 'multiclass', labels: ['High', 'Low', 'Medium'], paired: true, slices: [] })
  expect(scored.whole.rows).toBe(4)
  expect(countsOf(scored.whole, scored.labels)).toEqual(COUNTS)
})

test('CSV with mark, returns, quotes, gzip, and JSON lines say the same', async () => {
  const plain = await read(folder.put(csvOf(HEADER, ROWS)))
  const quoted = csvOf(HEADER, ROWS, { newline: '\r\n', quoteAll: true })
  for (const content of [`\uFEFF${quoted}`, quoted.trimEnd(), gzipSync(quoted), jsonLinesOf(HEADER, ROWS)])
    expect(await read(folder.put(content))).toEqual(plain)
})

test('without a champion nothing is paired, and the prediction may be called y_pred', async () => {
  const rows = ROWS.map(([id = '', truth = '', candidate = '']) => [id, truth, candidate])
  const scored = await read(folder.put(csvOf(['id', 'y_true', 'y_pred'], rows)))
  expect(scored.paired).toBe(false)
  expect(countsOf(scored.whole, scored.labels)).toEqual({ 'High High': 1, 'Low Low': 2, 'Medium Low': 1 })
})

test('labels compare as texts: 1, 1.0 and true in any case are one spelling each', async () => {
  const numbers = await read(folder.put('y_true,y_pred\n1,1.0\n0.0,0\n-2.0,-2\n'))
  expect(countsOf(numbers.whole, numbers.labels)).toEqual({ '-2 -2': 1, '0 0': 1, '1 1': 1 })
  const truths = await read(folder.put('y_true,y_pred\nTrue,true\nFALSE,False\n'))
  expect(truths).toMatchObject({ task: 'binary', labels: ['false', 'true'], positive: 1 })
})

test('every faulty cell and row is named with its line, up to five of them', async () => {
  const csv = 'y_true,y_pred\nLow,Low\n,Low\nLow,"a\nb"\nLow,\nLow\n\nLow,Low,Low\n"Low"x,Low\nLow,\n'
  const message = await errorOf(read(folder.put(csv)))
  expect(message).toMatch(/^E-ROW: s3:\/\/bucket\/predictions holds 6 cells or rows that cannot be used/)
  for (const part of ['row 2 (line 3): y_true is empty', 'row 4 (line 6): y_pred is empty'])
    expect(message).toContain(part)
  for (const part of ['line 7: 1 cells instead of 2', 'line 9: 3 cells instead of 2', 'line 10: text stands behind'])
    expect(message).toContain(part)
  expect(message).toContain('and 1 more')
})

test('columns that are not there are all named, with the nearest names', async () => {
  const message = await errorOf(
    read(folder.put('id,y_tru,y_pred\n1,a,a\n'), { cluster: 'household', champion: 'champ' }),
  )
  expect(message).toMatch(/^E-COLUMN: 3 columns are missing/)
  expect(message).toContain('has no column y_true, did you mean y_tru?')
  expect(message).toContain('has no column household')
  expect(message).toContain('has no column champ')
})

test('a table without rows, and a file without bytes, is E-EMPTY', async () => {
  for (const content of ['y_true,y_pred\n', 'y_true,y_pred', ''])
    expect(await errorOf(read(folder.put(content)))).toMatch(/^E-EMPTY/)
})

test('a quote that is not closed is E-ROW with its line', async () => {
  expect(await errorOf(read(folder.put('y_true,y_pred\na,a\na,"b\nc,c\n')))).toMatch(/^E-ROW.*line 3: a quote/)
})

test('what is no table is E-FORMAT and says what is read', async () => {
  for (const content of ['[{"y_true": 1}]', Uint8Array.of(0xff, 0xfe, 65, 0), Uint8Array.of(1, 0, 2), 'PAR1nothing'])
    expect(await errorOf(read(folder.put(content)))).toMatch(/^E-FORMAT.*(JSON lines|snappy)/)
})

test('any table counts the same from CSV, whatever is quoted, as from JSON lines, and as counted one by one', async () => {
  const text = fc.oneof(
    fc.constantFrom('a', 'b', 'ü', 'x,y', 'say "hi"', 'two\nlines', '\r', '\r\n', '""', ' a', '1', '1.0', '01', '日本'),
    fc.string({ unit: 'grapheme', minLength: 1, maxLength: 6 }),
  )
  const rows = fc.array(fc.tuple(text, text, text, text), { minLength: 1, maxLength: 30 })
  await fc.assert(
    fc.asyncProperty(rows, fc.constantFrom('\n', '\r\n'), fc.boolean(), async (table, newline, quoteAll) => {
      const options = { task: 'multiclass' as const }
      const csv = await read(folder.put(csvOf(HEADER, table, { newline, quoteAll })), {}, {}, options)
      const json = await read(folder.put(jsonLinesOf(HEADER, table)), {}, {}, options)
      expect(csv).toEqual(json)
      const spelled = (cell: string) => {
        const whole = /^-?\d+\.0+$/.test(cell) ? String(Math.trunc(Number(cell))) : cell
        return /^(true|false)$/i.test(whole) ? whole.toLowerCase() : whole
      }
      const counts: Record<string, number> = {}
      for (const [, ...cells] of table) {
        const key = cells.map(spelled).join(' ')
        counts[key] = (counts[key] ?? 0) + 1
      }
      expect(countsOf(csv.whole, csv.labels)).toEqual(counts)
    }),
    { numRuns: 200 },
  )
})
