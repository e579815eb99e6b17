import { mkdtempSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, test } from '@jest/globals'
import { KubeConfig } from '@kubernetes/client-node/dist/config.js'
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

const SOUND: Readonly<Record<string, readonly [user: object, cluster?: object]>> = {
  'a token': [{ token: 'secret-token' }, { 'certificate-authority-data': base64('ca') }],
  'a certificate in place': [{ 'client-certificate-data': base64('cert'), 'client-key-data': base64('key') }],
  'a certificate in files': [
    { 'client-certificate': file('cert', 'cert'), 'client-key': file('key', 'key') },
    { 'certificate-authority': file('ca', 'ca') },
  ],
  'no check of the server': [{ token: 'secret-token' }, { 'insecure-skip-tls-verify': true }],
  'another name and a proxy': [
    { token: 'secret-token' },
    { 'tls-server-name': 'kubernetes', 'proxy-url': 'http://proxy.example.test:3128' },
  ],
  'nothing at all': [{}],
}

test.each(Object.keys(SOUND))("%s is read as Kubernetes' own client reads it", async (name) => {
  const [user, cluster] = SOUND[name] ?? [{}]
  const config = configOf(user, cluster)
  const theirs = new KubeConfig()
  theirs.loadFromString(stringify(config))
  const options: { ca?: unknown; cert?: unknown; key?: unknown; headers?: Record<string, string> } = { headers: {} }
  await theirs.applyToHTTPSOptions(options)
  const said = theirs.getCurrentCluster()

  const ours = read(config)
  const login = await ours.login(false)
  expect(ours.server.origin).toBe(said?.server)
  expect([ours.insecure, ours.serverName, ours.proxy]).toEqual([
    said?.skipTLSVerify,
    said?.tlsServerName,
    said?.proxyUrl,
  ])
  const text = (value: unknown) => (value instanceof Uint8Array ? Buffer.from(value).toString() : value)
  expect(ours.ca).toBe(text(options.ca))
  expect([login.cert, login.key]).toEqual([text(options.cert), text(options.key)])
  expect(login.authorization).toBe(
    theirs.getCurrentUser()?.token === undefined ? undefined : `Bearer ${theirs.getCurrentUser()?.token ?? ''}`,
  )
})

test('a token in a file is read each time, as kubectl does', async () => {
  const path = file('token', 'first\n')
  const { login } = read(configOf({ tokenFile: path, token: 'not this one' }))
  expect(await login(false)).toEqual({ authorization: 'Bearer first' })
  file('token', 'second\n')
  expect(await login(false)).toEqual({ authorization: 'Bearer second' })
})

test('JSON is YAML, too', async () => {
  const { login, caller } = readKubeconfig(JSON.stringify(configOf({ token: 't' })), stepContext())
  expect(await login(false)).toEqual({ authorization: 'Bearer t' })
  expect(await caller()).toContain('ada')
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
  'a password': [configOf({ username: 'ada', password: 'secret-token' }), 'username'],
  'a cloud of client-go': [configOf({ 'auth-provider': { name: 'gcp' } }), 'auth-provider'],
  'somebody else': [configOf({ token: 'secret-token', as: 'root' }), 'has as,'],
}

test.each(Object.keys(REFUSED))('%s is refused, and no secret is told', (name) => {
  const [config, why] = REFUSED[name] ?? ['', '']
  const text = typeof config === 'string' ? config : stringify(config)
  const attempt = () => readKubeconfig(text, stepContext())
  expect(attempt).toThrow(expect.objectContaining({ facts: expect.objectContaining({ code: 'E-INPUT' }) }))
  expect(attempt).toThrow(why)
  expect(attempt).not.toThrow('secret-token')
})
