import { afterAll, expect, test } from '@jest/globals'
import fc from 'fast-check'
import { type Cells, csvOf, errorOf, jsonLinesOf, openFolder, read } from './tables.ts'

const folder = openFolder()
afterAll(folder.close)

const LABELS = ['a', 'b', 'c']
const label = fc.constantFrom(...LABELS)
const OWN = ['id', 'y_true', 'y_pred']
const BOTH = [...OWN, 'y_champion']

/** Rows of one table with both predictions, and the champion's own file of them. */
const split = (rows: Cells) => ({
  candidate: rows.map((row) => row.slice(0, 3)),
  champion: rows.map(([id = '', truth = '', , champion = '']) => [id, truth, champion]),
})
const tables = fc
  .array(fc.tuple(label, label, label), { minLength: 1, maxLength: 40 })
  .map((rows) => rows.map((row, at) => [String(at * 7), ...row]))

test('two files joined by id say what one file says, in whatever order the rows are', async () => {
  await fc.assert(
    fc.asyncProperty(tables, fc.infiniteStream(fc.nat()), async (rows, keys) => {
      const { candidate, champion } = split(rows)
      const order = champion.map((row) => ({ row, key: keys.next().value ?? 0 }))
      const shuffled = order.toSorted((one, other) => one.key - other.key).map(({ row }) => row)
      const options = { task: 'multiclass' as const }
      const one = await read(folder.put(csvOf(BOTH, rows)), {}, {}, options)
      const file = folder.put(jsonLinesOf(OWN, shuffled))
      const two = await read(folder.put(csvOf(OWN, candidate)), { id: 'id' }, {}, { ...options, champion: file })
      expect({ ...two, source: '' }).toEqual({ ...one, source: '' })
      const inStep = folder.put(csvOf(OWN, champion))
      const three = await read(folder.put(csvOf(OWN, candidate)), {}, {}, { ...options, champion: inStep })
      expect({ ...three, source: '' }).toEqual({ ...one, source: '' })
    }),
    { numRuns: 50 },
  )
}, 60_000)

test('files of many runs are joined and read in step too', async () => {
  const rows = Array.from({ length: 40_000 }, (_, at) => [
    `id-${at}`,
    LABELS[at % 3] ?? '',
    LABELS[(at >> 2) % 3] ?? '',
    LABELS[(at >> 4) % 3] ?? '',
  ])
  const one = await read(folder.put(csvOf(BOTH, rows)))
  const { candidate, champion } = split(rows)
  for (const [columns, others] of [
    [{ id: 'id' }, champion.toReversed()],
    [{}, champion],
  ] as const) {
    const file = folder.put(csvOf(OWN, others))
    const two = await read(folder.put(csvOf(OWN, candidate)), columns, {}, { champion: file })
    expect({ ...two, source: '' }).toEqual({ ...one, source: '' })
  }
})

const CANDIDATE = 'id,y_true,y_pred\n1,a,a\n2,b,b\n3,a,b\n'
const against = (champion: string, columns = {}) =>
  errorOf(read(folder.put(CANDIDATE), columns, {}, { champion: folder.put(champion) }))

test('ids that only one file has are counted, and the first is named', async () => {
  const message = await against('id,y_true,y_pred\n2,b,a\n4,a,a\n9,a,a\n', { id: 'id' })
  expect(message).toMatch(/^E-UNALIGNED/)
  expect(message).toContain('2 ids only the candidate has, first "1"')
  expect(message).toContain('2 ids only the champion has, first "4"')
})

test('a label that differs between the files is a fault', async () => {
  expect(await against('id,y_true,y_pred\n3,b,a\n2,b,a\n1,a,a\n', { id: 'id' })).toMatch(
    /^E-UNALIGNED.*1 ids have another label, first "3"/,
  )
  expect(await against('y_true,y_pred\na,a\na,a\na,a\n')).toMatch(
    /^E-UNALIGNED.*the label differs in 1 rows, first in row 2 \(line 3\)/,
  )
})

test('without ids, another number of rows is a fault, and labels are needed', async () => {
  expect(await against('y_true,y_pred\na,a\nb,b\n')).toMatch(/^E-UNALIGNED.*they have 3 and 2 rows/)
  expect(await against(`${CANDIDATE}4,a,a\n`)).toMatch(/^E-UNALIGNED.*they have 3 and 4 rows/)
  expect(await against('id,y_pred\n1,a\n2,b\n3,b\n')).toMatch(/^E-COLUMN.*has no column y_true/)
})

test('an id that repeats in either file is named', async () => {
  expect(await against('id,y_true,y_pred\n1,a,a\n2,b,b\n2,b,b\n3,a,a\n3,a,a\n', { id: 'id' })).toMatch(
    /^E-DUPLICATE-ID.*2 rows repeat an id, first row 3 with "2"/,
  )
  const twice = folder.put('id,y_true,y_pred\n1,a,a\n1,a,a\n')
  const champion = folder.put('id,y_true,y_pred\n1,a,a\n')
  expect(await errorOf(read(twice, { id: 'id' }, {}, { champion }))).toMatch(/^E-DUPLICATE-ID.*row 2 with "1"/)
})

test('an empty cell in the second file is named like one in the first', async () => {
  expect(await against('id,y_true,y_pred\n1,a,a\n,b,b\n3,a,a\n', { id: 'id' })).toMatch(
    /^E-VALUE.*row 2 \(line 3\): id is empty/,
  )
  expect(await against('id,y_true,y_pred\n1,a,a\n2,b,\n3,a,a\n', { id: 'id' })).toMatch(
    /^E-VALUE.*row 2 \(line 3\): the champion's prediction is empty/,
  )
})
