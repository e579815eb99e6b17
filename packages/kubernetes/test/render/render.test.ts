import {
  chmodSync,
  cpSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { describe, expect, test } from '@jest/globals'
import { ActionError } from '@mlops/core'
import { recogniseNativeErrors } from '@mlops/testing'
import { manifestText, renderManifests, sha256, shownText } from '../../src/index.ts'
import { readDocuments } from '../../src/render/yaml-documents.ts'

recogniseNativeErrors()

const filesOf = (files: Readonly<Record<string, string>>): string => {
  const workspace = mkdtempSync(join(tmpdir(), 'render-'))
  for (const [name, text] of Object.entries(files)) {
    mkdirSync(dirname(join(workspace, name)), { recursive: true })
    writeFileSync(join(workspace, name), text)
  }
  return workspace
}

/** A kustomize that says with what it was started, and then what the folder's resource holds. */
const FAKE = `#!/bin/sh
echo "# $0 $1 $AWS_SECRET_ACCESS_KEY" >&2
test -f "$2/fails" && { echo "Error: it is broken" >&2; exit 3; }
cat "$2/resource.yaml"
`

const contextOf = (workspace: string, tools: Readonly<Record<string, string>> = {}) => {
  const bin = filesOf(tools)
  for (const name of readdirSync(bin)) chmodSync(join(bin, name), 0o755)
  return {
    workspace,
    environment: { PATH: `relative:${bin}:/usr/bin:/bin`, AWS_SECRET_ACCESS_KEY: 'secret' },
    signal: new AbortController().signal,
  }
}

const render = (workspace: string, globs: readonly string[]) =>
  renderManifests({ kind: 'manifests', globs }, contextOf(workspace))
const overlay = (workspace: string, folder: string) =>
  renderManifests({ kind: 'overlay', folder }, contextOf(workspace, { kustomize: FAKE }))

const faultsOf = async (rendering: Promise<unknown>): Promise<readonly string[]> => {
  try {
    await rendering
    return []
  } catch (error) {
    if (!(error instanceof ActionError) || error.facts.code !== 'E-RENDER') throw error
    return (error.facts.locations ?? []).map(({ file, line, text }) => `${file}:${line} ${text.split(':')[0] ?? ''}`)
  }
}

const CONFIG = 'apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: a\n'

describe('plain manifests', () => {
  test('are read once, in order, with the line of each object', async () => {
    const workspace = filesOf({ 'k8s/b.yaml': CONFIG, 'k8s/a.yaml': `# first\n---\n${CONFIG}---\n---\n${CONFIG}` })
    const { by, documents, text } = await render(workspace, ['k8s/*.yaml', 'k8s/a.yaml'])
    expect(by).toBe('manifests')
    expect(documents.map(({ file, line }) => `${file}:${line}`)).toEqual([
      'k8s/a.yaml:3',
      'k8s/a.yaml:9',
      'k8s/b.yaml:1',
    ])
    expect(readDocuments(text, 'all').documents.map(({ value }) => value)).toEqual(documents.map(({ value }) => value))
  })

  test('out of the workspace, by path or by link, and globs that fit nothing, are refused all at once', async () => {
    const workspace = filesOf({ 'k8s/a.yaml': CONFIG })
    const outside = filesOf({ 'secret.yaml': CONFIG })
    symlinkSync(join(outside, 'secret.yaml'), join(workspace, 'k8s/link.yaml'))
    expect(await faultsOf(render(workspace, ['../*.yaml', '/etc/hosts', 'none/*.yaml', 'k8s/*.yaml', 'k8s']))).toEqual([
      '../*.yaml:1 leads out of the workspace',
      '/etc/hosts:1 leads out of the workspace',
      'none/*.yaml:1 fits no file',
      'k8s/link.yaml:1 is a link out of the workspace',
      'k8s:1 is no file',
    ])
  })
})

describe('YAML', () => {
  const valueOf = (text: string) => readDocuments(text, 'x.yaml').documents[0]?.value

  test('means what it means to kubectl', () => {
    expect(valueOf('mode: 0644\nflag: on\ntext: "0644"\nversion: 1.10\nmap: &a {x: 1}\ncopy: {<<: *a, y: 2}')).toEqual({
      mode: 420,
      flag: true,
      text: '0644',
      version: 1.1,
      map: { x: 1 },
      copy: { x: 1, y: 2 },
    })
  })

  const bomb = (levels: number) =>
    Array.from({ length: levels }, (_, level) =>
      level === 0 ? 'a0: &a0 [x, x]' : `a${level}: &a${level} [${`*a${level - 1}, `.repeat(9)}*a${level - 1}]`,
    ).join('\n')

  test.each([
    ['a key twice', 'a: 1\na: 2'],
    ['a quote that does not end', 'a: "x\n'],
    ['aliases that would fill the memory', bomb(12)],
    ['nesting without end', `${'['.repeat(100_000)}${']'.repeat(100_000)}`],
    ['a key that reaches into every object', '__proto__: {polluted: true}'],
    ['such a key deep within', 'a: [{b: {"__proto__": {polluted: true}}}]'],
  ])('with %s is refused', (_, text) => {
    const { documents, faults } = readDocuments(text, 'x.yaml')
    expect({ documents, faults: faults.length }).toEqual({ documents: [], faults: 1 })
    expect(Object.hasOwn(Object.prototype, 'polluted')).toBe(false)
  })
})

test('objects are written so that they are read as the same', () => {
  const object = {
    apiVersion: 'v1',
    kind: 'ConfigMap',
    metadata: { name: 'a' },
    data: {
      on: 'yes',
      octal: '0644',
      number: '1e3',
      empty: '',
      lines: 'a\nb\n',
      time: '2026-01-01',
      sexagesimal: '12:30:45',
    },
  }
  expect(readDocuments(manifestText([object, object]), 'x').documents.map(({ value }) => value)).toEqual([
    object,
    object,
  ])
})

test('what is written for people to read holds no value of a Secret', () => {
  const secret = (more: object) => ({ apiVersion: 'v1', kind: 'Secret', metadata: { name: 'login' }, ...more })
  const encoded = Buffer.from('hunter22').toString('base64')
  const settings = { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'a' }, data: { level: 'low' } }
  const copy = { 'kubectl.kubernetes.io/last-applied-configuration': encoded, team: 'shop' }
  const text = manifestText([
    settings,
    secret({ data: { password: encoded }, metadata: { name: 'login', annotations: copy } }),
    { apiVersion: 'v1', kind: 'List', items: [secret({ stringData: { password: 'hunter22' } })] },
  ])
  const written = shownText({ text, documents: readDocuments(text, 'x').documents })
  const digest = `sha256:${sha256(encoded)}`
  expect(readDocuments(written, 'x').documents.map(({ value }) => value)).toEqual([
    settings,
    secret({ data: { password: digest }, metadata: { name: 'login', annotations: { team: 'shop' } } }),
    { apiVersion: 'v1', kind: 'List', items: [secret({ stringData: { password: digest } })] },
  ])
  const plain = `# as it is\n${manifestText([settings])}`
  expect(shownText({ text: plain, documents: readDocuments(plain, 'x').documents })).toBe(plain)
})

