import { describe, expect, test } from '@jest/globals'
import fc from 'fast-check'
import { formatDuration, input, ok, parseDuration } from '../src/index.ts'

const files: Readonly<Record<string, string>> = { 'map.json': '{"a": 1}' }
const source = {
  readText: (path: string) => {
    const text = files[path]
    if (text === undefined) throw new Error('ENOENT')
    return text
  },
}
const help = 'x'
const readWith = (definition: { parse: (text: string, from: typeof source) => unknown }) => (text: string) =>
  definition.parse(text, source)
const sound = (value: unknown) => ({ ok: true, value })
const faulty = expect.objectContaining({ ok: false })

describe('boolean', () => {
  const read = readWith(input.boolean({ help }))
  test.each(['true', 'True', 'TRUE'])('%s', (text) => expect(read(text)).toEqual(sound(true)))
  test.each(['false', 'False', 'FALSE'])('%s', (text) => expect(read(text)).toEqual(sound(false)))
  test.each(['yes', '1', 'tRUE', 'on'])('%s is refused', (text) => expect(read(text)).toEqual(faulty))
})

describe('integer', () => {
  const read = readWith(input.integer({ help, min: 1, max: 20 }))
  test.each([
    ['1', 1],
    ['20', 20],
  ])('%s', (text, value) => expect(read(text)).toEqual(sound(value)))
  test.each(['0', '21', '1.0', '0x1', '1e1', '', '９'])('"%s" is refused', (text) => expect(read(text)).toEqual(faulty))
})

describe('duration', () => {
  test.each([
    ['90s', 90],
    ['15m', 900],
    ['5h30m', 19_800],
    ['1d', 86_400],
    ['0s', 0],
  ])('%s is %i seconds', (text, value) => expect(parseDuration(text)).toBe(value))
  test.each(['3600', '', 'h', '5m5h', '-5m', '1.5h', '5 m', '1w'])('"%s" is refused', (text) => {
    expect(parseDuration(text)).toBeUndefined()
  })
  test('what is written is read back', () => {
    fc.assert(fc.property(fc.nat(10_000_000), (value) => parseDuration(formatDuration(value)) === value))
  })
})

describe('ARN of a role', () => {
  const read = readWith(input.role({ help }))
  test.each(['aws', 'aws-cn', 'aws-us-gov', 'aws-iso-b'])('of the partition %s', (partition) => {
    const text = `arn:${partition}:iam::123456789012:role/path/name`
    expect(read(text)).toEqual(sound(text))
  })
  test.each([
    'name',
    'arn:aws:iam::1:user/x',
    'arn:aws:s3:::role/x',
    'arn:azure:iam::1:role/x',
    'arn:aws:iam::1:role/',
  ])('%s is refused', (text) => expect(read(text)).toEqual(faulty))
})

describe('S3 URI', () => {
  const read = readWith(input.s3Uri({ help }))
  test.each(['s3://bucket', 's3://my.bucket-1/a/b c/é'])('%s', (text) => expect(read(text)).toEqual(sound(text)))
  test.each(['s3://B/x', 's3:///x', 's3://ab/x', 'https://x', 's3://bucket/a\nb'])('%j is refused', (text) =>
    expect(read(text)).toEqual(faulty),
  )
})

describe('key-values', () => {
  const read = readWith(input.keyValues({ help }))
  test('lines, with comments, blanks and = in a value', () => {
    expect(read('# c\n\n a = 1\nb=x=y')).toEqual(sound({ a: '1', b: 'x=y' }))
  })
  test('a JSON object, whose other values keep their JSON form', () => {
    expect(read('{"n": 200, "b": true, "s": "x", "l": [1]}')).toEqual(sound({ n: '200', b: 'true', s: 'x', l: '[1]' }))
  })
  test.each(['a', '=1', 'a=1\na=2', '{"a"'])('%j is refused', (text) => expect(read(text)).toEqual(faulty))
  test('lines written from any map are read back', () => {
    const word = fc.stringMatching(/^[a-z][a-z0-9]{0,8}$/)
    fc.assert(
      fc.property(fc.dictionary(word, word), (map) => {
        const text = Object.entries(map)
          .map(([key, value]) => `${key}=${value}`)
          .join('\n')
        expect(read(text)).toEqual(sound({ ...map }))
      }),
    )
  })
})

describe('JSON or file', () => {
  const read = readWith(input.json(ok, { help }))
  test('inline', () => expect(read('{"a": 1}')).toEqual(sound({ a: 1 })))
  test('a file', () => expect(read('map.json')).toEqual(sound({ a: 1 })))
  test.each(['missing.json', '{"a"'])('%s is refused', (text) => expect(read(text)).toEqual(faulty))
})

test('a choice outside its list is refused with the list', () => {
  const read = readWith(input.oneOf(['stop', 'leave'], { help }))
  expect(read('stop')).toEqual(sound('stop'))
  expect(read('Stop')).toMatchObject({ ok: false, fault: { hint: 'choose stop, leave' } })
})

test('a list takes lines and commas', () => {
  expect(readWith(input.list({ help }))(' a, b\n\nc ')).toEqual(sound(['a', 'b', 'c']))
})
