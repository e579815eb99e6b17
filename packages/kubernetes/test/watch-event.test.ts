import { expect, test } from '@jest/globals'
import fc from 'fast-check'
import { linesOf } from '../src/reflector/lines.ts'
import { isOlder, watchEvent } from '../src/reflector/watch-event.ts'

async function* inPieces(text: string, cuts: readonly number[]): AsyncGenerator<string, void> {
  let from = 0
  for (const cut of cuts.map((one) => one % (text.length + 1)).toSorted((one, other) => one - other)) {
    yield text.slice(from, cut)
    from = cut
  }
  yield text.slice(from)
}

const collected = async (lines: AsyncIterable<string>): Promise<readonly string[]> => {
  const all: string[] = []
  for await (const line of lines) all.push(line)
  return all
}

test('lines are the same however they come', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(fc.string()), fc.array(fc.nat()), async (texts, cuts) => {
      const lines = texts.map((text) => `.${text.replaceAll('\n', '')}`)
      expect(await collected(linesOf(inPieces(lines.join('\n'), cuts)))).toEqual(lines)
    }),
  )
})

test('a line that does not end is given up', async () => {
  const endless = async function* () {
    for (;;) yield 'x'.repeat(2 ** 20)
  }
  await expect(collected(linesOf(endless()))).rejects.toThrow('longer than')
})

test('anything at all is some event', () => {
  const events = fc.oneof(
    fc.string(),
    fc.json(),
    fc
      .record({ type: fc.constantFrom('ADDED', 'ERROR', 'BOOKMARK', 'x'), object: fc.jsonValue() })
      .map((one) => JSON.stringify(one)),
  )
  fc.assert(
    fc.property(events, (line) => {
      expect(['changed', 'deleted', 'bookmark', 'error', 'garbage']).toContain(watchEvent(line).kind)
    }),
  )
})

test('versions count up, in any length; what is no number is not older', () => {
  fc.assert(
    fc.property(fc.bigInt({ min: 0n }), fc.bigInt({ min: 0n }), (one, other) => {
      expect(isOlder(String(one), String(other))).toBe(one < other)
    }),
  )
  expect(isOlder('abc', '5')).toBe(false)
  expect(isOlder('5', '')).toBe(false)
})
