import { describe, expect, test } from '@jest/globals'
import fc from 'fast-check'
import type { Arn, S3Uri } from '../../src/brand.ts'
import { exportFileName } from '../../src/naming.ts'
import { epochMs } from '../../src/brand.ts'
import { configText, deploymentConfig, readDeploymentConfig } from '../../src/registry/export-document.ts'
import { earlierPackages, type HistoryEntry, readHistory } from '../../src/registry/export-history.ts'
import { readGateReport } from '../../src/registry/gate-report.ts'
import { packageOf } from './packages.ts'

const DIGEST = `sha256:${'a'.repeat(64)}`
const report = {
  version: 1,
  verdict: 'approve',
  approvalStatus: 'Approved',
  sentence: 'It is better.',
  metrics: [],
  model: { source: 's3://m/model.tar.gz', digest: DIGEST },
  run: { url: 'https://github.com/acme/retail/actions/runs/1' },
}

describe('a gate report', () => {
  test('is read', () => {
    expect(readGateReport(JSON.stringify(report))).toEqual({ kind: 'document', value: report })
  })
  test('of a later version is told apart from something else', () => {
    expect(readGateReport(JSON.stringify({ version: 2 }))).toEqual({ kind: 'newer', version: 2 })
    for (const text of ['', 'no JSON', '[]', '"1"', '{}'])
      expect(readGateReport(text)).toMatchObject({ kind: 'foreign' })
  })
  test.each([
    { verdict: 'yes' },
    { approvalStatus: 'approved' },
    { sentence: 1 },
    { metrics: {} },
    { run: 'x' },
    { model: { source: 'x', digest: 'sha256:abc' } },
    { model: null },
  ])('with %j is none', (change) => {
    expect(readGateReport(JSON.stringify({ ...report, ...change }))).toMatchObject({ kind: 'foreign' })
  })
})

describe('a deployment config', () => {
  const found = packageOf(7, {
    artifactDigest: DIGEST,
    evaluationUri: 's3://m/statistics.json' as S3Uri,
    metadata: { 'metric:accuracy': '0.85', 'metric:odd': 'NaN', 'gate-verdict': 'approve', 'golden-digest': DIGEST },
  })
  test('has its five blocks', () => {
    expect(deploymentConfig(found, 'prod', { label: 'x' })).toMatchObject({
      version: 1,
      model_info: { version: 7, artifact_digest: DIGEST, model_data_url: 's3://models/7/model.tar.gz' },
      performance_metrics: {
        verdict: 'approve',
        metrics: { accuracy: 0.85 },
        statistics_uri: 's3://m/statistics.json',
      },
      deployment_config: { environment: 'prod', golden_digest: DIGEST, content_types: ['text/csv'] },
      feature_info: { label: 'x' },
      metadata: { approval_status: 'Approved', commit: 'abcdef0' },
    })
  })
  test('is the same before and after the package becomes a champion', () => {
    const later = packageOf(7, { ...found, metadata: { ...found.metadata, 'champion:prod': 'x', 'health:dev': 'y' } })
    expect(configText(deploymentConfig(later, 'prod', {}))).toBe(configText(deploymentConfig(found, 'prod', {})))
  })
  test('is read again, and what is not one is told', () => {
    const config = deploymentConfig(found, 'prod', {})
    expect(readDeploymentConfig(configText(config))).toEqual({ kind: 'document', value: config })
    expect(readDeploymentConfig('{"version": 3}')).toEqual({ kind: 'newer', version: 3 })
    expect(readDeploymentConfig('{"version": 1}')).toMatchObject({ kind: 'foreign' })
  })
})

const to = (version: number) => ({ arn: `arn:${version}` as Arn, version })
const entry = (version: number, kind: HistoryEntry['kind'] = 'export'): HistoryEntry => ({
  version: 1,
  at: '2026-01-31T00:00:00.000Z',
  actor: 'ada',
  run: 'https://github.com/acme/retail/actions/runs/1',
  kind,
  because: 'latest-approved',
  to: to(version),
  config: `s3://c/${version}.json` as S3Uri,
})
const earlier = (...entries: readonly HistoryEntry[]) => earlierPackages(entries).map(({ version }) => version)

describe('the history', () => {
  test('is read line by line; a later version or a foreign line stops it', () => {
    const lines = [entry(1), entry(2)].map((one) => JSON.stringify(one))
    expect(readHistory(`${lines.join('\n')}\n`)).toEqual({ kind: 'document', value: [entry(1), entry(2)] })
    expect(readHistory('')).toEqual({ kind: 'document', value: [] })
    expect(readHistory(`${lines[0]}\n{"version":2}\n`)).toEqual({ kind: 'newer', version: 2 })
    expect(readHistory(`${lines[0]}\nhello\n`)).toMatchObject({ kind: 'foreign' })
    expect(readHistory('{"version":1,"kind":"export"}')).toMatchObject({ kind: 'foreign' })
  })

  test('going back goes on from where one is, not to and fro', () => {
    expect(earlier()).toEqual([])
    expect(earlier(entry(1), entry(2), entry(3))).toEqual([2, 1])
    expect(earlier(entry(1), entry(2), entry(3), entry(2, 'rollback'))).toEqual([1])
    expect(earlier(entry(1), entry(2), entry(3), entry(2, 'rollback'), entry(4))).toEqual([2, 1])
    expect(earlier(entry(1), entry(2), entry(1))).toEqual([2])
    expect(earlier(entry(1), entry(1))).toEqual([])
  })

  test('a rollback to what was never exported here is an export like any other', () => {
    expect(earlier(entry(3), entry(1, 'rollback'))).toEqual([3])
  })

  test('a package is never among those to go back to from itself, and none is there twice', () => {
    const entries = fc.array(
      fc.tuple(fc.integer({ min: 1, max: 4 }), fc.constantFrom<HistoryEntry['kind']>('export', 'rollback')),
    )
    fc.assert(
      fc.property(entries, (facts) => {
        const all = facts.map(([version, kind]) => entry(version, kind))
        const found = earlierPackages(all).map(({ arn }) => arn)
        expect(new Set(found).size).toBe(found.length)
        expect(found).not.toContain(all.at(-1)?.to.arn)
      }),
    )
  })
})

test('files of exports sort by time and name the version', () => {
  expect(exportFileName(epochMs(Date.UTC(2026, 0, 31, 9, 30, 0, 123)), 7)).toBe('20260131T093000Z-v7.json')
})
