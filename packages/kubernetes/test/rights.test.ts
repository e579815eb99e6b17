import { afterEach, describe, expect, test } from '@jest/globals'
import type { AccessQuestion } from '@mlops/core'
import { stepContext } from '@mlops/testing'
import { askRights } from '../src/cluster/rights.ts'
import { apiOf, json, openServer, refusing, type Serve, type Server } from './server.ts'

let server: Server
afterEach(() => server.close())

const RULE = { verbs: ['get', 'patch'], apiGroups: ['apps'], resources: ['deployments'] }
const QUESTION = { verb: 'get', group: 'apps', resource: 'deployments', namespace: 'retail' }

/** Rights of somebody whose rules are these, where everything that is asked for by itself is allowed or refused. */
const rightsOf = async (rules: Serve, single: Serve) => {
  server = await openServer((response, asked) =>
    (asked.url.endsWith('selfsubjectrulesreviews') ? rules : single)(response, asked),
  )
  return askRights(apiOf(server.url, stepContext()))
}
const listed = (...resourceRules: readonly object[]) => json(201, { status: { resourceRules } })
const allowed = (answer: boolean) => json(201, { status: { allowed: answer } })
const reviews = () => server.asked.map(({ url }) => url.slice(url.lastIndexOf('/') + 1))

describe('a listed rule', () => {
  const ALIKE: readonly (readonly [name: string, rule: object, question: Partial<AccessQuestion>])[] = [
    ['of the verb, the group and the resource', RULE, {}],
    ['of everything', { verbs: ['*'], apiGroups: ['*'], resources: ['*'] }, {}],
    ['of a subresource', { ...RULE, resources: ['deployments/scale'] }, { subresource: 'scale' }],
    ['of a subresource of everything', { ...RULE, resources: ['*/scale'] }, { subresource: 'scale' }],
    ['of the very object', { ...RULE, resourceNames: ['api'] }, { name: 'api' }],
    ['of all objects', RULE, { name: 'api' }],
  ]
  test.each(ALIKE)('%s grants', async (_name, rule, question) => {
    const may = await rightsOf(listed(rule), allowed(false))
    expect(await may([{ ...QUESTION, ...question }])).toEqual([true])
    expect(reviews()).toEqual(['selfsubjectrulesreviews'])
  })

  const OTHERS: readonly (readonly [name: string, rule: object, question: Partial<AccessQuestion>])[] = [
    ['of another verb', { ...RULE, verbs: ['list'] }, {}],
    ['of another group', { ...RULE, apiGroups: ['batch'] }, {}],
    ['of another resource', { ...RULE, resources: ['jobs'] }, {}],
    ['of the resource only', RULE, { subresource: 'scale' }],
    ['of another object', { ...RULE, resourceNames: ['web'] }, { name: 'api' }],
    ['of one object', { ...RULE, resourceNames: ['api'] }, {}],
  ]
  test.each(OTHERS)('%s does not', async (_name, rule, question) => {
    const may = await rightsOf(listed(rule), allowed(false))
    expect(await may([{ ...QUESTION, ...question }])).toEqual([false])
    expect(reviews()).toEqual(['selfsubjectrulesreviews', 'selfsubjectaccessreviews'])
  })
})

test('rules are asked for once in each namespace, however many questions there are', async () => {
  const may = await rightsOf(listed(RULE), allowed(false))
  const elsewhere = { ...QUESTION, namespace: 'other' }
  expect(await may([QUESTION, elsewhere, { ...QUESTION, verb: 'patch' }])).toEqual([true, true, true])
  expect(server.asked.map(({ body }) => JSON.parse(body).spec)).toEqual([
    { namespace: 'retail' },
    { namespace: 'other' },
  ])
})

test('what another authorizer grants without a rule is granted', async () => {
  const may = await rightsOf(listed(), allowed(true))
  expect(await may([QUESTION])).toEqual([true])
})

test('a question about no namespace is asked by itself', async () => {
  const may = await rightsOf(listed(RULE), allowed(true))
  expect(await may([{ verb: 'get', group: '', resource: 'nodes' }])).toEqual([true])
  expect(reviews()).toEqual(['selfsubjectaccessreviews'])
})

test('where rules are not listed, each question is asked by itself', async () => {
  const may = await rightsOf(refusing(403, 'Forbidden'), allowed(true))
  expect(await may([QUESTION, { ...QUESTION, verb: 'delete' }])).toEqual([true, true])
})

test('a review that is refused is an error, no answer', async () => {
  const may = await rightsOf(listed(), refusing(403, 'Forbidden', 'reviews are closed'))
  await expect(may([QUESTION])).rejects.toThrow('reviews are closed')
})
