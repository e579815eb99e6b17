import { expect, test } from '@jest/globals'
import { readIgnoreFile } from '../../src/index.ts'

const TODAY = '2027-01-15'
const entry = (more: string) => `- id: CVE-2026-1\n  reason: not reachable\n${more}`

test('entries with reason and a day to come are read', () => {
  expect(readIgnoreFile(`${entry('  expires: 2027-01-15')}\n${entry('  expires: "2027-12-31"')}`, TODAY)).toEqual({
    kind: 'ok',
    value: [
      { id: 'CVE-2026-1', reason: 'not reachable', expires: '2027-01-15' },
      { id: 'CVE-2026-1', reason: 'not reachable', expires: '2027-12-31' },
    ],
  })
})

test.each(['', '# nothing is ignored\n'])('%j ignores nothing', (text) => {
  expect(readIgnoreFile(text, TODAY)).toEqual({ kind: 'ok', value: [] })
})

test.each([
  [entry('  expires: 2027-01-14'), 3, 'has expired on 2027-01-14'],
  [entry('  expires: 2028-01-31'), 3, 'expires is 2028-01-31'],
  [entry('  expires: 2027-02-31'), 3, 'expires is 2027-02-31'],
  [entry('  expires: soon'), 3, 'expires is soon'],
  [entry('  expires: 2027-06-01\n  severity: HIGH'), 4, 'the key severity is not known'],
  ['- id: CVE-2026-1\n  expires: 2027-06-01\n', 1, 'reason is missing'],
  ['- id: CVE-2026-1\n  reason: " "\n  expires: 2027-06-01\n', 2, 'reason is missing'],
  ['- reason: a\n  expires: 2027-06-01\n', 1, 'id is missing'],
  ['- id: 7\n  reason: a\n  expires: 2027-06-01\n', 1, 'id is missing'],
  ['id: CVE-2026-1\n', 1, 'the file is no list'],
])('%j is refused at its place', (text, line, what) => {
  expect(readIgnoreFile(text, TODAY)).toMatchObject({
    kind: 'faults',
    faults: [{ line, what: expect.stringContaining(what) as unknown, code: 'E-IGNORE-FILE' }],
  })
})

test('all faults are told at once', () => {
  const read = readIgnoreFile('- id: a\n- reason: b\n', TODAY)
  expect(read.kind === 'faults' && read.faults.map(({ what }) => what)).toEqual([
    'reason is missing',
    'expires is missing',
    'id is missing',
    'expires is missing',
  ])
})
