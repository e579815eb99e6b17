import { describe, expect, test } from '@jest/globals'
import fc from 'fast-check'
import { normalQuantile, normalTail } from '../../src/statistics/normal.ts'
import { studentQuantile } from '../../src/statistics/student.ts'
import { fixture } from './rows.ts'

const {
  normal_tail: tails,
  normal_quantile: quantiles,
  student_quantile: students,
} = fixture('distributions') as {
  readonly normal_tail: readonly (readonly [number, number])[]
  readonly normal_quantile: readonly (readonly [number, number])[]
  readonly student_quantile: readonly (readonly [number, number, number])[]
}

/** Also for figures far below 1. */
const expectRelative = (actual: number, expected: number, tolerance: number) =>
  expect([expected, Math.abs(actual - expected) <= tolerance * Math.abs(expected)]).toEqual([expected, true])

describe('the distributions are scipy’s', () => {
  test('normal tails', () => {
    for (const [z, tail] of tails) expectRelative(normalTail(z), tail, 1e-12)
  })
  test('normal quantiles', () => {
    for (const [share, z] of quantiles) expectRelative(normalQuantile(share), z, 1e-12)
  })
  test('quantiles of Student’s t', () => {
    for (const [share, freedom, t] of students) expectRelative(studentQuantile(share, freedom), t, 1e-11)
  })
})

test('a quantile undoes a tail', () => {
  fc.assert(
    fc.property(fc.double({ min: -6, max: 6, noNaN: true }), (z) => {
      expect(normalQuantile(1 - normalTail(z))).toBeCloseTo(z, 6)
    }),
  )
})
