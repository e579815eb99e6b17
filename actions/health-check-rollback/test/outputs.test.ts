import { expect, test } from '@jest/globals'
import { type Diagnosis, epochMs, type HealthVerdict, type Restored } from '@mlops/core'
import { releaseRecord } from '@mlops/testing'
import type { Judgement } from '../src/bake.ts'
import { outputsOf } from '../src/outputs.ts'

const record = (revision: number) => releaseRecord({ revision, health: 'healthy' })
const diagnosis: Diagnosis = {
  failureClass: 'crash-loop',
  object: { apiVersion: 'apps/v1', kind: 'Deployment', name: 'model' },
  sentence: 'It crashes.',
  advice: 'Look.',
  sightings: [],
}
const took = { choice: { target: record(1), because: '', passedOver: [] }, milliseconds: 1 }
const done = { ...took, record: record(3), restored: [], removed: [], recreated: [], kept: [] }
const diagnoses = [diagnosis] as const
const proofOf = (kind: 'healthy' | 'unhealthy'): Judgement => ({
  verdict: { kind, sentence: '' } as HealthVerdict,
  evidence: { checks: [], alarms: [] },
  model: {} as Judgement['model'],
  answer: undefined,
  at: epochMs(0),
  bakedMs: 0,
  rounds: 1,
})

test.each<readonly [string, Restored, Judgement | undefined, readonly [string, string, string]]>([
  ['is back and well', { ...done, kind: 'restored' }, proofOf('healthy'), ['true', 'healthy', '1']],
  ['is back and unhealthy too', { ...done, kind: 'restored' }, proofOf('unhealthy'), ['true', 'unhealthy', '1']],
  [
    'is back and does not run',
    { ...took, kind: 'failed', whole: true, diagnoses },
    undefined,
    ['true', 'unhealthy', '1'],
  ],
  ['is back only in part', { ...took, kind: 'failed', whole: false, diagnoses }, undefined, ['false', '', '']],
  ['was nothing', { ...done, kind: 'nothing' }, undefined, ['true', '', '']],
  ['cannot be put back', { ...took, kind: 'refused', diagnoses }, undefined, ['false', '', '']],
  ['was changed by somebody', { ...took, kind: 'superseded', diagnoses }, undefined, ['false', '', '']],
  ['does not exist', { ...took, kind: 'no-target' }, undefined, ['false', '', '']],
])('what was there before %s', (_, restored, proof, told) => {
  const story = { record: record(2), environment: 'dev', restored, told: [], ...(proof === undefined ? {} : { proof }) }
  const { 'rolled-back': back, 'rollback-verdict': verdict, 'restored-revision': revision } = outputsOf(story)
  expect([back, verdict, revision]).toEqual(told)
})
