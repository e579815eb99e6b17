// Shows that each scenario can fail: applies one mutation of the product after the other in a scratch copy and expects
// exactly the named tests to fail by it. The same for each statement of the published policies.
import { spawnSync } from 'node:child_process'
import { cpSync, existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { allTeeth, type Edit, type Tooth } from './teeth/index.ts'

const root = join(import.meta.dirname, '..')
const only = process.argv.slice(2).filter((argument) => !argument.startsWith('--'))

const run = (folder: string, command: string, ...args: readonly string[]) =>
  spawnSync(command, args, { cwd: folder, encoding: 'utf8', timeout: 400_000 })

const scratchCopy = (): string => {
  const folder = mkdtempSync(join(tmpdir(), 'teeth-'))
  const { stdout } = run(root, 'git', 'ls-files', '-co', '--exclude-standard')
  for (const path of stdout.trim().split('\n'))
    if (existsSync(join(root, path))) cpSync(join(root, path), join(folder, path))
  // The scenarios' own scratch repositories ask git which files there are.
  run(folder, 'git', 'init', '--quiet')
  const { status, stderr } = run(folder, 'pnpm', 'install', '--frozen-lockfile', '--prefer-offline')
  if (status !== 0) throw new Error(stderr)
  return folder
}

/** Applies the edits and gives what takes them back. */
const mutate = (folder: string, edits: readonly Edit[]): (() => void) => {
  const originals = new Map<string, string>()
  for (const { file, find, replace } of edits) {
    const path = join(folder, file)
    const text = readFileSync(path, 'utf8')
    if (text.split(find).length !== 2) throw new Error(`${file} does not hold the mutated text exactly once: ${find}`)
    if (!originals.has(path)) originals.set(path, text)
    writeFileSync(
      path,
      text.replace(find, () => replace),
    )
  }
  return () => {
    for (const [path, text] of originals) writeFileSync(path, text)
  }
}

interface JestReport {
  readonly testResults: readonly {
    readonly assertionResults: readonly { readonly fullName: string; readonly status: string }[]
  }[]
}

/** Names of the tests of a suite that fail; undefined when the suite did not run at all. */
const failures = (folder: string, suite: string): readonly string[] | undefined => {
  const report = join(folder, 'out-teeth.json')
  rmSync(report, { force: true })
  const flags = ['--experimental-vm-modules', '--disable-warning=ExperimentalWarning']
  run(
    folder,
    'node',
    ...flags,
    'node_modules/jest/bin/jest.js',
    '-i',
    '--forceExit',
    suite,
    '--json',
    `--outputFile=${report}`,
  )
  if (!existsSync(report)) return undefined
  const { testResults } = JSON.parse(readFileSync(report, 'utf8')) as JestReport
  const all = testResults.flatMap(({ assertionResults }) => assertionResults)
  return all.length === 0 ? undefined : all.filter(({ status }) => status !== 'passed').map(({ fullName }) => fullName)
}

/** What is wrong with a tooth; undefined when the named tests and no others fail. */
const complaint = ({ breaks, suite }: Tooth, failed: readonly string[] | undefined): string | undefined => {
  if (failed === undefined) return `${suite} did not run`
  const silent = breaks.filter((name) => !failed.some((test) => test.includes(name)))
  if (silent.length > 0) return `not noticed by: ${silent.join(', ')}`
  const others = failed.filter((test) => !breaks.some((name) => test.includes(name)))
  return others.length > 0 ? `fails too: ${others.join(', ')}` : undefined
}

/** What is wrong with a tooth, seen by applying it; undefined when it bites as its row says. */
const tried = (folder: string, tooth: Tooth): string | undefined => {
  if (tooth.breaks.length === 0) return 'no test is named for it'
  let restore: () => void = () => undefined
  try {
    restore = mutate(folder, tooth.edits)
    const bundled = run(folder, 'node', 'scripts/bundle.ts')
    return bundled.status === 0 ? complaint(tooth, failures(folder, tooth.suite)) : `does not bundle: ${bundled.stderr}`
  } catch (error) {
    return String(error)
  } finally {
    restore()
  }
}

const folder = scratchCopy()
// Also when it is interrupted.
process.once('exit', () => rmSync(folder, { recursive: true, force: true }))
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => process.exit(1))
const chosen = allTeeth(root).filter(
  ({ scenario }) => only.length === 0 || only.some((word) => scenario.includes(word)),
)
let faults = 0
for (const tooth of chosen) {
  const problem = tried(folder, tooth)
  if (problem !== undefined) faults += 1
  console.log(
    `${problem === undefined ? 'bites' : 'BLUNT'}  ${tooth.scenario}${problem === undefined ? '' : `: ${problem}`}`,
  )
}

console.log(`${chosen.length - faults} passed, ${faults} failed`)
process.exitCode = faults === 0 ? 0 : 1
