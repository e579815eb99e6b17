import { createHash } from 'node:crypto'
import { describe, expect, test } from '@jest/globals'
import fc from 'fast-check'
import type { S3Uri } from '../../src/brand.ts'
import { metadataText, parseGroup, parsePackageArn } from '../../src/naming.ts'
import { fitsMetadata, metadataOf, metadataProblem, metricEntries, shortNumber } from '../../src/registry/metadata.ts'
import { type PackagePlan, packageRequest, registrationKey } from '../../src/registry/request.ts'
import { identity } from './packages.ts'

const sha256 = (text: string) => createHash('sha256').update(text).digest('hex')
const digest = (letter: string) => `sha256:${letter.repeat(64)}`
const plan: PackagePlan = {
  group: 'basket',
  image: 'image:1',
  artifact: { uri: 's3://models/model.tar.gz' as S3Uri, digest: digest('a'), etag: 'e' },
  statistics: { uri: 's3://models/statistics.json' as S3Uri, digest: digest('b') },
  contentTypes: ['text/csv'],
  responseTypes: ['application/json'],
  realtimeInstanceTypes: ['ml.m5.large'],
  transformInstanceTypes: [],
  metadata: { team: 'pricing' },
}
const request = (more: Partial<PackagePlan> = {}, run = identity, failed = 0) =>
  packageRequest({ ...plan, ...more }, registrationKey({ ...plan, ...more }, run.runId, sha256), failed, run, sha256)

describe('the request', () => {
  test('names metrics as files with digests, waits for its approval, and carries no tags', () => {
    expect(request()).toMatchObject({
      ModelApprovalStatus: 'PendingManualApproval',
      ModelMetrics: {
        ModelQuality: {
          Statistics: {
            ContentType: 'application/json',
            ContentDigest: digest('b'),
            S3Uri: 's3://models/statistics.json',
          },
        },
      },
      CustomerMetadataProperties: { team: 'pricing', 'artifact-digest': digest('a') },
    })
    expect(request()).not.toHaveProperty('Tags')
    expect(request()).not.toHaveProperty('InferenceSpecification.SupportedTransformInstanceTypes')
  })

  test('has one token in all attempts of a run, another in another run or for another artifact', () => {
    const token = request().ClientToken
    expect(token).toMatch(/^[0-9a-f]{36}$/)
    expect(request({}, { ...identity, runAttempt: 2 }).ClientToken).toBe(token)
    expect(request({}, { ...identity, runId: '4712' }).ClientToken).not.toBe(token)
    expect(request({ artifact: { ...plan.artifact, digest: digest('c') } }).ClientToken).not.toBe(token)
    // What has failed is not answered again.
    expect(request({}, identity, 1).ClientToken).not.toBe(token)
  })
})

const METADATA = /^[\p{L}\p{Z}\p{N}_.:/=+\-@]{1,256}$/u

describe('metadata', () => {
  test('is always what SageMaker takes', () => {
    const texts = fc.string({ unit: fc.constantFrom('a', 'ß', '語', '𝒳', '😀', '\n', '"', '-', ' '), maxLength: 600 })
    fc.assert(
      fc.property(fc.dictionary(fc.stringMatching(/^[a-z-]{1,20}$/), texts), (entries) => {
        for (const value of Object.values(metadataOf(entries, sha256))) {
          expect(value.length).toBeLessThanOrEqual(256)
          expect(value).toMatch(METADATA)
        }
      }),
    )
  })

  test('what is cut stays apart', () => {
    const long = 'x'.repeat(300)
    expect(metadataText(`${long}1`, sha256)).not.toBe(metadataText(`${long}2`, sha256))
    expect(metadataText('a=b', sha256)).toBe('a=b')
  })

  test('a place must be kept to the letter', () => {
    expect(fitsMetadata('s3://models/basket/golden.jsonl')).toBe(true)
    expect(fitsMetadata("s3://models/it's/golden.jsonl")).toBe(false)
    expect(fitsMetadata(`s3://models/${'x'.repeat(256)}`)).toBe(false)
  })

  test.each([
    [{ team: 'x' }, undefined],
    [{ 'champion:prod': 'x' }, /champion:prod is a key of the suite/],
    [{ 'health:dev': 'x' }, /health:dev/],
    [{ 'run-key': 'x' }, /run-key/],
    [{ 'a"b': 'x' }, /no usable key/],
    [Object.fromEntries(Array.from({ length: 17 }, (_, index) => [`k${index}`, 'x'])), /more than 16/],
  ])('%j from a user', (given, complaint) => {
    const problem = metadataProblem(given)
    if (complaint === undefined) expect(problem).toBeUndefined()
    else expect(problem?.what).toMatch(complaint)
  })

  test('all of it together stays below 50 entries, with room for champions', () => {
    const metrics = Array.from({ length: 40 }, (_, index) => ({ metric: `m${index}`, candidate: index }))
    const user = Object.fromEntries(Array.from({ length: 16 }, (_, index) => [`k${index}`, 'x']))
    const file = { uri: 's3://m/x' as S3Uri, digest: digest('d') }
    const { CustomerMetadataProperties: entries } = request({
      metadata: user,
      gateReport: file,
      golden: file,
      features: file,
      trainingJob: 'job',
      report: { verdict: 'approve', metrics, predictions: { source: 'x', digest: digest('e') } },
    })
    expect(Object.keys(entries)).toHaveLength(16 + 10 + 13)
  })

  test.each([
    [0.71963999, '0.71964'],
    [1, '1'],
    [0.5, '0.5'],
    [1_234_567, '1.23457e+6'],
    [0, '0'],
    [100, '100'],
    [-0.000_000_12, '-1.2e-7'],
    [Number.NaN, 'NaN'],
  ])('%p is written as %s', (value, text) => {
    expect(shortNumber(value)).toBe(text)
  })

  test('a metric keeps its number to six digits', () => {
    fc.assert(
      fc.property(fc.double({ noNaN: true, noDefaultInfinity: true }), (value) => {
        expect(Number(shortNumber(value))).toBe(Number(value.toPrecision(6)))
      }),
    )
    expect(metricEntries([{ metric: 'f1 (macro)', candidate: 0.5 }, { metric: 'none' }])).toEqual({
      'metric:f1 -macro-': '0.5',
    })
  })
})

test.each([
  ['basket', { name: 'basket' }],
  ['-x', undefined],
  [
    'arn:aws:sagemaker:eu-west-1:123456789012:model-package-group/basket',
    { name: 'basket', arn: { region: 'eu-west-1', account: '123456789012' } },
  ],
  ['arn:aws:sagemaker:eu-west-1:123456789012:model-package/basket/1', undefined],
])('the group %s', (text, expected) => {
  expect(parseGroup(text)).toEqual(expected)
})

test('a package is named by group and version', () => {
  expect(parsePackageArn('arn:aws-cn:sagemaker:cn-north-1:123456789012:model-package/basket/12')).toEqual({
    group: 'basket',
    version: 12,
  })
  expect(parsePackageArn('arn:aws:sagemaker:eu-west-1:123456789012:model-package/alone')).toBeUndefined()
})
