import { afterEach, beforeEach, expect, test } from '@jest/globals'
import { openProxy, type Proxy, recogniseNativeErrors, stepContext } from '@mlops/testing'
import type { Connection } from '../src/connection/target.ts'
import { openApi } from '../src/transport/api.ts'
import { connectionTo, json, openServer, type Server } from './server.ts'

recogniseNativeErrors()
let server: Server
let proxy: Proxy
beforeEach(async () => {
  server = await openServer(json(200, { major: '1' }))
  proxy = await openProxy()
})
afterEach(() => {
  server.close()
  proxy.close()
})

const ask = async (environment: Readonly<Record<string, string>>, more: Partial<Connection> = {}) => {
  const api = openApi({ ...connectionTo(server.url), ...more }, { ...stepContext(), environment })
  expect(await api.call({ method: 'GET', path: '/version' })).toMatchObject({ document: { major: '1' } })
  return proxy.hosts()
}

test('without a proxy a call goes straight', async () => expect(await ask({})).toEqual([]))

test("the environment's proxy is taken", async () => {
  expect(await ask({ HTTP_PROXY: proxy.url })).toEqual(['127.0.0.1'])
})

test('but not to hosts that it excludes', async () => {
  expect(await ask({ HTTP_PROXY: proxy.url, NO_PROXY: '127.0.0.1' })).toEqual([])
})

test("a kubeconfig's own proxy goes before it", async () => {
  const environment = { HTTP_PROXY: 'http://127.0.0.1:1', NO_PROXY: '127.0.0.1' }
  expect(await ask(environment, { proxy: proxy.url })).toEqual(['127.0.0.1'])
})
