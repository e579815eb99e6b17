import fc from 'fast-check'
import { expect, test } from '@jest/globals'
import { createMasks } from '../src/masks.ts'

const secret = fc.stringMatching(/^[\w+/ "\\-]{6,30}$/).filter((text) => text.trim().length > 5)

test('neither a secret nor its usual encodings survive, wherever they stand', () => {
  fc.assert(
    fc.property(secret, fc.string(), fc.string(), (value, before, after) => {
      const masks = createMasks([value])
      const encoded = [value, JSON.stringify(value).slice(1, -1), encodeURIComponent(value)]
      for (const text of encoded) {
        expect(masks.apply(`${before}${text}${after}`)).not.toContain(value)
        expect(masks.touches(`${before}${text}${after}`)).toBe(true)
      }
      const within = Buffer.from(`${before}${value}${after}`).toString('base64')
      expect(masks.apply(Buffer.from(value).toString('base64'))).toBe('***')
      if (value.length > 10) expect(masks.apply(within)).toContain('***')
    }),
  )
})

test('a secret that contains another is hidden whole; an empty one hides nothing', () => {
  const masks = createMasks(['inner-1', 'outer inner-1 outer', '', '\n'])
  expect(masks.apply('[outer inner-1 outer] [inner-1] plain')).toBe('[***] [***] plain')
})
