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
  for (const part of ['line 7: 1 cell instead of 2', 'line 9: 3 cells instead of 2', 'line 10: text stands behind'])
    expect(message).toContain(part)
  expect(message).toContain('and 1 more')
})

test('columns that are not there are all named, with the nearest names', async () => {
  const message = await errorOf(
    read(folder.put('id,y_tru,y_pred\n1,a,a\n'), { cluster: 'household', champion: 'champ' }),
  )
  expect(message).toMatch(/^E-COLUMN: 3 columns cannot be found/)
  expect(message).toContain('has no column y_true, did you mean y_tru?')
  expect(message).toContain('has no column household')
  expect(message).toContain('has no column champ')
})

test('a column that stands twice cannot be told apart', async () => {
  const message = await errorOf(read(folder.put('y_true,y_pred,y_pred\na,a,b\n')))
  expect(message).toMatch(/^E-COLUMN: a column cannot be found .* has 2 columns y_pred/)
  expect((await read(folder.put('y_true,y_pred,x,x\na,a,b,b\n'))).whole.rows).toBe(1)
})

test('texts that are not UTF-8 are refused, since two classes could become one', async () => {
  const latin = (text: string) => Buffer.from(text, 'latin1')
  expect(await errorOf(read(folder.put(latin('y_true,y_pred\n\xe9,a\n'))))).toMatch(/^E-FORMAT.*not UTF-8/)
  expect(
    await errorOf(read(folder.put(latin('{"y_true": "\xe9", "y_pred": "a"}\n{"y_true": 1, "y_pred": 1}\n[1]\n')))),
  ).toMatch(/line 1: no JSON object in UTF-8.*line 3: no JSON object/)
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

/** Anything that quoting, line ends and spelling could go wrong with. */
const text = fc.oneof(
  fc.constantFrom('a', 'b', 'ü', 'x,y', 'say "hi"', 'two\nlines', '\r', '\r\n', '""', ' a', '1', '1.0', '01', '日本'),
  fc.string({ unit: 'grapheme', minLength: 1, maxLength: 6 }),
  fc.string({ minLength: 7, maxLength: 20 }),
)
const spelled = (cell: string) => {
  const whole = /^-?\d+\.0+$/.test(cell) ? String(Math.trunc(Number(cell))) : cell
  return /^(true|false)$/i.test(whole) ? whole.toLowerCase() : whole
}

test('any table counts the same from CSV, whatever is quoted, as from JSON lines, and as counted one by one', async () => {
  const rows = fc.array(fc.tuple(text, text, text, text), { minLength: 1, maxLength: 30 })
  await fc.assert(
    fc.asyncProperty(rows, fc.constantFrom('\n', '\r\n'), fc.boolean(), async (table, newline, quoteAll) => {
      const options = { task: 'multiclass' as const }
      const file = folder.put(csvOf(HEADER, table, { newline, quoteAll }))
      const csv = await read(file, {}, {}, options)
      const counts: Record<string, number> = {}
      for (const [, ...cells] of table) {
        const key = cells.map(spelled).join(' ')
        counts[key] = (counts[key] ?? 0) + 1
      }
      expect(countsOf(csv.whole, csv.labels)).toEqual(counts)
      expect(await read(folder.put(jsonLinesOf(HEADER, table)), {}, {}, options)).toEqual(csv)
      // A doubled quote in each row: none of them is plain, and all go the long way round.
      const long = csvOf(
        [...HEADER, 'quote'],
        table.map((row) => [...row, '"']),
        { newline, quoteAll },
      )
      expect((await read(folder.put(long), {}, {}, options)).whole).toEqual(csv.whole)
      // A column that is wanted twice.
      const twice = await read(file, {}, { slices: [{ kind: 'each', column: 'y_true' }] }, options)
      expect(twice.whole).toEqual(csv.whole)
    }),
    { numRuns: 80 },
  )
}, 60_000)

test('rows are the same wherever the chunks of a file end', async () => {
  // Rows of 2 to 80 bytes over several windows, some with line breaks in quotes.
  const cells = Array.from({ length: 40_000 }, (_, row) => [
    String(row),
    ['a', 'b'][row % 2] ?? '',
    `${'x'.repeat(row % 60)}${row % 97 === 0 ? '\n"' : ''}`.slice(0, 61) || 'y',
    'b',
  ])
  const scored = await read(folder.put(csvOf(HEADER, cells)), {}, {}, { task: 'multiclass' })
  const counts: Record<string, number> = {}
  for (const [, ...one] of cells) counts[one.join(' ')] = (counts[one.join(' ')] ?? 0) + 1
  expect(countsOf(scored.whole, scored.labels)).toEqual(counts)
})

test('a fault after line breaks in quotes, and beyond the first run of rows, names its line', async () => {
  const rows = Array.from({ length: 20_000 }, (_, row) => (row === 3 ? 'a,"b\n\nb"\n' : 'a,a\n'))
  const message = await errorOf(read(folder.put(`y_true,y_pred\n${rows.join('')}a,\n`)))
  expect(message).toContain('row 20001 (line 20004): y_pred is empty')
})

const taskOf = async (rows: readonly string[], columns = {}, options = {}) => {
  const { task, labels, positive } = await read(folder.put(`y_true,y_pred\n${rows.join('\n')}\n`), columns, {}, options)
  return [task, labels, positive]
}

test('the task is told by the labels, unless the gate file says it', async () => {
  expect(await taskOf(['0,1', '1,1'])).toEqual(['binary', ['0', '1'], 1])
  expect(await taskOf(['true,false'])).toEqual(['binary', ['false', 'true'], 1])
  expect(await taskOf(['no,yes'])).toEqual(['binary', ['no', 'yes'], undefined])
  expect(await taskOf(['no,yes'], { positive: 'no' })).toEqual(['binary', ['no', 'yes'], 0])
  expect(await taskOf(['a,b', 'c,c'])).toEqual(['multiclass', ['a', 'b', 'c'], undefined])
  expect(await taskOf(['a,a'])).toEqual(['multiclass', ['a'], undefined])
  expect(await taskOf(['10,9', '9,-1'])).toEqual(['multiclass', ['-1', '9', '10'], undefined])
  expect(await taskOf(['0,1', '1,1'], {}, { task: 'multiclass' })).toEqual(['multiclass', ['0', '1'], undefined])
  expect(await taskOf(['1,0.5', '0,1'])).toEqual(['regression', [], undefined])
  expect(await taskOf(['1,2', '0,1'], {}, { task: 'regression' })).toEqual(['regression', [], undefined])
})

test('a class that no row has may be the positive one only when a class is missing', async () => {
  expect(await taskOf(['no,no'], { positive: 'yes' })).toEqual(['binary', ['no', 'yes'], 1])
  expect(await taskOf(['0,0'], {}, { task: 'binary' })).toEqual(['binary', ['0', '1'], 1])
  const message = await errorOf(taskOf(['no,yes'], { positive: 'maybe' }))
  expect(message).toMatch(/^E-POSITIVE: no row has the positive class "maybe" \| the classes are "no" and "yes"/)
})

test('three classes are not binary', async () => {
  expect(await errorOf(taskOf(['a,b', 'c,c'], {}, { task: 'binary' }))).toMatch(/^E-LABELS.*"a", "b", "c"/)
})

test('so many different numbers are a regression when one is broken, else no classes', async () => {
  const numbers = (step: number) => Array.from({ length: 11_000 }, (_, row) => `${row * step},1`)
  expect((await taskOf(numbers(0.5)))[0]).toBe('regression')
  expect(await errorOf(taskOf(numbers(1)))).toMatch(/^E-VALUE.*more than 10000 different labels.*task: regression/)
  expect(await errorOf(taskOf(numbers(0.5), {}, { task: 'multiclass' }))).toMatch(/^E-VALUE.*different labels/)
})
