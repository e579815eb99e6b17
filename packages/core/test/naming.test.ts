import { createHash } from 'node:crypto'
import { describe, expect, test } from '@jest/globals'
import fc from 'fast-check'
import { JOB_NAME_LIMIT, JOB_PREFIX_PATTERN, jobName, LAST_ATTEMPT, runToken, tagValue } from '../src/naming.ts'
import type { RunIdentity } from '../src/ports.ts'

const sha256 = (text: string) => createHash('sha256').update(text).digest('hex')
const identity = (runId: string): RunIdentity => ({
  runId,
  runNumber: '17',
  runAttempt: 1,
  repository: 'acme/retail',
  sha: 'abcdef0',
  ref: 'refs/heads/main',
  actor: 'ada',
  eventName: 'push',
  workflow: 'pipeline',
  job: 'train',
  serverUrl: 'https://github.com',
  apiUrl: 'https://api.github.com',
})

const SAGEMAKER_NAME = /^[a-zA-Z0-9](-*[a-zA-Z0-9]){0,62}$/
const prefix = fc.stringMatching(/^[a-zA-Z0-9-]{1,30}$/).filter((text) => JOB_PREFIX_PATTERN.test(text))
const key = fc.stringMatching(/^[0-9a-f]{64}$/)
const attempt = fc.integer({ min: 1, max: LAST_ATTEMPT })

test.each(['', '-a', 'a-', 'a_b', 'a'.repeat(31), 'a\n'])('%j is no prefix', (text) => {
  expect(JOB_PREFIX_PATTERN.test(text)).toBe(false)
})

describe('the name of a job', () => {
  test('says prefix, key, run and attempt', () => {
    const parts = { prefix: 'basket-prod', key: '0123456789abcdef', run: '3n7' }
    expect(jobName({ ...parts, attempt: 1 })).toBe('basket-prod-0123456789-r3n7')
    expect(jobName({ ...parts, attempt: 2 })).toBe('basket-prod-0123456789-r3n7-a2')
    expect(jobName({ prefix: parts.prefix, key: parts.key, attempt: 1 })).toBe('basket-prod-0123456789')
  })
  test('is always one that SageMaker takes, whatever started the run', () => {
    fc.assert(
      fc.property(
        prefix,
        key,
        fc.string(),
        fc.integer({ min: 1, max: 99 }),
        attempt,
        (start, digest, runId, again, n) => {
          const run = `${runToken(identity(runId), {}, sha256)}-t${again}`
          const name = jobName({ prefix: start, key: digest, run, attempt: n })
          expect(name.length).toBeLessThanOrEqual(JOB_NAME_LIMIT)
          expect(name).toMatch(SAGEMAKER_NAME)
          expect(name.startsWith(`${start}-`)).toBe(true)
        },
      ),
    )
  })
  test('stays within the limit for a prefix that is longer than allowed', () => {
    fc.assert(
      fc.property(fc.stringMatching(/^[a-z]{31,200}$/), key, attempt, (start, digest, n) => {
        expect(jobName({ prefix: start, key: digest, attempt: n })).toMatch(SAGEMAKER_NAME)
      }),
    )
  })
  test('differs between attempts and between keys', () => {
    fc.assert(
      fc.property(prefix, key, key, attempt, attempt, (start, one, other, n, m) => {
        const same =
          jobName({ prefix: start, key: one, attempt: n }) === jobName({ prefix: start, key: other, attempt: m })
        expect(same).toBe(one.slice(0, 10) === other.slice(0, 10) && n === m)
      }),
    )
  })
})

const tag = (value: string) => runToken(identity('local'), { BUILD_TAG: value }, sha256)

describe('the token of a run', () => {
  test("is GitHub's run id in base 36", () => {
    expect(runToken(identity('12345678901'), {}, sha256)).toBe((12_345_678_901).toString(36))
  })
  test('comes from BUILD_TAG outside GitHub', () => {
    expect(tag('jenkins-team/retail-41')).toMatch(/^[0-9a-f]{12}$/)
    expect(tag('jenkins-team/retail-41')).toBe(tag('jenkins-team/retail-41'))
    expect(tag('jenkins-team/retail-41')).not.toBe(tag('jenkins-team/retail-42'))
  })
  test("GitHub's own id stands above a BUILD_TAG that lies around", () => {
    expect(runToken(identity('35'), { BUILD_TAG: 'x' }, sha256)).toBe('z')
  })
})

test('tag values are made of what AWS takes', () => {
  expect(tagValue('acme/retail_1 @x')).toBe('acme/retail_1 @x')
  fc.assert(
    fc.property(fc.string({ unit: 'grapheme', maxLength: 400 }), (text) => {
      expect(tagValue(text)).toMatch(/^[\p{L}\p{Z}\p{N}_.:/=+\-@]{0,256}$/u)
    }),
  )
})
