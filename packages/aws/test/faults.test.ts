import { describe, expect, test } from '@jest/globals'
import { classify, type FaultClass } from '../src/classify.ts'
import { toActionError, toBucketError } from '../src/to-action-error.ts'

const named = (name: string, message = name) => Object.assign(new Error(message), { name })
const coded = (code: string) => Object.assign(new Error(`it failed with ${code}`), { code })
const answered = (httpStatusCode: number, name = 'Unknown', headers: Readonly<Record<string, string>> = {}) =>
  Object.assign(named(name, 'UnknownError'), { $metadata: { httpStatusCode }, $response: { headers } })

describe('classes', () => {
  test.each<readonly [FaultClass, unknown]>([
    ['transient', named('ThrottlingException')],
    ['transient', named('SlowDown')],
    ['transient', answered(500, 'SomethingNew')],
    ['transient', answered(503)],
    ['transient', answered(429, 'SomethingNew')],
    ['network', coded('ECONNRESET')],
    ['network', coded('EAI_AGAIN')],
    ['network', Object.assign(named('TimeoutError'), { code: 'ETIMEDOUT' })],
    ['creds', named('ExpiredToken')],
    ['creds', named('ExpiredTokenException')],
    ['creds', named('RequestTimeTooSkewed')],
    ['creds', named('SignatureDoesNotMatch')],
    ['creds', answered(400)],
    ['quota', named('ResourceLimitExceeded')],
    ['quota', named('ServiceQuotaExceededException')],
    ['denied', named('AccessDenied')],
    ['denied', answered(403)],
    ['not-found', named('NoSuchBucket')],
    ['not-found', answered(404)],
    ['in-use', named('ResourceInUse')],
    ['invalid', named('ValidationException')],
    ['invalid', answered(400, 'SomethingNew')],
    ['conflict', named('PreconditionFailed')],
    ['conflict', answered(412)],
    ['unknown', coded('SELF_SIGNED_CERT_IN_CHAIN')],
    ['unknown', new TypeError('undefined is not a function')],
    ['unknown', 'a text'],
    ['unknown', undefined],
  ])('%s: %p', (fault, error) => expect(classify(error)).toBe(fault))
})

test('a name that every object has is no class', () => {
  expect(classify(named('toString'))).toBe('unknown')
  expect(toActionError(coded('constructor'), 'asking').facts.code).toBe('E-REQUEST')
})

const ARN = 'arn:aws:sagemaker:us-east-1:123456789012:training-job/a'
const PRINCIPAL = 'arn:aws:sts::123456789012:assumed-role/ci/run'
const denial = (because: string) =>
  named(
    'AccessDeniedException',
    `User: ${PRINCIPAL} is not authorized to perform: sagemaker:CreateTrainingJob on resource: ${ARN} because ${because}`,
  )

test('a denial names action, principal and resource, and what to allow', () => {
  const { facts } = toActionError(denial('no identity-based policy allows it'), 'creating training job')
  expect(facts).toMatchObject({ code: 'E-ACCESS', kind: 'user' })
  expect(facts.why).toBe(
    `${PRINCIPAL} may not perform sagemaker:CreateTrainingJob on ${ARN}: no identity-based policy allows it`,
  )
  expect(facts.hint).toContain(`allow sagemaker:CreateTrainingJob on ${ARN}`)
})

test('an explicit deny is not answered with the advice to allow', () => {
  const { facts } = toActionError(denial('of an explicit deny in a service control policy'), 'creating')
  expect(facts.code).toBe('E-ACCESS')
  expect(facts.why).toContain('service control policy')
  expect(facts.hint).not.toContain('allow sagemaker:CreateTrainingJob')
})

test('all complaints of AWS about a request are quoted in one line', () => {
  const complaints = "2 validation errors detected: Value '' at 'a' is bad;\n Value 'x' at 'b' is bad"
  const { facts, message } = toActionError(named('ValidationException', complaints), 'creating')
  expect(facts.code).toBe('E-REQUEST')
  expect(message).toMatch(/^E-REQUEST: creating failed .*'a' is bad; Value 'x' at 'b' is bad \| \S.*$/)
})

test.each([
  ['E-NETWORK', named('ThrottlingException')],
  ['E-NETWORK', coded('ENOTFOUND')],
  ['E-NETWORK', coded('ERR_PROXY_TUNNEL')],
  ['E-CREDS', named('ExpiredTokenException')],
  ['E-QUOTA', named('ResourceLimitExceeded')],
  ['E-REQUEST', named('SomethingNew')],
])('%s: %p', (code, error) => expect(toActionError(error, 'asking').facts.code).toBe(code))

test('what is not trusted or tunnelled is said to be the way, with the variable to set', () => {
  expect(toActionError(coded('SELF_SIGNED_CERT_IN_CHAIN'), 'asking').facts.hint).toContain('NODE_EXTRA_CA_CERTS')
  expect(toActionError(coded('ERR_PROXY_TUNNEL'), 'asking').facts.hint).toContain('HTTPS_PROXY')
})

test('a wrong clock is not taken for old credentials', () => {
  expect(toActionError(named('RequestTimeTooSkewed'), 'asking').facts.hint).toContain('clock')
})

test('an error of ours stays as it is', () => {
  const ours = toActionError(named('ValidationException'), 'creating')
  expect(toActionError(ours, 'doing more')).toBe(ours)
  expect(toBucketError(ours, 'doing more', 'b')).toBe(ours)
})

describe('a bucket that cannot be used is named', () => {
  test.each([
    ['unknown', named('NoSuchBucket', 'The specified bucket does not exist'), /does not exist/],
    ['of somebody else', named('AccessDenied', 'Access Denied'), /belongs to somebody else/],
    ['shut, by the answer to HEAD', answered(403), /belongs to somebody else/],
    ['elsewhere', answered(301, 'PermanentRedirect', { 'x-amz-bucket-region': 'eu-west-1' }), /lies in eu-west-1/],
    ['elsewhere, by the answer to HEAD', answered(301, 'Unknown', { 'x-amz-bucket-region': 'x-1' }), /lies in x-1/],
  ])('%s', (_, error, why) => {
    const { facts } = toBucketError(error, 'listing s3://retail/raw/', 'retail')
    expect(facts).toMatchObject({ code: 'E-BUCKET', why: expect.stringMatching(why) })
    expect(facts.hint).toContain('retail')
  })

  test("but a denial by the caller's own policy is one of access", () => {
    const message = `User: ${PRINCIPAL} is not authorized to perform: s3:ListBucket on resource: "arn:aws:s3:::retail" because no identity-based policy allows the s3:ListBucket action`
    const { facts } = toBucketError(named('AccessDenied', message), 'listing', 'retail')
    expect(facts.code).toBe('E-ACCESS')
    expect(facts.why).toContain('may not perform s3:ListBucket on arn:aws:s3:::retail: no')
  })
})
