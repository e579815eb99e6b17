// Every `uses:` of an action of ours, in README, docs and workflows, is held against the action's spec.
import { globSync, readFileSync } from 'node:fs'
import { basename, dirname, join } from 'node:path'
import type { Spec } from '@mlops/action-kit'
import { allOutputs } from '@mlops/action-kit/gen'
import { parseAllDocuments } from 'yaml'

const root = join(import.meta.dirname, '..')
const { repository } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as { readonly repository: string }
const OURS = new RegExp(String.raw`^(?:${repository.replace('github:', '')}|\$|\.)/actions/([^@]+)(?:@(.+))?$`)
const specs = new Map<string, Spec>()
for (const path of globSync('actions/*/src/spec.ts', { cwd: root }))
  specs.set(basename(dirname(dirname(path))), ((await import(join(root, path))) as { readonly spec: Spec }).spec)

type Json = Readonly<Record<string, unknown>>
const isRecord = (value: unknown): value is Json => typeof value === 'object' && value !== null && !Array.isArray(value)

/** All objects in a document that have a `uses`. */
const steps = (value: unknown): readonly Json[] => {
  if (Array.isArray(value)) return value.flatMap(steps)
  if (!isRecord(value)) return []
  return [...(typeof value['uses'] === 'string' ? [value] : []), ...Object.values(value).flatMap(steps)]
}

const judgeStep = (step: Json): readonly string[] => {
  const [, name = '', ref] = OURS.exec(String(step['uses'])) ?? []
  if (name === '') return []
  const spec = specs.get(name)
  if (spec === undefined) return [`${String(step['uses'])}: there is no such action`]
  const given = isRecord(step['with']) ? Object.keys(step['with']) : []
  const required = Object.entries(spec.inputs).filter(([, input]) => input.required)
  return [
    ...given.filter((input) => !(input in spec.inputs)).map((input) => `${name} has no input ${input}`),
    ...required
      .filter(([input]) => !given.includes(input))
      .map(([input]) => `${name} lacks the required input ${input}`),
    ...(String(step['uses']).startsWith('.') || ref === 'v1' || String(step['uses']).startsWith('$')
      ? []
      : [`${String(step['uses'])}: the ref should be v1`]),
  ]
}

const judgeOutputs = (found: readonly Json[], text: string): readonly string[] => {
  const ids = new Map(
    found.flatMap((step) => {
      const spec = specs.get(OURS.exec(String(step['uses']))?.[1] ?? '')
      return spec === undefined || typeof step['id'] !== 'string' ? [] : [[step['id'], spec] as const]
    }),
  )
  return [...text.matchAll(/steps\.([\w-]+)\.outputs\.([\w-]+)/g)].flatMap(([, id = '', output = '']) => {
    const spec = ids.get(id)
    return spec === undefined || output in allOutputs(spec) ? [] : [`steps.${id}: ${spec.id} has no output ${output}`]
  })
}

const blocksOf = (path: string, text: string): readonly string[] =>
  path.endsWith('.md') ? [...text.matchAll(/^```ya?ml\n([\s\S]*?)^```/gm)].map(([, block = '']) => block) : [text]

const paths = globSync(
  ['README.md', 'docs/**/*.md', 'actions/*/README.md', 'examples/**/*.md', '.github/workflows/*.yml'],
  {
    cwd: root,
  },
).toSorted()
let checked = 0
const faults = paths.flatMap((path) =>
  blocksOf(path, readFileSync(join(root, path), 'utf8')).flatMap((block) => {
    const documents = parseAllDocuments(block)
    const broken = documents.flatMap(({ errors }) => errors.map(({ message }) => `${path}: ${message}`))
    const found = documents.flatMap((document) => steps(document.toJS()))
    checked += found.filter((step) => OURS.test(String(step['uses']))).length
    return [
      ...broken,
      ...[...found.flatMap(judgeStep), ...judgeOutputs(found, block)].map((fault) => `${path}: ${fault}`),
    ]
  }),
)
for (const fault of faults) console.error(fault)
console.log(`${checked} uses of ${specs.size} actions in ${paths.length} files checked, ${faults.length} faults`)
process.exitCode = faults.length > 0 || checked === 0 ? 1 : 0
