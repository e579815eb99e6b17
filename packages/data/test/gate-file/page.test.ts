import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from '@jest/globals'
import { type Evidence, judge } from '@mlops/core'
import { readGate } from '../../src/index.ts'

const page = readFileSync(join(import.meta.dirname, '../../../../docs/gate.md'), 'utf8')
const blocks = (kind: string) =>
  [...page.matchAll(/^```(?<kind>.+)\n(?<text>[^]*?)^```$/gm)].flatMap(({ groups }) =>
    groups?.['kind'] === kind ? [groups['text'] ?? ''] : [],
  )
const linesOf = (kind: string) => blocks(kind).join('').trimEnd().split('\n')

/** Two models' answers, by which of them is right. */
const evidenceOf = (both: number, candidateOnly: number, championOnly: number, neither: number): Evidence => ({
  championState: { kind: 'present' },
  scored: {
    source: 'scored.parquet',
    task: 'binary',
    labels: ['no', 'yes'],
    paired: true,
    repeatedIds: 0,
    slices: [],
    whole: {
      rows: both + candidateOnly + championOnly + neither,
      joint: {
        truth: Uint32Array.of(1, 1, 1, 1),
        candidate: Uint32Array.of(1, 1, 0, 0),
        champion: Uint32Array.of(1, 0, 1, 0),
        counts: Float64Array.of(both, candidateOnly, championOnly, neither),
      },
    },
  },
})

const judged = (evidence: Evidence) => {
  const reading = readGate('- accuracy >= 0.80\n- accuracy not worse than champion by 0.01')
  if (reading.kind === 'faults') throw new Error('the gate is not sound')
  const judging = judge(reading.value, evidence)
  if (judging.kind === 'faults') throw new Error('the evidence does not fit')
  return judging.judgement
}

describe('docs/gate.md', () => {
  const [better, worse, few] = [
    evidenceOf(37_500, 2700, 2500, 7300),
    evidenceOf(37_500, 1500, 2500, 8500),
    evidenceOf(750, 50, 50, 150),
  ].map(judged)

  test.each(blocks('yaml'))('shows gate files that are read: %#', (text) => {
    expect(readGate(text)).toMatchObject({ kind: 'ok' })
  })
  test('shows results as they are', () => {
    const results = [better, worse, few].flatMap((judgement) => judgement?.rules ?? [])
    expect(linesOf('text results')).toEqual(results.map(({ sentence }) => sentence).filter((_, index) => index !== 4))
  })
  test('shows verdicts as they are', () => {
    expect(linesOf('text headlines')).toEqual([better, worse, few].map((judgement) => judgement?.sentence))
  })
  test('shows faults as they are', () => {
    const reading = readGate(blocks('yaml refused').join(''))
    const faults = reading.kind === 'faults' ? reading.faults : []
    expect(linesOf('text faults')).toEqual(
      faults.map(({ line, column, code, what, why, hint }) => `${line}:${column} ${code}: ${what} | ${why} | ${hint}`),
    )
  })
})
