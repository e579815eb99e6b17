import { expect, test } from '@jest/globals'
import { type Evidence, type MetricFile, statisticsDocument } from '@mlops/core'
import { readGate, readMetricFile } from '../../src/index.ts'

const candidate: MetricFile = {
  source: 'evaluation.json',
  format: 'json',
  task: 'multiclass',
  metrics: {
    accuracy: { value: 0.8, sd: 0.01 },
    f1_macro: { value: 0.7 },
    f1_weighted: { value: 0.75 },
    own: { value: 3 },
  },
  perClass: {},
  confusion: {
    labels: ['a', 'b'],
    counts: [
      [30, 10],
      [10, 50],
    ],
  },
  rows: 100,
}

// What an approved model leaves behind is the baseline of the next one.
test('the statistics that the gate writes are read as the metrics that it judged', () => {
  const gate = readGate('- accuracy >= 0\n- own >= 0')
  if (gate.kind === 'faults') throw new Error('the gate is not sound')
  const evidence: Evidence = { championState: { kind: 'none' }, candidate }
  const written = statisticsDocument(gate.value, evidence)
  expect(readMetricFile(written, candidate.source)).toEqual({ ...candidate, format: 'model-monitor' })
})
