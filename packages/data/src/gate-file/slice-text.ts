import type { Slice, SliceCondition } from '@mlops/core'

// Bare words hold no blank; quotes keep blanks, signs and the word `and` in one.
const WORD = String.raw`(?:'[^']+'|"[^"]+"|[^\s'"<>=!]+)`
const CONDITION = String.raw`${WORD}\s*(?:!=|<=|>=|=|<|>)\s*${WORD}`
const COLUMN = String.raw`(?:[^\s'"<>=!](?:[^'"<>=!]*[^\s'"<>=!])?)`

/** A column (each of its values is a slice), or conditions joined by `and`. */
export const SLICE_TEXT = new RegExp(String.raw`^\s*(?:${COLUMN}|${CONDITION}(?:\s+and\s+${CONDITION})*)\s*$`)

const conditionsOf = (text: string) => [
  ...text.matchAll(new RegExp(String.raw`(${WORD})\s*(!=|<=|>=|=|<|>)\s*(${WORD})`, 'g')),
]

const bare = (word: string) => word.replace(/^(['"])(.*)\1$/s, '$2')

/** A number in quotes is a text. */
const literalOf = (word: string): string | number => {
  const number = Number(word)
  return Number.isFinite(number) ? number : bare(word)
}

/** Reads one entry of `slices`; undefined when it does not follow the grammar. */
export const readSlice = (text: string): Slice | undefined => {
  if (!SLICE_TEXT.test(text)) return undefined
  const found = conditionsOf(text)
  return found.length === 0
    ? { kind: 'each', column: text.trim() }
    : {
        kind: 'filter',
        text: text.trim(),
        conditions: found.map(([, column = '', op = '', literal = '']) => ({
          column: bare(column),
          op: op as SliceCondition['op'],
          literal: literalOf(literal),
        })),
      }
}
