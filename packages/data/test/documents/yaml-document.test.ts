import { describe, expect, test } from '@jest/globals'
import { readYaml } from '../../src/index.ts'

const documentOf = (text: string) => {
  const reading = readYaml(text)
  if (reading.kind === 'faults') throw new Error(JSON.stringify(reading.faults))
  return reading.value
}
const faultsOf = (text: string) => {
  const reading = readYaml(text)
  return reading.kind === 'ok' ? [] : reading.faults
}

describe('a sound file', () => {
  const document = documentOf('a: 1.0\nb:\n  - x\n  - {c: "d", 7: ~}\n')
  test('is plain data with texts as keys', () => {
    expect(document.value).toEqual({ a: 1, b: ['x', { c: 'd', 7: null }] })
  })
  test.each([
    [[], '1:1', '1:1'],
    [['a'], '1:1', '1:4'],
    [['b'], '2:1', '3:3'],
    [['b', 0], '3:5', '3:5'],
    [['b', 1, 'c'], '4:6', '4:9'],
    [['b', 1, '7'], '4:14', '4:17'],
    [['b', 1, 'missing', 'too'], '4:5', '4:5'],
    [['nowhere'], '1:1', '1:1'],
  ])('knows where %j stands', (path, key, value) => {
    expect([document.keyAt(path), document.valueAt(path)].map(({ line, column }) => `${line}:${column}`)).toEqual([
      key,
      value,
    ])
  })
  test.each([
    [['a'], '1.0'],
    [['b', 1, 'c'], 'd'],
    [['b'], undefined],
    [['no'], undefined],
  ])('knows how %j is written', (path, text) => {
    expect(document.textAt(path)).toBe(text)
  })
  test('an alias repeats, and stands where it stands', () => {
    const aliased = documentOf('a: &x {b: 1}\nc: *x\n')
    expect(aliased.value).toEqual({ a: { b: 1 }, c: { b: 1 } })
    expect(aliased.valueAt(['c', 'b'])).toEqual({ line: 2, column: 4 })
  })
  test('a key like __proto__ is a key', () => {
    expect(Object.keys(documentOf('__proto__: 1').value as object)).toEqual(['__proto__'])
  })
  test('yes, no and dates are texts, as YAML 1.2 says', () => {
    expect(documentOf('[yes, no, on, 2020-01-01, 012, 0x1f, 1_000]').value).toEqual([
      'yes',
      'no',
      'on',
      '2020-01-01',
      12,
      31,
      '1_000',
    ])
  })
  test.each(['\uFEFF- no\n', '- no\r\n', '%YAML 1.1\n---\n- no\n'])('%j is a list of the text no', (text) => {
    expect(documentOf(text).value).toEqual(['no'])
  })
  test('an empty one is nothing', () => {
    expect(documentOf('').value).toBeNull()
  })
})

describe('a file that was made to hurt is refused quickly', () => {
  const bomb = [
    'a0: &a0 [x, x, x, x, x, x, x, x, x]',
    ...Array.from({ length: 40 }, (_, index) => {
      const below = `*a${index}`
      return `a${index + 1}: &a${index + 1} [${Array.from({ length: 9 }, () => below).join(', ')}]`
    }),
  ].join('\n')
  const many = (count: number, line: (index: number) => string) =>
    Array.from({ length: count }, (_, index) => line(index)).join('\n')
  test.each([
    ['aliases of aliases', bomb, '4:'],
    ['brackets without end', '['.repeat(100_000), '1:'],
    ['lists without end', `${'- '.repeat(100_000)}x`, '1:'],
    ['the same key many times', many(30_000, () => 'a: 1'), '2:1'],
    ['aliases to nothing', many(20_000, (index) => `- *a${index}`), '1:3'],
    ['more than a mebibyte', `- ${'x'.repeat(1024 * 1024)}`, '1:1'],
  ])('%s', (_, text, place) => {
    const began = performance.now()
    const [fault] = faultsOf(text)
    expect(fault?.code).toBe('E-YAML')
    expect(`${fault?.line ?? 0}:${fault?.column ?? 0}`.startsWith(place)).toBe(true)
    expect(performance.now() - began).toBeLessThan(10_000)
  })
  test('not more faults are told than anybody corrects', () => {
    expect(faultsOf(many(300, (index) => `- *a${index}`))).toHaveLength(100)
  })
  test('many different keys and anchors are no hurt', () => {
    const text = many(20_000, (index) => `k${index}: &a${index} [1]\nl${index}: *a${index}`)
    expect(faultsOf(text)).toEqual([])
  })
})
