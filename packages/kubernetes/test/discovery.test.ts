import { afterEach, expect, test } from '@jest/globals'
import { stepContext } from '@mlops/testing'
import { openDiscovery } from '../src/cluster/discovery.ts'
import { apiOf, type Asked, json, openServer, refusing, type Serve, type Server } from './server.ts'

let server: Server
afterEach(() => server.close())

const AGGREGATED = 'application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList'
const resource = (name: string, kind: string, scope: string) => ({
  resource: name,
  responseKind: { group: '', version: '', kind },
  scope,
})
const groups = (...items: readonly object[]) => json(200, { items }, { 'content-type': AGGREGATED })
const DEPLOYMENTS = {
  metadata: { name: 'apps' },
  versions: [{ version: 'v1', resources: [resource('deployments', 'Deployment', 'Namespaced')] }],
}
const CORE = {
  metadata: {},
  versions: [{ version: 'v1', resources: [resource('namespaces', 'Namespace', 'Cluster')] }],
}

const discoveryOf = async (serve: (asked: Asked) => Serve) => {
  server = await openServer((response, asked) => serve(asked)(response, asked))
  return openDiscovery(apiOf(server.url, stepContext()))
}

const DEPLOYMENT = { apiVersion: 'apps/v1', kind: 'Deployment' }
const NAMESPACE = { apiVersion: 'v1', kind: 'Namespace' }

test('all kinds are asked for at once where the server offers it, and remembered', async () => {
  const discovery = await discoveryOf(({ url }) => groups(url === '/api' ? CORE : DEPLOYMENTS))
  const many = await Promise.all([discovery(DEPLOYMENT), discovery(DEPLOYMENT), discovery(NAMESPACE)])
  const deployments = { resource: 'deployments', namespaced: true }
  expect(many).toEqual([deployments, deployments, { resource: 'namespaces', namespaced: false }])
  await discovery(DEPLOYMENT)
  expect(server.asked.map(({ url }) => url).toSorted()).toEqual(['/api', '/apis'])
})

test('an older server is asked group by group', async () => {
  const resources = [
    { name: 'deployments', kind: 'Deployment', namespaced: true },
    { name: 'deployments/scale', kind: 'Scale', namespaced: true },
  ]
  const discovery = await discoveryOf(({ url }) =>
    url === '/apis/apps/v1' ? json(200, { resources }) : json(200, { kind: 'APIGroupList', groups: [] }),
  )
  expect(await discovery(DEPLOYMENT)).toEqual({ resource: 'deployments', namespaced: true })
  expect(await discovery({ apiVersion: 'apps/v1', kind: 'Scale' })).toBeUndefined()
})

test('a kind that comes later is found then', async () => {
  let known: readonly object[] = []
  const discovery = await discoveryOf(({ url }) => (url === '/apis' ? groups(...known) : refusing(404, 'NotFound')))
  expect(await discovery(DEPLOYMENT)).toBeUndefined()
  known = [DEPLOYMENTS]
  expect(await discovery(DEPLOYMENT)).toEqual({ resource: 'deployments', namespaced: true })
})

test('who may not ask is told what to bind', async () => {
  const discovery = await discoveryOf(() => refusing(403, 'Forbidden'))
  await expect(discovery(DEPLOYMENT)).rejects.toMatchObject({
    facts: { code: 'E-FORBIDDEN', hint: expect.stringContaining('system:discovery') },
  })
})
