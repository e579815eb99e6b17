// Runs the reference workflow on this machine: a local AWS, real data, real training, no Docker and no account.
import { spawnSync } from 'node:child_process'
import { existsSync, mkdirSync, renameSync, rmSync } from 'node:fs'
import { join, relative } from 'node:path'
import { parseArgs } from 'node:util'
import { type LocalCloud, startLocalCloud } from '@mlops/local-cloud'
import { createIssuer, type Issuer, type RunRecord } from '@mlops/local-runner'
import { localAccount, pythonFor, startPipeline } from '@mlops/testing'
import { story } from './demo-story.ts'

interface Chapter {
  readonly title: string
  /** Repository variables of the run. */
  readonly variables: Readonly<Record<string, string>>
}

const ONE_FAMILY = { families: 'xgboost' }
const variables = (hyperparameters: Readonly<Record<string, string>>, scoreArguments: readonly string[] = []) => ({
  HYPERPARAMETERS: JSON.stringify(hyperparameters),
  SCORE_ARGUMENTS: scoreArguments.join('\n'),
})
const CHAMPION: Chapter = { title: 'a first model becomes the champion', variables: variables(ONE_FAMILY) }

const SCENARIOS: Readonly<Record<string, readonly Chapter[]>> = {
  'first-model': [{ title: 'the first model ever', variables: {} }],
  'bad-model': [
    CHAMPION,
    {
      title: 'a retraining on damaged data: two in five labels are shuffled',
      variables: variables({ ...ONE_FAMILY, 'damage-labels': '0.4' }),
    },
  ],
  borderline: [
    CHAMPION,
    {
      title: 'a smaller model, about as good, judged on few baskets',
      variables: variables({ ...ONE_FAMILY, trees: '60' }, ['--test-rows', '2500']),
    },
  ],
}

const root = join(import.meta.dirname, '..')
const cache = process.env['MLOPS_CACHE'] ?? join(root, 'out/cache')
const RAW = join(cache, 'retail-raw-1')
const started = performance.now()
const say = (line: string) =>
  console.log(`[${((performance.now() - started) / 1000).toFixed(1).padStart(5)} s] ${line}`)

const must = (what: string, command: string, args: readonly string[]) => {
  const { status, stdout, stderr } = spawnSync(command, args, { cwd: root, encoding: 'utf8' })
  if (status !== 0) throw new Error(`${what} failed:\n${stdout}${stderr}`)
}

const bundle = () =>
  must('bundling the actions', 'pnpm', ['exec', 'turbo', 'run', '//#bundle', '--output-logs=errors-only'])

/** The raw data as CSV, exported once; moved to its name only when complete. */
const rawData = (): string => {
  if (existsSync(RAW)) return RAW
  say('exporting the raw retail data as CSV (once)')
  const part = `${RAW}.${process.pid}`
  mkdirSync(part, { recursive: true })
  const python = pythonFor('examples/retail/requirements-dev.txt')
  must('exporting the raw data', python, ['examples/retail/data/export.py', '--out', part])
  if (existsSync(RAW)) rmSync(part, { recursive: true })
  else renameSync(part, RAW)
  return RAW
}

const pythonVersion = (python: string) =>
  spawnSync(python, ['-c', 'import sys; print("%d.%d" % sys.version_info[:2])'], { encoding: 'utf8' }).stdout.trim()

interface Stage {
  readonly cloud: LocalCloud
  readonly issuer: Issuer
  readonly python: string
  readonly folder: string
}

const play = async (chapter: Chapter, number: number, { cloud, issuer, python, folder }: Stage) => {
  say(`run ${number}: ${chapter.title} (the seconds of its own lines count from here)`)
  const out = join(folder, `run-${number}`)
  const pipeline = startPipeline({
    endpoint: cloud.endpoint,
    privateKeyPem: issuer.privateKeyPem,
    event: 'workflow_dispatch',
    inputs: { environment: 'prod', 'retrain-model': 'true' },
    variables: { PYTHON_VERSIONS: JSON.stringify([pythonVersion(python)]), ...chapter.variables },
    runId: `${Date.now()}`,
    out,
    stdio: 'inherit',
  })
  const interrupt = () => pipeline.kill('SIGINT')
  process.on('SIGINT', interrupt)
  const { code, record } = await pipeline.done
  process.off('SIGINT', interrupt)
  say(code === 0 ? 'the pipeline is green' : 'the pipeline is red')
  tell(record, out)
  return code
}

const tell = (record: RunRecord | undefined, out: string) => {
  if (record !== undefined) for (const line of story(record, relative(root, out))) console.log(line)
}

const demo = async (chapters: readonly Chapter[]): Promise<number> => {
  say('preparing: bundles, a local AWS, the Python of the jobs (the first time takes a minute or two)')
  bundle()
  const python = pythonFor('examples/retail/pipeline/requirements.txt')
  const raw = rawData()
  const issuer = createIssuer()
  const cloud = await startLocalCloud({
    account: localAccount({ jwks: issuer.jwks, python, raw: { folder: raw, buckets: ['mlops-prod'] } }),
  })
  try {
    say(`local AWS at ${cloud.endpoint}; running .github/workflows/mlops-pipeline.yml`)
    const folder = join(root, 'out/demo', new Date().toISOString().replaceAll(/[-:]|\.\d+/g, ''))
    const stage = { cloud, issuer, python, folder }
    for (const [index, chapter] of chapters.entries()) {
      const code = await play(chapter, index + 1, stage)
      if (code !== 0) return code
    }
    return 0
  } finally {
    await cloud.stop()
  }
}

const { values } = parseArgs({ options: { scenario: { type: 'string', default: 'first-model' } } })
const chapters = SCENARIOS[values.scenario]
if (chapters === undefined) {
  console.error(`there is no scenario ${values.scenario}; there are ${Object.keys(SCENARIOS).join(', ')}`)
  process.exitCode = 2
} else
  try {
    process.exitCode = await demo(chapters)
  } catch (error) {
    // What the machine lacks is one sentence; a fault of ours (a TypeError, …) keeps its stack.
    console.error(error instanceof Error && error.name === 'Error' ? `demo: ${error.message}` : error)
    process.exitCode = 1
  }
