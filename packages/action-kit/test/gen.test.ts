import { expect, test } from '@jest/globals'
import { parse, parseAllDocuments } from 'yaml'
import { defineAction, input, output } from '../src/index.ts'
import {
  actionYml,
  blocks,
  fillBlocks,
  fillPolicy,
  policyOf,
  referencePage,
  rolesOf,
  rolesYaml,
} from '../src/gen/index.ts'

const spec = defineAction({
  id: 'probe',
  name: 'Probe: a "quoted" name',
  description: 'Line\nwith # and: colon',
  branding: { icon: 'x', color: 'blue' },
  inputs: {
    size: input.integer({ help: 'a | b', default: '3' }),
    role: input.role({ help: 'r', required: true, deprecated: 'use size' }),
  },
  outputs: { answer: output.json('x') },
  permissions: {
    aws: [{ sid: 'Read', actions: ['s3:GetObject'], resources: ['arn:aws:s3:::<data-bucket>/*'], why: 'w' }],
    token: [{ scope: 'id-token', access: 'write', why: 'to assume the role' }],
  },
  post: true,
})

test('action.yml says what the spec says, whatever the texts contain', () => {
  expect(parse(actionYml(spec))).toEqual({
    name: spec.name,
    description: spec.description,
    branding: { icon: 'x', color: 'blue' },
    inputs: {
      size: { description: 'a | b', required: false, default: '3' },
      role: { description: 'r', required: true, deprecationMessage: 'use size' },
    },
    outputs: {
      answer: { description: 'x' },
      status: { description: expect.any(String) },
      'failure-class': { description: expect.any(String) },
      'result-path': { description: expect.any(String) },
    },
    runs: { using: 'node24', main: '../../dist/probe.mjs', post: '../../dist/probe.mjs', 'post-if': 'always()' },
  })
})

const MARKED = ['inputs', 'outputs', 'rules', 'permissions']
  .map((name) => `<!-- gen:${name} -->\n<!-- /gen:${name} -->`)
  .join('\n\n')

test('the README blocks are a fixpoint and keep the text around them', () => {
  const once = fillBlocks(`before\n${MARKED}\nafter`, blocks(spec))
  expect(fillBlocks(once, blocks(spec))).toBe(once)
  expect(once).toMatch(/^before\n[\s\S]*\nafter$/)
  expect(once).toContain('| `size` | integer | `3` | a \\| b |')
})

test('a README without a marker is an error, not a silent loss', () => {
  expect(() => fillBlocks('nothing', blocks(spec))).toThrow('gen:inputs')
})

test('a policy is filled only when every name has a value', () => {
  expect(fillPolicy(policyOf(spec), { 'data-bucket': 'b' }).Statement[0]?.Resource).toEqual(['arn:aws:s3:::b/*'])
  expect(() => fillPolicy(policyOf(spec), {})).toThrow('<data-bucket>')
})

const deploying = defineAction({
  ...spec,
  permissions: {
    ...spec.permissions,
    cluster: [
      { sid: 'Apply', groups: ['', 'apps'], resources: ['pods'], verbs: ['get', 'patch'], why: 'with: # a colon' },
      { sid: 'Nodes', groups: [''], resources: ['nodes'], verbs: ['list'], clusterWide: true, why: 'n' },
      { sid: 'One', groups: [''], resources: ['secrets'], resourceNames: ['a'], verbs: ['get'], why: 's' },
    ],
  },
})

test('what belongs to no namespace is in a ClusterRole, all else in a Role, both bound to those who deploy', () => {
  const roles = rolesOf(deploying)
  expect(roles.map(({ kind, metadata, rules }) => [kind, metadata.name, rules])).toEqual([
    [
      'Role',
      'mlops-probe',
      [
        { apiGroups: ['', 'apps'], resources: ['pods'], verbs: ['get', 'patch'] },
        { apiGroups: [''], resources: ['secrets'], resourceNames: ['a'], verbs: ['get'] },
      ],
    ],
    ['RoleBinding', 'mlops-probe', undefined],
    ['ClusterRole', 'mlops-probe', [{ apiGroups: [''], resources: ['nodes'], verbs: ['list'] }]],
    ['ClusterRoleBinding', 'mlops-probe', undefined],
  ])
  expect(roles[3]).toMatchObject({
    roleRef: { kind: 'ClusterRole', name: 'mlops-probe' },
    subjects: [{ kind: 'Group', name: 'mlops-deployers' }],
  })
})

test('the YAML of the roles says the same, and an action without rights has none', () => {
  expect(parseAllDocuments(rolesYaml(deploying)).map((document) => document.toJS() as unknown)).toEqual(
    rolesOf(deploying),
  )
  expect(rolesOf(spec)).toEqual([])
})

test('the pages name each right in the cluster, and link both files', () => {
  expect(blocks(deploying)['permissions']).toContain(
    '| `get`, `patch` | `pods`, `pods.apps` | namespace | with: # a colon |',
  )
  expect(blocks(deploying)['permissions']).toContain('| `get` | `secrets/a` | namespace | s |')
  expect(referencePage(deploying)).toMatch(/\(\.\.\/iam\/probe\.json\)[\s\S]*\(\.\.\/iam\/probe\.role\.yaml\)/)
})
