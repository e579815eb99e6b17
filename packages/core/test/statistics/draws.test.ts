import { describe, expect, test } from '@jest/globals'
import fc from 'fast-check'
import { binomial, logAgainstMode } from '../../src/statistics/binomial.ts'
import { multinomial } from '../../src/statistics/multinomial.ts'
import { normalQuantile } from '../../src/statistics/normal.ts'
import { randomFrom, xoshiro } from '../../src/statistics/random.ts'

const DRAWS = 40_000
/** Enough to see a squeeze that accepts a little too much. */
const MANY_DRAWS = 200_000

/** Upper 0.1 % point of chi² (Wilson and Hilferty 1931): the seeds are fixed, so that this is decided once. */
const chiSquaredLimit = (freedom: number) =>
  freedom * (1 - 2 / (9 * freedom) + normalQuantile(0.999) * Math.sqrt(2 / (9 * freedom))) ** 3

/** chi² of counts against shares of all draws, rare outcomes put together until 10 of them are expected. */
const chiSquared = (counts: readonly number[], shares: readonly number[]) => {
  const draws = counts.reduce((sum, count) => sum + count, 0)
  let [statistic, freedom, expected, seen] = [0, -1, 0, 0]
  for (const [outcome, share] of shares.entries()) {
    expected += share * draws
    seen += counts[outcome] ?? 0
    if (expected < 10 && outcome < shares.length - 1) continue
    statistic += (seen - expected) ** 2 / Math.max(expected, 1)
    freedom += 1
    ;[expected, seen] = [0, 0]
  }
  return { statistic, freedom }
}

const binomialShares = (trials: number, p: number) => {
  const shares = [(1 - p) ** trials]
  for (let hits = 1; hits <= trials; hits += 1)
    shares.push(((shares[hits - 1] ?? 0) * (trials - hits + 1) * p) / (hits * (1 - p)))
  return shares
}

describe('random numbers', () => {
  test('are those of the authors’ implementation for the state 1, 2, 3, 4', () => {
    // First outputs of xoshiro256starstar.c, https://prng.di.unimi.it; also the test vector of Rust's rand_xoshiro.
    const outputs = [
      11_520n,
      0n,
      1_509_978_240n,
      1_215_971_899_390_074_240n,
      1_216_172_134_540_287_360n,
      607_988_272_756_665_600n,
      16_172_922_978_634_559_625n,
      8_476_171_486_693_032_832n,
      10_595_114_339_597_558_777n,
      2_904_607_092_377_533_576n,
    ]
    const random = xoshiro([1n, 2n, 3n, 4n])
    expect(outputs.map(() => random.next())).toEqual(outputs.map((output) => Number(output >> 11n) * 2 ** -53))
  })

  test('follow the definition with 64-bit words far beyond one block', () => {
    const rotate = (x: bigint, by: bigint) => BigInt.asUintN(64, (x << by) | (x >> (64n - by)))
    let state: readonly bigint[] = [0x9e3779b97f4a7c15n, 0xffffffffffffffffn, 0x8000000080000000n, 0x123456789abcdefn]
    const random = xoshiro(state)
    for (let draw = 0; draw < 3000; draw += 1) {
      const [a = 0n, b = 0n, c = 0n, d = 0n] = state
      const output = BigInt.asUintN(64, rotate(BigInt.asUintN(64, b * 5n), 7n) * 9n)
      const [mixedC, mixedD] = [c ^ a, d ^ b]
      state = [a ^ mixedD, b ^ mixedC, mixedC ^ BigInt.asUintN(64, b << 17n), rotate(mixedD, 45n)]
      expect(random.next()).toBe(Number(output >> 11n) * 2 ** -53)
    }
  })

  test('are the same for the same seed, and others for others', () => {
    const take = (seed: number) => {
      const random = randomFrom(seed)
      return Array.from({ length: 1000 }, () => random.next())
    }
    expect(take(7)).toEqual(take(7))
    expect(take(7)).not.toEqual(take(8))
    expect(take(0).every((one) => one >= 0 && one < 1)).toBe(true)
  })
})

