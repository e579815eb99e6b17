import { createPublicKey, createVerify, type JsonWebKey } from 'node:crypto'
import { expect, test } from '@jest/globals'
import { createIssuer, ISSUER_URL } from '../src/index.ts'

const verify = (token: string, jwk: JsonWebKey) => {
  const [header = '', payload = '', signature = ''] = token.split('.')
  const key = createPublicKey({ key: jwk, format: 'jwk' })
  return createVerify('RSA-SHA256').update(`${header}.${payload}`).verify(key, signature, 'base64url')
}

const claimsOf = (token: string) =>
  JSON.parse(Buffer.from(token.split('.')[1] ?? '', 'base64url').toString()) as Readonly<Record<string, unknown>>

test('a token verifies with the published key, of which the private half is no part', () => {
  const issuer = createIssuer()
  const [key = {}] = issuer.jwks.keys
  expect(verify(issuer.tokenFor({ sub: 'repo:o/r:ref:refs/heads/main', aud: 'x' }), key)).toBe(true)
  expect(verify(createIssuer().tokenFor({ sub: 's' }), key)).toBe(false)
  expect(Object.keys(key).toSorted()).toEqual(['alg', 'e', 'kid', 'kty', 'n', 'use'])
})

test('the same private key makes the same published key', () => {
  const issuer = createIssuer()
  expect(createIssuer({ privateKeyPem: issuer.privateKeyPem }).jwks).toEqual(issuer.jwks)
})

test('the endpoint gives a fresh token for the audience asked, to the holder of its request token alone', async () => {
  const endpoint = await createIssuer().serve({ sub: 's', repository_owner: 'me' })
  const ask = async (query: string, token = endpoint.requestToken) => {
    const answer = await fetch(`${endpoint.requestUrl}${query}`, { headers: { authorization: `Bearer ${token}` } })
    return { status: answer.status, body: (await answer.json()) as { readonly value: string } }
  }
  try {
    const [first, second] = [await ask('&audience=aws'), await ask('')]
    expect(claimsOf(first.body.value)).toMatchObject({ iss: ISSUER_URL, sub: 's', aud: 'aws' })
    expect(claimsOf(second.body.value)).toMatchObject({ aud: 'https://github.com/me' })
    expect(claimsOf(first.body.value)['jti']).not.toBe(claimsOf(second.body.value)['jti'])
    expect((await ask('', 'wrong')).status).toBe(401)
  } finally {
    await endpoint.close()
  }
})
