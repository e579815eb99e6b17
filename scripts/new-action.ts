import { execFileSync } from 'node:child_process'
import { existsSync, mkdirSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'

const root = join(import.meta.dirname, '..')

const packageJson = (id: string) =>
  `${JSON.stringify(
    {
      name: `@mlops/${id}`,
      version: '0.0.0',
      private: true,
      type: 'module',
      scripts: { typecheck: 'tsc -p .' },
      dependencies: { '@mlops/action-kit': 'workspace:*', '@mlops/core': 'workspace:*' },
      devDependencies: { '@mlops/testing': 'workspace:*' },
    },
    undefined,
    2,
  )}\n`

const spec = (
  id: string,
  title: string,
) => `import { defineAction, input, type InputsOf, output } from '@mlops/action-kit'

export const spec = defineAction({
  id: '${id}',
  name: '${title}',
  description: '${title}.',
  branding: { icon: 'box', color: 'blue' },
  inputs: {
    subject: input.string({ help: 'What the action is about.', required: true }),
  },
  outputs: {
    subject: output.string('What the action was about.'),
  },
  permissions: { aws: [], token: [] },
})

export type Inputs = InputsOf<typeof spec>
export type Spec = typeof spec
`

const run = (title: string) => `import type { Outcome } from '@mlops/action-kit'
import type { Inputs, Spec } from './spec.ts'

/** ${title}. */
export const run = ({ subject }: Inputs): Promise<Outcome<Spec>> =>
  Promise.resolve({
    status: 'done',
    verdict: 'ok',
    outputs: { subject },
    report: { headline: \`Done: \${subject}.\`, blocks: [] },
  })
`

const main = `import { start } from '@mlops/action-kit'
import { run } from './run.ts'
import { spec } from './spec.ts'

await start(spec, { run, ports: () => ({}) })
`

const test = `import { expect, test } from '@jest/globals'
import { run } from '../src/run.ts'

test('it gives back what it was about', async () => {
  expect(await run({ subject: 'a model' })).toMatchObject({ status: 'done', outputs: { subject: 'a model' } })
})
`

const scenario = (id: string) => `import { expect, test } from '@jest/globals'
import { runStep } from '@mlops/testing'

test('the bundled action writes its output', async () => {
  const step = await runStep({ action: '${id}', inputs: { subject: 'a model' } })
  expect(step.code).toBe(0)
  expect(step.outputs).toMatchObject({ status: 'done', subject: 'a model' })
})
`

const section = (title: string, name: string) => `## ${title}\n\n<!-- gen:${name} -->\n<!-- /gen:${name} -->\n`
const readme = (id: string, title: string, slug: string) =>
  [
    `# ${id}\n\n${title}.\n`,
    `\`\`\`yaml\n- uses: ${slug}/actions/${id}@v1\n  with:\n    subject: a model\n\`\`\`\n`,
    section('Permissions', 'permissions'),
    section('Inputs', 'inputs'),
    section('Rules', 'rules'),
    section('Outputs', 'outputs'),
  ].join('\n')

/** Files of a new action, by path: it builds, is linted and passes its tests as it stands. */
const filesOf = (id: string, title: string, slug: string): Readonly<Record<string, string>> => ({
  'package.json': packageJson(id),
  'tsconfig.json': '{ "extends": "../../tsconfig.base.json", "include": ["src", "test", "scenario"] }\n',
  'README.md': readme(id, title, slug),
  'src/spec.ts': spec(id, title),
  'src/run.ts': run(title),
  'src/main.ts': main,
  'test/run.test.ts': test,
  [`scenario/${id}.scenario.ts`]: scenario(id),
})

const fail = (line: string): never => {
  console.error(line)
  process.exit(2)
}

const [id = '', title = ''] = process.argv.slice(2)
if (!/^[a-z]+(-[a-z]+)+$/.test(id) || !/^[A-Z][\w ,-]+$/.test(title))
  fail('usage: pnpm new-action <verb-noun> "<Title, as GitHub shows it>"')
const folder = join(root, 'actions', id)
if (existsSync(folder)) fail(`actions/${id} exists already`)
for (const [path, text] of Object.entries(filesOf(id, title, 'mlops-actions/mlops-actions'))) {
  mkdirSync(dirname(join(folder, path)), { recursive: true })
  writeFileSync(join(folder, path), text)
}
execFileSync('pnpm', ['install', '--prefer-offline'], { cwd: root, stdio: 'inherit' })
execFileSync(process.execPath, ['scripts/gen.ts'], { cwd: root, stdio: 'inherit' })
console.log(`actions/${id} is there: change spec.ts and run.ts, then run npm test`)
