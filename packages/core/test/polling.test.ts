import { expect, test } from '@jest/globals'
import fc from 'fast-check'
import { jobInterval } from '../src/index.ts'

const TRAINING = { status: 'in-progress', phase: 'Training' } as const
const UPLOADING = { status: 'in-progress', phase: 'Uploading' } as const
const STOPPING = { status: 'stopping', phase: 'Stopping' } as const

/** Questions in the first hour about a job that is about to end between two points of time, and in its work otherwise. */
const questions = (from: number, until: number): number => {
  let count = 0
  for (let at = 0; at < 3_600_000; count += 1) at += jobInterval(at, at >= from && at < until ? UPLOADING : TRAINING)
  return count
}

test('it asks at most 220 times in the first hour', () => {
  expect(questions(0, 0)).toBeLessThanOrEqual(220)
})

test('it asks at most once more for every two seconds in which the job is about to end', () => {
  fc.assert(
    fc.property(
      fc.nat(3_600_000),
      fc.nat(600_000),
      (from, lasts) => questions(from, from + lasts) <= 220 + lasts / 2000,
    ),
  )
})

test('pauses lie between half a second and twenty, and grow with the time that has passed', () => {
  fc.assert(
    fc.property(fc.nat(100_000_000), fc.nat(1_000_000), (at, more) => {
      const pause = jobInterval(at, TRAINING)
      return pause >= 500 && pause <= 20_000 && jobInterval(at + more, TRAINING) >= pause
    }),
  )
})

test('once the end is near no pause is longer than two seconds', () => {
  fc.assert(
    fc.property(fc.nat(100_000_000), (at) => jobInterval(at, UPLOADING) <= 2000 && jobInterval(at, STOPPING) <= 2000),
  )
})