describe('binomial draws', () => {
  test.each([
    [1, 0.3],
    [7, 0.5],
    [40, 0.05],
    [40, 0.95],
    [90, 0.2],
    [45, 0.5],
    [50, 0.6],
    [400, 0.1],
    [1500, 0.3],
  ])('of %i trials at %d are distributed as they should be', (trials, p) => {
    const random = randomFrom(trials)
    const counts = Array.from({ length: trials + 1 }, () => 0)
    for (let draw = 0; draw < MANY_DRAWS; draw += 1) {
      const hits = binomial(trials, p, random)
      counts[hits] = (counts[hits] ?? 0) + 1
    }
    const { statistic, freedom } = chiSquared(counts, binomialShares(trials, p))
    expect(statistic).toBeLessThan(chiSquaredLimit(freedom))
  })

  test.each([
    [1_000_000, 3e-5],
    [1_000_000, 0.5],
    [10_000_000, 0.9],
    [2 ** 40, 1e-3],
  ])('of %i trials at %d have their mean and variance', (trials, p) => {
    const random = randomFrom(1)
    const variance = trials * p * (1 - p)
    let [sum, squares] = [0, 0]
    for (let draw = 0; draw < DRAWS; draw += 1) {
      const away = binomial(trials, p, random) - trials * p
      sum += away
      squares += away * away
    }
    expect(Math.abs(sum / Math.sqrt(DRAWS * variance))).toBeLessThan(4)
    // The variance of a squared deviation is 2 variance² for a near-normal law.
    expect(Math.abs(squares / DRAWS / variance - 1)).toBeLessThan(4 * Math.sqrt(2 / DRAWS + 1 / (DRAWS * variance)))
  })

  test('are weighed against the most likely number as their probabilities are', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 40, max: 5000 }),
        fc.double({ min: 0.02, max: 0.5, noNaN: true }),
        fc.nat(),
        (trials, p, some) => {
          const [mode, hits] = [Math.floor((trials + 1) * p), some % (trials + 1)]
          let exact = 0
          for (let at = Math.min(mode, hits); at < Math.max(mode, hits); at += 1)
            exact += Math.log(((trials - at) * p) / ((at + 1) * (1 - p)))
          expect(logAgainstMode(hits, mode, trials, p)).toBeCloseTo(hits < mode ? -exact : exact, 8)
        },
      ),
    )
  })

  test('are whole and within their limits', () => {
    const random = randomFrom(3)
    fc.assert(
      fc.property(fc.nat(10_000), fc.double({ min: 0, max: 1, noNaN: true }), (trials, p) => {
        const hits = binomial(trials, p, random)
        expect(Number.isInteger(hits) && hits >= 0 && hits <= trials).toBe(true)
        if (p === 0) expect(hits).toBe(0)
        if (p === 1) expect(hits).toBe(trials)
      }),
      { numRuns: 2000 },
    )
  })
})

describe('multinomial draws', () => {
  const weights = fc
    .array(fc.oneof(fc.constant(0), fc.integer({ min: 1, max: 500 }), fc.double({ min: 0.01, max: 3, noNaN: true })), {
      minLength: 1,
      maxLength: 30,
    })
    .filter((some) => some.some((weight) => weight > 0))

  test('have as many rows as asked for, and none where the weight is 0', () => {
    fc.assert(
      fc.property(weights, fc.nat(5000), fc.nat(), (some, rows, seed) => {
        const into = new Float64Array(some.length)
        const draw = multinomial(Float64Array.from(some), rows)
        const random = randomFrom(seed)
        for (let time = 0; time < 3; time += 1) {
          draw(random, into)
          expect(into.reduce((sum, count) => sum + count, 0)).toBe(rows)
          expect([...into].every((count, cell) => count >= 0 && ((some[cell] ?? 0) > 0 || count === 0))).toBe(true)
        }
      }),
      { numRuns: 300 },
    )
  })

  test.each([
    [[50, 1, 0.25, 3, 12, 0.75], 67],
    [[0.5, 0.25, 0.25], 9],
    [[40, 30, 30], 100],
  ])('of weights %j have each cell’s binomial law, and the covariance of two', (some, rows) => {
    const total = some.reduce((sum, weight) => sum + weight, 0)
    const [draw, random, into] = [
      multinomial(Float64Array.from(some), rows),
      randomFrom(11),
      new Float64Array(some.length),
    ]
    const counts = some.map(() => Array.from({ length: rows + 1 }, () => 0))
    let product = 0
    for (let time = 0; time < DRAWS; time += 1) {
      draw(random, into)
      for (const [cell, hits] of into.entries()) {
        const ofCell = counts[cell] ?? []
        ofCell[hits] = (ofCell[hits] ?? 0) + 1
      }
      product += (into[0] ?? 0) * (into[1] ?? 0)
    }
    for (const [cell, weight] of some.entries()) {
      const { statistic, freedom } = chiSquared(counts[cell] ?? [], binomialShares(rows, weight / total))
      expect(statistic).toBeLessThan(chiSquaredLimit(freedom))
    }
    const [one, other] = [(some[0] ?? 0) / total, (some[1] ?? 0) / total]
    expect(product / DRAWS / (rows * (rows - 1) * one * other)).toBeCloseTo(1, 1)
  })
})
