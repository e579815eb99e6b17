import { mkdtempSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, test } from '@jest/globals'
import { stringify } from 'yaml'
import { stepContext } from '@mlops/testing'
import { readKubeconfig } from '../src/connection/kubeconfig.ts'

const folder = mkdtempSync(join(tmpdir(), 'kubeconfig-'))
const file = (name: string, content: string): string => {
  const path = join(folder, name)
  writeFileSync(path, content)
  return path
}
const base64 = (text: string) => Buffer.from(text).toString('base64')

const configOf = (user: object, cluster: object = {}) => ({
  apiVersion: 'v1',
  kind: 'Config',
  clusters: [
    { name: 'other', cluster: { server: 'https://other.example.test' } },
    { name: 'shop', cluster: { server: 'https://shop.example.test:6443', ...cluster } },
  ],
  users: [
    { name: 'nobody', user: { token: 'wrong' } },
    { name: 'ada', user },
  ],
  contexts: [
    { name: 'elsewhere', context: { cluster: 'other', user: 'nobody' } },
    { name: 'here', context: { cluster: 'shop', user: 'ada' } },
  ],
  'current-context': 'here',
})
const read = (config: unknown) => readKubeconfig(stringify(config), stepContext())

interface Expected {
  readonly connection?: object
  readonly login?: object
}

const inAnHour = Math.floor(Date.now() / 1000) + 3600
const idToken = `${base64('{}')}.${base64(JSON.stringify({ exp: inAnHour }))}.signature`

const SOUND: Readonly<Record<string, readonly [user: object, cluster: object, expected: Expected]>> = {
  'a token': [
    { token: 'secret-token' },
    { 'certificate-authority-data': base64('ca') },
    { connection: { ca: 'ca' }, login: { authorization: 'Bearer secret-token' } },
  ],
  'a certificate in place': [
    { 'client-certificate-data': base64('cert'), 'client-key-data': base64('key') },
    {},
    { login: { cert: 'cert', key: 'key' } },
  ],
  'a certificate in files': [
    { 'client-certificate': file('cert', 'cert'), 'client-key': file('key', 'key') },
    { 'certificate-authority': file('ca', 'ca') },
    { connection: { ca: 'ca' }, login: { cert: 'cert', key: 'key' } },
  ],
  'no check of the server': [{}, { 'insecure-skip-tls-verify': true }, { connection: { insecure: true } }],
  'another name and a proxy': [
    {},
    { 'tls-server-name': 'kubernetes', 'proxy-url': 'http://proxy.example.test:3128' },
    { connection: { serverName: 'kubernetes', proxy: 'http://proxy.example.test:3128' } },
  ],
  'a password': [
    { username: 'ada', password: 'lovelace' },
    {},
    { login: { authorization: `Basic ${base64('ada:lovelace')}` } },
  ],
  'an OpenID provider': [
    { 'auth-provider': { name: 'oidc', config: { 'id-token': idToken } } },
    {},
    { login: { authorization: `Bearer ${idToken}` } },
  ],
  'nothing at all': [{}, {}, {}],
}

test.each(Object.keys(SOUND))('%s is read', async (name) => {
  const [user, cluster, expected] = SOUND[name] ?? [{}, {}, {}]
  const { login, caller, ...connection } = await read(configOf(user, cluster))
  expect(connection).toEqual({
    server: new URL('https://shop.example.test:6443'),
    insecure: false,
    ...expected.connection,
  })
  expect(await login(false)).toEqual(expected.login ?? {})
  expect(await caller()).toContain('ada')
})

test('a token in a file goes before another one, and is read again when it was refused', async () => {
  const path = file('token', 'first\n')
  const { login } = await read(configOf({ tokenFile: path, token: 'not this one' }))
  expect(await login(false)).toEqual({ authorization: 'Bearer first' })
  file('token', 'second\n')
  expect(await login(true)).toEqual({ authorization: 'Bearer second' })
})

test('JSON is YAML, too', async () => {
  const { login } = await readKubeconfig(JSON.stringify(configOf({ token: 't' })), stepContext())
  expect(await login(false)).toEqual({ authorization: 'Bearer t' })
})

const without = (name: string) => ({ ...configOf({ token: 'secret-token' }), [name]: undefined })
const REFUSED: Readonly<Record<string, readonly [config: unknown, why: string]>> = {
  'no YAML': ['{{secret-token', 'not sound YAML'],
  'no fields': ['secret-token', 'no fields'],
  'no current context': [without('current-context'), 'no current-context'],
  'a context that is not there': [without('contexts'), 'context here'],
  'a cluster that is not there': [without('clusters'), 'cluster shop'],
  'a user that is not there': [without('users'), 'user ada'],
  'no address': [configOf({ token: 'secret-token' }, { server: 'shop' }), 'no URL'],
  'a relative path': [configOf({ tokenFile: 'token' }), 'relative path'],
  'a file that is not there': [configOf({ 'client-certificate': '/nowhere/cert' }), '/nowhere/cert'],
  'a folder in place of a file': [
    configOf({ 'client-certificate': folder, token: 'secret-token' }),
    'login of its user',
  ],
  'somebody else': [configOf({ token: 'secret-token', as: 'root' }), 'has as,'],
}

test.each(Object.keys(REFUSED))('%s is refused, and no secret is told', async (name) => {
  const [config, why] = REFUSED[name] ?? ['', '']
  const text = typeof config === 'string' ? config : stringify(config)
  const fault = await readKubeconfig(text, stepContext()).catch((error: unknown) => error)
  expect(fault).toMatchObject({ facts: { code: 'E-INPUT', why: expect.stringContaining(why) } })
  expect(String(fault)).not.toContain('secret-token')
})
