import { createHash } from 'node:crypto'
import { describe, expect, test } from '@jest/globals'
import fc from 'fast-check'
import type { S3Uri } from '../../src/brand.ts'
import { canonicalJson, differences, runKey, type Work } from '../../src/jobs/run-key.ts'

const sha256 = (text: string) => createHash('sha256').update(text).digest('hex')
const object = (key: string, etag: string, size = 1) => ({ uri: `s3://data/${key}` as S3Uri, etag, size })
const work: Work = {
  request: { RoleArn: 'arn:aws:iam::1:role/x', HyperParameters: { a: '1', b: '2' } },
  code: 'c0de',
  inputs: { train: [object('a', '1')], test: [object('b', '2')] },
}
const keyOf = (more: Partial<Work>) => runKey({ ...work, ...more }, sha256)

describe('canonical JSON', () => {
  test('does not depend on the order of keys', () => {
    fc.assert(
      fc.property(fc.dictionary(fc.string(), fc.jsonValue()), (record) => {
        const shuffled = Object.fromEntries(Object.entries(record).toReversed())
        expect(canonicalJson(shuffled)).toBe(canonicalJson(record))
      }),
    )
  })
  test('keeps the order of lists', () => {
    expect(canonicalJson([2, 1])).not.toBe(canonicalJson([1, 2]))
  })
})

describe('the run key', () => {
  test('is the same for the same work', () => {
    expect(keyOf({ request: { HyperParameters: { b: '2', a: '1' }, RoleArn: 'arn:aws:iam::1:role/x' } })).toEqual(
      keyOf({}),
    )
  })
  test.each<[string, Partial<Work>, string]>([
    [
      'a hyperparameter',
      { request: { ...work.request, HyperParameters: { a: '1', b: '3' } } },
      'HyperParameters of the request changed',
    ],
    ['a field that is new', { request: { ...work.request, VpcConfig: {} } }, 'VpcConfig of the request is new'],
    ['the code', { code: 'other' }, 'the code changed'],
    ['bytes of an input', { inputs: { ...work.inputs, train: [object('a', '9')] } }, 'the data of train changed'],
    [
      'another object',
      { inputs: { ...work.inputs, test: [object('b', '2'), object('c', '3')] } },
      'the data of test changed',
    ],
    ['a channel that is gone', { inputs: { train: [object('a', '1')] } }, 'the data of test is gone'],
  ])('changes with %s, and the difference is named', (_, change, named) => {
    expect(keyOf(change).digest).not.toBe(keyOf({}).digest)
    expect(differences(keyOf({}).parts, keyOf(change).parts)).toEqual([named])
  })
  test('names nothing when nothing changed', () => {
    expect(differences(keyOf({}).parts, keyOf({}).parts)).toEqual([])
  })
})
