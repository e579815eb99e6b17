import { expect, test } from '@jest/globals'
import fc from 'fast-check'
import { type Finding, type Ignored, judgeScan, type ScanPolicy, SEVERITIES } from '../../src/index.ts'

const finding = fc.record({
  id: fc.constantFrom('CVE-1', 'CVE-2', 'CVE-3', 'CVE-4'),
  severity: fc.constantFrom(...SEVERITIES),
  package: fc.constant('zlib'),
  version: fc.constant('1'),
  fixable: fc.option(fc.boolean(), { nil: undefined }),
  url: fc.constant(''),
})
const findings: fc.Arbitrary<readonly Finding[]> = fc
  .array(finding, { maxLength: 8 })
  .map((all) => all.map(({ fixable, ...rest }): Finding => (fixable === undefined ? rest : { ...rest, fixable })))
const ignored: fc.Arbitrary<readonly Ignored[]> = fc.array(
  fc.record({
    id: fc.constantFrom('CVE-1', 'CVE-2', 'CVE-9'),
    reason: fc.constant('r'),
    expires: fc.constant('2027-01-01'),
  }),
  { maxLength: 2 },
)
const policy: fc.Arbitrary<ScanPolicy> = fc.record({
  severities: fc.subarray([...SEVERITIES]),
  fixableOnly: fc.boolean(),
  ignored,
})

test('a finding forbids the image if and only if its severity counts, it may be curable, and nobody lets it pass', () => {
  fc.assert(
    fc.property(findings, policy, (found, by) => {
      const { blocking, ignored: passed, counts, unused } = judgeScan(found, by)
      const counting = found.filter(
        ({ severity, fixable }) => by.severities.includes(severity) && !(by.fixableOnly && fixable === false),
      )
      const isNamed = ({ id }: Finding) => by.ignored.some((entry) => entry.id === id)
      expect(new Set(blocking)).toEqual(new Set(counting.filter((one) => !isNamed(one))))
      expect(new Set(passed.map((one) => one.finding))).toEqual(new Set(counting.filter(isNamed)))
      expect(Object.values(counts).reduce((sum, count) => sum + count, 0)).toBe(found.length)
      expect(unused.every(({ id }) => found.every((one) => one.id !== id))).toBe(true)
      const ranks = blocking.map(({ severity }) => SEVERITIES.indexOf(severity))
      expect(ranks).toEqual(ranks.toSorted((one, other) => one - other))
    }),
  )
})

test('to ignore more, or to count less, never forbids more', () => {
  fc.assert(
    fc.property(findings, policy, (found, by) => {
      const strict = judgeScan(found, { ...by, ignored: [], fixableOnly: false }).blocking
      expect(strict).toEqual(expect.arrayContaining([...judgeScan(found, by).blocking]))
    }),
  )
})
