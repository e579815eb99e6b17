import { readFileSync, statSync } from 'node:fs'
import { dirname, join, relative, resolve } from 'node:path'
import { fieldsOf, type Fields, listOf, textOf } from '../fields.ts'
import { isInside, realPath } from './inside.ts'
import type { RenderFault } from './render-error.ts'
import { readDocuments } from './yaml-documents.ts'

const NAMES = ['kustomization.yaml', 'kustomization.yml', 'Kustomization']
/** Fields that list folders, files or addresses. */
const SOURCES = [
  'resources',
  'bases',
  'components',
  'crds',
  'configurations',
  'generators',
  'transformers',
  'validators',
]
/** Fields whose entries name a file. */
const WITH_PATH = ['patches', 'patchesJson6902', 'replacements']
const GENERATORS = ['configMapGenerator', 'secretGenerator']
const COMMIT = /(?:[?&](?:ref|version)=[0-9a-f]{40}(?:&|$))|(?:^https:\/\/[^?#]*\/[0-9a-f]{40}\/)/

const kustomizationIn = (folder: string): string | undefined =>
  NAMES.map((name) => join(folder, name)).find((path) => realPath(path) !== undefined)

const texts = (value: unknown) => listOf(value).flatMap((one) => textOf(one) ?? [])
/** Patches may stand in the file itself. */
const isInline = (text: string) => text.includes('\n') || text.trimStart().startsWith('{')
/** `key=path` or `path`. */
const pathOfFile = (text: string) => text.slice(text.indexOf('=') + 1)

/** Everything that a kustomization reads besides itself. */
const entriesOf = (fields: Fields): readonly string[] => [
  ...SOURCES.flatMap((field) => texts(fields[field])),
  ...texts(fields['patchesStrategicMerge']),
  ...WITH_PATH.flatMap((field) => texts(listOf(fields[field]).map((one) => fieldsOf(one)['path']))),
  ...texts([fieldsOf(fields['openapi'])['path']]),
  ...GENERATORS.flatMap((field) =>
    listOf(fields[field])
      .map(fieldsOf)
      .flatMap(({ files, envs, env }) => [...texts(files).map(pathOfFile), ...texts(envs), ...texts([env])]),
  ),
]

interface Walk {
  readonly workspace: string
  readonly seen: Set<string>
}

const entryFaults = (entry: string, file: string, walk: Walk): readonly RenderFault[] => {
  const { workspace } = walk
  const refuse = (what: string, why: string, hint: string): readonly RenderFault[] => [
    { file: relative(workspace, file), line: 1, what, why, hint },
  ]
  const real = realPath(resolve(dirname(file), entry))
  if (real === undefined)
    return COMMIT.test(entry)
      ? []
      : refuse(
          `${entry} is not in the checkout, and names no commit`,
          'what is fetched from elsewhere could be other objects tomorrow',
          'correct the path, or add ?ref=<the 40 digits of a commit>',
        )
  if (!isInside(real, workspace))
    return refuse(
      `${entry} leads out of the workspace`,
      'only files of the checkout are deployed',
      'copy what is needed into the repository',
    )
  return statSync(real).isDirectory() ? kustomizationFaults(real, walk) : []
}

const kustomizationFaults = (folder: string, walk: Walk): readonly RenderFault[] => {
  if (walk.seen.has(folder)) return []
  walk.seen.add(folder)
  const file = kustomizationIn(folder)
  const shown = relative(walk.workspace, folder)
  if (file === undefined)
    return [
      {
        file: shown === '' ? '.' : shown,
        line: 1,
        what: 'holds no kustomization',
        why: 'kustomize reads kustomization.yaml',
        hint: 'check the path, or name plain manifests in manifests',
      },
    ]
  if (!isInside(realPath(file) ?? '', walk.workspace))
    return [
      {
        file: relative(walk.workspace, file),
        line: 1,
        what: 'is a link out of the workspace',
        why: 'only files of the checkout are deployed',
        hint: 'copy the file',
      },
    ]
  const { documents, faults } = readDocuments(readFileSync(file, 'utf8'), relative(walk.workspace, file))
  const entries = documents.flatMap(({ value }) => entriesOf(fieldsOf(value)))
  return [...faults, ...entries.filter((entry) => !isInline(entry)).flatMap((entry) => entryFaults(entry, file, walk))]
}

/**
 * What speaks against rendering an overlay: it, a base or a file of it leads out of the workspace, or is fetched from
 * elsewhere without naming a commit. kustomize itself would follow.
 */
export const overlayFaults = (folder: string, workspace: string): readonly RenderFault[] => {
  const real = realPath(resolve(workspace, folder))
  if (real !== undefined && isInside(real, workspace) && statSync(real).isDirectory())
    return kustomizationFaults(real, { workspace, seen: new Set() })
  return [
    {
      file: folder,
      line: 1,
      what: real === undefined || isInside(real, workspace) ? 'is no folder' : 'leads out of the workspace',
      why: 'an overlay is a folder of the checkout',
      hint: 'check the path, and that a checkout step runs before',
    },
  ]
}
