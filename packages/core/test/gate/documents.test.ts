import { describe, expect, test } from '@jest/globals'
import { type Evidence, gateReport, gateReportText, readGateReport, statisticsDocument } from '../../src/index.ts'
import { alone, atLeast, atMost, fileOf, files, gateOf, hits, judgementOf, paired, rule, scoredOf } from './evidence.ts'

const facts = {
  gate: { source: 'gate.yml', digest: 'sha256:00' },
  model: { source: 's3://models/model.tar.gz', digest: `sha256:${'ab'.repeat(32)}` },
  run: {
    repository: 'o/r',
    sha: '0'.repeat(40),
    runId: '1',
    runAttempt: 1,
    actor: 'me',
    url: 'https://example.test/1',
  },
  judgedAt: '2026-01-01T00:00:00.000Z',
}

describe('gate-report.json', () => {
  test('holds the judgement and what it is bound to', () => {
    const judgement = judgementOf(gateOf([rule('accuracy', atLeast(0.5))]), paired(hits(700, 100, 20, 180)))
    const report = gateReport(judgement, facts)
    expect(report).toEqual({ version: 1, ...judgement, ...facts })
    expect(readGateReport(gateReportText(report))).toEqual({ kind: 'document', value: report })
  })
  test('leaves out figures that JSON has no word for', () => {
    const judgement = judgementOf(gateOf([rule('rmse', atMost(1))]), files({ rmse: Number.NaN }, { rmse: Infinity }))
    const text = gateReportText(gateReport(judgement, facts))
    expect(text).not.toContain('null')
    const { rules, metrics } = JSON.parse(text) as typeof judgement
    expect(rules[0]).toMatchObject({ code: 'E-NAN', result: 'reject' })
    expect(rules[0]).not.toHaveProperty('candidate')
    expect(metrics).toEqual([{ metric: 'rmse' }])
  })
})

describe('statistics.json', () => {
  const written = (gate: ReturnType<typeof gateOf>, evidence: Evidence) =>
    JSON.parse(statisticsDocument(gate, evidence)) as Record<
      string,
      Record<string, { value: number; standard_deviation: number }>
    >

  test('of two classes', () => {
    const evidence: Evidence = { championState: { kind: 'none' }, scored: scoredOf(alone(800, 200)) }
    const document = written(gateOf([rule('recall', atLeast(0.1))]), evidence)
    expect(document).toMatchObject({
      version: 0,
      dataset: { item_count: 1000 },
      binary_classification_metrics: {
        confusion_matrix: { no: { no: 0, yes: 200 }, yes: { no: 0, yes: 800 } },
        recall: { value: 1 },
        accuracy: { value: 0.8 },
        weighted_f1: {},
      },
    })
    // Close to sqrt(0.8 × 0.2 / 1,000).
    expect(document['binary_classification_metrics']?.['accuracy']?.standard_deviation).toBeCloseTo(0.01265, 4)
  })
  test('of a regression', () => {
    const evidence: Evidence = {
      championState: { kind: 'none' },
      candidate: fileOf({ rmse: [2, 0.1], r2: Number.NaN }, { task: 'regression' }),
    }
    expect(written(gateOf([rule('rmse', atMost(3)), rule('r2', atLeast(0))]), evidence)).toEqual({
      version: 0,
      dataset: {},
      regression_metrics: {
        rmse: { value: 2, standard_deviation: 0.1 },
        r2: { value: 'NaN', standard_deviation: 'NaN' },
      },
    })
  })
  test('of more classes', () => {
    const candidate = fileOf({ accuracy: 0.9, f1_weighted: 0.8 })
    const document = written(gateOf([rule('accuracy', atLeast(0))]), { championState: { kind: 'none' }, candidate })
    expect(document['multiclass_classification_metrics']).toEqual({
      accuracy: { value: 0.9, standard_deviation: 'NaN' },
      weighted_f1: { value: 0.8, standard_deviation: 'NaN' },
    })
  })
})
