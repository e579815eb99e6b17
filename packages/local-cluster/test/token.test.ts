import { describe, expect, test } from '@jest/globals'
import { readToken, userOf } from '../src/authenticator/token.ts'

const STS = 'http://127.0.0.1:4566'
const NOW = Date.parse('2026-11-25T12:00:00Z')

const GOOD: Readonly<Record<string, string>> = {
  Action: 'GetCallerIdentity',
  Version: '2011-06-15',
  'X-Amz-Algorithm': 'AWS4-HMAC-SHA256',
  'X-Amz-Credential': 'AKIA/20261125/us-east-1/sts/aws4_request',
  'X-Amz-Date': '20261125T115000Z',
  'X-Amz-Expires': '60',
  'X-Amz-SignedHeaders': 'host;x-k8s-aws-id',
  'X-Amz-Signature': 'a'.repeat(64),
}

const tokenOf = (
  change: Readonly<Record<string, string>> = {},
  url = 'https://sts.us-east-1.amazonaws.com/',
): string => {
  const query = new URLSearchParams({ ...GOOD, ...change })
  return `k8s-aws-v1.${Buffer.from(`${url}?${query.toString()}`).toString('base64url')}`
}

describe('a token', () => {
  test('is the request to STS that somebody signed, to be sent to where STS is', () => {
    expect(readToken(tokenOf(), STS, NOW)).toMatchObject({ request: { host: 'sts.us-east-1.amazonaws.com' } })
    const local = readToken(tokenOf({}, `${STS}/`), STS, NOW)
    expect(local).toMatchObject({
      request: { host: '127.0.0.1:4566', pathAndQuery: expect.stringMatching(/^\/\?Action=/) },
    })
  })

  test.each([
    ['no token of EKS', 'eyJhbGciOiJSUzI1NiJ9.e30.x', 'prefix'],
    ['no URL', 'k8s-aws-v1.bm8gdXJs', 'no URL'],
    ['too large', `k8s-aws-v1.${'a'.repeat(9000)}`, 'too large'],
    ['another host', tokenOf({}, 'https://evil.example/'), 'unexpected hostname'],
    ['a host that only ends so', tokenOf({}, 'https://evil-sts.amazonaws.com/'), 'unexpected hostname'],
    ['another path', tokenOf({}, 'https://sts.amazonaws.com/x'), 'unexpected path'],
    ['another action', tokenOf({ Action: 'AssumeRole' }), 'unexpected action'],
    ['a parameter more', tokenOf({ RoleArn: 'x' }), 'non-whitelisted query parameter "rolearn"'],
    ['a parameter twice', tokenOf({ action: 'GetCallerIdentity' }), 'multiple values'],
    ['a signature for no cluster', tokenOf({ 'X-Amz-SignedHeaders': 'host' }), 'x-k8s-aws-id'],
    ['a lifetime beyond 15 minutes', tokenOf({ 'X-Amz-Expires': '901' }), 'X-Amz-Expires'],
    ['no date', tokenOf({ 'X-Amz-Date': 'yesterday' }), 'X-Amz-Date'],
    ['an old date', tokenOf({ 'X-Amz-Date': '20261125T114459Z' }), 'expired'],
  ])('is refused with %s', (_, token, why) => {
    expect(readToken(token, STS, NOW)).toEqual({ refused: expect.stringContaining(why) })
  })

  test('lives 15 minutes, whatever it says itself', () => {
    expect(readToken(tokenOf({ 'X-Amz-Date': '20261125T114500Z', 'X-Amz-Expires': '1' }), STS, NOW)).toHaveProperty(
      'request',
    )
  })
})

describe('the session of a role', () => {
  const entries = [{ roleArn: 'arn:aws:iam::123456789012:role/ci/deploy', groups: ['deployers'] }]
  const session = 'arn:aws:sts::123456789012:assumed-role/deploy/run-7'

  test('has the groups of the role’s access entry, and its own ARN for a name', () => {
    expect(userOf(session, entries)).toEqual({ username: session, groups: ['deployers'] })
  })

  test.each([
    'arn:aws:sts::123456789012:assumed-role/other/run-7',
    'arn:aws:sts::999999999999:assumed-role/deploy/run-7',
    'arn:aws-cn:sts::123456789012:assumed-role/deploy/run-7',
    'arn:aws:iam::123456789012:user/deploy',
    '',
  ])('%s has no access', (arn) => {
    expect(userOf(arn, entries)).toBeUndefined()
  })
})
