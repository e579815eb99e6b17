import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from '@jest/globals'
import { allTeeth } from '../teeth/index.ts'

const root = join(import.meta.dirname, '../..')
const teeth = allTeeth(root)

// Whether it bites takes check-teeth minutes to say; that it has lost its text, as code moves on, can be said at once.
test('what each mutation changes stands once in the product, and a test is named for it', () => {
  const occurrences = (file: string, text: string) => readFileSync(join(root, file), 'utf8').split(text).length - 1
  const lost = teeth.flatMap(({ scenario, edits }) =>
    edits
      .filter(({ file, find }) => occurrences(file, find) !== 1)
      .map(({ file, find }) => `${scenario}: ${file}: ${find}`),
  )
  expect(lost).toEqual([])
  expect(teeth.filter(({ breaks }) => breaks.length === 0).map(({ scenario }) => scenario)).toEqual([])
})

test('no two mutations have one name', () => {
  const names = teeth.map(({ scenario }) => scenario)
  expect(names.filter((name, index) => names.indexOf(name) !== index)).toEqual([])
})
