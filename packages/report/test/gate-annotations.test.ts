import { expect, test } from '@jest/globals'
import type { RuleResult } from '@mlops/core'
// By its path: a package that testing depends on cannot depend on testing.
import { gateReports, withSlices } from '../../testing/src/fixtures/gate-reports.ts'
import { annotationsOf } from '../src/index.ts'

test('an approval without doubt has none', () => {
  expect(annotationsOf(gateReports.approve)).toEqual([])
})

test('a rule that failed is an error at its line of the gate file, one that only warns a warning', () => {
  const places = annotationsOf(gateReports.reject).map(({ level, file, line, column }) => ({
    level,
    file,
    line,
    column,
  }))
  expect(places).toEqual([
    { level: 'error', file: 'examples/retail/gate.yml', line: 9, column: 5 },
    { level: 'error', file: 'examples/retail/gate.yml', line: 10, column: 5 },
    { level: 'error', file: 'examples/retail/gate.yml', line: 11, column: 5 },
    { level: 'error', file: 'examples/retail/gate.yml', line: 13, column: 5 },
    { level: 'warning', file: 'examples/retail/gate.yml', line: 12, column: 5 },
  ])
})

test('a rule that is not sure is a warning and says its sentence', () => {
  const [first] = annotationsOf(gateReports.inconclusive)
  expect(first).toMatchObject({ level: 'warning', line: 11 })
  expect(first?.text).toContain(gateReports.inconclusive.rules[2]?.sentence)
})

test('a thousand slices are one annotation that counts them', () => {
  const annotations = annotationsOf(withSlices(gateReports.approve, 1000))
  expect(annotations).toHaveLength(1)
  expect(annotations[0]).toMatchObject({ level: 'error', line: 14 })
  expect(annotations[0]?.text).toMatch(/and 59 more/)
})

test('no more than GitHub shows', () => {
  const [rule] = gateReports.reject.rules
  const many = Array.from({ length: 30 }, (_, index): RuleResult => ({
    ...(rule as RuleResult),
    at: { line: index + 1, column: 1 },
    result: index % 2 === 0 ? 'reject' : 'inconclusive',
  }))
  const levels = annotationsOf({ ...gateReports.reject, rules: many }).map(({ level }) => level)
  expect(levels.filter((level) => level === 'error')).toHaveLength(10)
  expect(levels.filter((level) => level === 'warning')).toHaveLength(9)
})
