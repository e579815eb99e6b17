// Every `uses:` of an action of ours, in README, docs, workflows and composites, is held against the action's inputs and
// outputs, and a composite's README against its action.yml.
import { existsSync, globSync, readFileSync } from 'node:fs'
import { basename, dirname, join } from 'node:path'
import type { Spec } from '@mlops/action-kit'
import { allOutputs } from '@mlops/action-kit/gen'
import { parse, parseAllDocuments } from 'yaml'

const root = join(import.meta.dirname, '..')
const { repository } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as { readonly repository: string }
const OURS = new RegExp(String.raw`^(?:${repository.replace('github:', '')}|\$|\.)/actions/([^@]+)(?:@(.+))?$`)
type Json = Readonly<Record<string, unknown>>
const isRecord = (value: unknown): value is Json => typeof value === 'object' && value !== null && !Array.isArray(value)

/** What a step may give and ask of an action. */
interface Interface {
  readonly id: string
  readonly inputs: Readonly<Record<string, { readonly required: boolean }>>
  readonly outputs: readonly string[]
}

const ofSpec = (spec: Spec): Interface => ({ ...spec, outputs: Object.keys(allOutputs(spec)) })

const fieldsOf = (value: unknown): Json => (isRecord(value) ? value : {})
/** Composites are written by hand and have no spec. */
const ofComposite = (id: string): Interface => {
  const file = fieldsOf(parse(readFileSync(join(root, 'actions', id, 'action.yml'), 'utf8')))
  const inputs = Object.entries(fieldsOf(file['inputs']))
  return {
    id,
    inputs: Object.fromEntries(
      inputs.map(([name, input]) => [name, { required: fieldsOf(input)['required'] === true }]),
    ),
    outputs: Object.keys(fieldsOf(file['outputs'])),
  }
}

const folders = globSync('actions/*/action.yml', { cwd: root }).map((path) => basename(dirname(path)))
const composites = folders.filter((id) => !existsSync(join(root, 'actions', id, 'src/spec.ts')))
const actions = new Map<string, Interface>(composites.map((id) => [id, ofComposite(id)]))
for (const path of globSync('actions/*/src/spec.ts', { cwd: root })) {
  const { spec } = (await import(join(root, path))) as { readonly spec: Spec }
  actions.set(basename(dirname(dirname(path))), ofSpec(spec))
}

/** All objects in a document that have a `uses`. */
const steps = (value: unknown): readonly Json[] => {
  if (Array.isArray(value)) return value.flatMap(steps)
  if (!isRecord(value)) return []
  return [...(typeof value['uses'] === 'string' ? [value] : []), ...Object.values(value).flatMap(steps)]
}

const judgeStep = (step: Json): readonly string[] => {
  const [, name = '', ref] = OURS.exec(String(step['uses'])) ?? []
  if (name === '') return []
  const action = actions.get(name)
  if (action === undefined) return [`${String(step['uses'])}: there is no such action`]
  const given = isRecord(step['with']) ? Object.keys(step['with']) : []
  const required = Object.entries(action.inputs).filter(([, input]) => input.required)
  return [
    ...given.filter((input) => !(input in action.inputs)).map((input) => `${name} has no input ${input}`),
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
      const action = actions.get(OURS.exec(String(step['uses']))?.[1] ?? '')
      return action === undefined || typeof step['id'] !== 'string' ? [] : [[step['id'], action] as const]
    }),
  )
  return [...text.matchAll(/steps\.([\w-]+)\.outputs\.([\w-]+)/g)].flatMap(([, id = '', output = '']) => {
    const action = ids.get(id)
    return action === undefined || action.outputs.includes(output)
      ? []
      : [`steps.${id}: ${action.id} has no output ${output}`]
  })
}

const blocksOf = (path: string, text: string): readonly string[] =>
  path.endsWith('.md') ? [...text.matchAll(/^```ya?ml\n([\s\S]*?)^```/gm)].map(([, block = '']) => block) : [text]

const paths = globSync(
  [
    'README.md',
    'docs/**/*.md',
    'actions/*/README.md',
    'examples/**/*.md',
    '.github/workflows/*.yml',
    ...composites.map((id) => `actions/${id}/action.yml`),
  ],
  { cwd: root },
).toSorted()
let checked = 0
const stepFaults = paths.flatMap((path) =>
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
const undocumented = composites.flatMap((id) => {
  const { inputs, outputs } = actions.get(id) ?? { inputs: {}, outputs: [] }
  const path = `actions/${id}/README.md`
  const text = existsSync(join(root, path)) ? readFileSync(join(root, path), 'utf8') : ''
  return [...Object.keys(inputs), ...outputs]
    .filter((name) => !text.includes(`| \`${name}\` |`))
    .map((name) => `${path}: no row for ${name}`)
})
const faults = [...stepFaults, ...undocumented]
for (const fault of faults) console.error(fault)
console.log(`${checked} uses of ${actions.size} actions in ${paths.length} files checked, ${faults.length} faults`)
process.exitCode = faults.length > 0 || checked === 0 ? 1 : 0
