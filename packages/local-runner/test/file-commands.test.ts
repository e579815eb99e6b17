import fc from 'fast-check'
import { expect, test } from '@jest/globals'
import { parseEntries } from '../src/file-commands.ts'

const name = fc.stringMatching(/^[A-Za-z_][A-Za-z0-9_-]*$/)
const value = fc.string().map((text) => text.replaceAll('\r', ''))

test('whatever is written with a delimiter of its own is read back', () => {
  fc.assert(
    fc.property(fc.dictionary(name, value, { noNullPrototype: true }), (entries) => {
      const text = Object.entries(entries)
        .map(([key, content]) => `${key}<<END_7f3a\n${content}\nEND_7f3a\n`)
        .join('')
      expect(Object.fromEntries(parseEntries(text))).toEqual(entries)
    }),
  )
})

test.each([
  ['no separator', "Invalid format 'no separator'"],
  ['=value', 'Name must not be empty'],
  ['<<END\nx\nEND', 'Name must not be empty'],
  ['A<<', 'delimiter must not be empty'],
  ['A<<END\nx', "Matching delimiter not found 'END'"],
])('%j is refused', (text, reason) => {
  expect(() => parseEntries(text)).toThrow(reason)
})