describe('an overlay', () => {
  const OVERLAY = 'resources:\n- resource.yaml\n'

  test('is rendered by the first tool on the PATH, which is told no credentials', async () => {
    const workspace = filesOf({ 'k8s/kustomization.yaml': OVERLAY, 'k8s/resource.yaml': CONFIG })
    const source = { kind: 'overlay', folder: 'k8s' } as const
    const both = contextOf(workspace, { kustomize: FAKE, kubectl: FAKE })
    expect(await renderManifests(source, both)).toMatchObject({
      by: 'kustomize',
      text: CONFIG,
      documents: [{ file: 'k8s/rendered', line: 1 }],
    })
    const kubectl = await renderManifests(source, contextOf(workspace, { kubectl: FAKE }))
    expect(kubectl.by).toBe('kubectl kustomize')
    expect(readdirSync(join(workspace, 'k8s'))).toEqual(['kustomization.yaml', 'resource.yaml'])
  })

  test('says what the tool said when it fails', async () => {
    const workspace = filesOf({ 'k8s/kustomization.yaml': OVERLAY, 'k8s/resource.yaml': CONFIG, 'k8s/fails': '' })
    const rendering = overlay(workspace, 'k8s')
    await expect(rendering).rejects.toThrow(/^E-RENDER: .*kustomize ended with 3 \| Error: it is broken \|/)
    const error = await rendering.catch((thrown: unknown) => thrown)
    expect(error instanceof ActionError && JSON.stringify(error.facts.report)).toContain('it is broken')
    expect(JSON.stringify(error)).not.toContain('secret')
  })

  test('is not rendered without a tool', async () => {
    const workspace = filesOf({ 'k8s/kustomization.yaml': OVERLAY, 'k8s/resource.yaml': CONFIG })
    const context = { ...contextOf(workspace), environment: { PATH: '.:relative' } }
    await expect(renderManifests({ kind: 'overlay', folder: 'k8s' }, context)).rejects.toThrow(/E-RENDER/)
  })

  test('that reaches out of the workspace, or fetches what has no commit, is refused all at once', async () => {
    const workspace = filesOf({
      'k8s/prod/kustomization.yaml': [
        'resources:',
        '- ../base',
        '- ../../../outside',
        '- https://github.com/acme/base//k8s?ref=main',
        `- https://github.com/acme/base//k8s?ref=${'a'.repeat(40)}`,
        '- github.com/acme/base',
        'components: [link]',
        'patches:',
        '- path: /etc/passwd',
        '- patch: |-\n    a: b',
      ].join('\n'),
      'k8s/base/kustomization.yaml':
        'resources: [gone.yaml]\nconfigMapGenerator:\n- name: a\n  files: [key=../../../../etc/passwd]\n',
    })
    mkdirSync(join(workspace, '../outside'), { recursive: true })
    symlinkSync('/etc', join(workspace, 'k8s/prod/link'))
    expect(await faultsOf(overlay(workspace, 'k8s/prod'))).toEqual([
      'k8s/base/kustomization.yaml:1 gone.yaml is not in the checkout, and names no commit',
      expect.stringMatching(/^k8s\/base\/kustomization\.yaml:1 key=|^k8s\/base\/kustomization\.yaml:1 \.\.\//),
      'k8s/prod/kustomization.yaml:1 ../../../outside leads out of the workspace',
      'k8s/prod/kustomization.yaml:1 https',
      'k8s/prod/kustomization.yaml:1 github.com/acme/base is not in the checkout, and names no commit',
      'k8s/prod/kustomization.yaml:1 link leads out of the workspace',
      'k8s/prod/kustomization.yaml:1 /etc/passwd leads out of the workspace',
    ])
  })

  test.each(['..', '/etc', 'absent', 'k8s/empty'])('%s is none', async (folder) => {
    const workspace = filesOf({ 'k8s/empty/x': '' })
    expect(await faultsOf(overlay(workspace, folder))).toHaveLength(1)
  })
})

test('the checkout is read only', async () => {
  const workspace = filesOf({ 'k8s/kustomization.yaml': 'resources: [resource.yaml]', 'k8s/resource.yaml': CONFIG })
  const copy = mkdtempSync(join(tmpdir(), 'copy-'))
  cpSync(workspace, copy, { recursive: true })
  await overlay(workspace, 'k8s')
  for (const name of ['kustomization.yaml', 'resource.yaml'])
    expect(readFileSync(join(workspace, 'k8s', name), 'utf8')).toBe(readFileSync(join(copy, 'k8s', name), 'utf8'))
})
