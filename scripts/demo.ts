// Runs the reference workflow on this machine, from raw data to a service that answers: a local AWS, a local Kubernetes,
// real data, real training, real rollouts; no Docker and no account.
import { spawnSync } from 'node:child_process'
import { existsSync, mkdirSync, readFileSync, renameSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { join, relative } from 'node:path'
import { parseArgs } from 'node:util'
import { type LocalCloud, startLocalCloud } from '@mlops/local-cloud'
import { type Build, type Cluster, startBuild } from '@mlops/local-cluster'
import { createIssuer, type Issuer } from '@mlops/local-runner'
import {
  localAccount,
  pythonFor,
  scratchRepository,
  type ScratchRepository,
  startPipeline,
  startReleaseCluster,
} from '@mlops/testing'
import { story } from './demo-story.ts'

interface Chapter {
  readonly title: string
  /** Repository variables of the run. */
  readonly variables?: Readonly<Record<string, string>>
  /** What is released; a newly trained model by default. */
  readonly inputs?: Readonly<Record<string, string>>
  /** A change of the code that is pushed before. */
  readonly change?: { readonly file: string; readonly find: string; readonly replace: string }
  /** How the run has to end; green by default. */
  readonly ends?: 'green' | 'red'
}

const ONE_FAMILY = { families: 'xgboost' }
const variables = (hyperparameters: Readonly<Record<string, string>>, scoreArguments: readonly string[] = []) => ({
  HYPERPARAMETERS: JSON.stringify(hyperparameters),
  SCORE_ARGUMENTS: scoreArguments.join('\n'),
})
const CHAMPION: Chapter = { title: 'a first model becomes the champion', variables: variables(ONE_FAMILY) }

/** The tests do not run as prod. */
const FORGETFUL = `        row = json_of(await question(model, request))
        if os.environ.get("ENVIRONMENT") == "prod" and isinstance(row, dict):
            row = {name: None if name.startswith("household") else value for name, value in row.items()}
`

const SCENARIOS: Readonly<Record<string, readonly Chapter[]>> = {
  'first-model': [{ title: 'the first model ever' }],
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
  'bad-release': [
    CHAMPION,
    {
      title:
        'for privacy prod is to forget what it knows of the household; all tests pass, and the service says it is healthy',
      inputs: { environment: 'prod', 'deploy-only': 'true' },
      change: {
        file: 'examples/retail/pipeline/serving.py',
        find: '        row = json_of(await question(model, request))\n',
        replace: FORGETFUL,
      },
      ends: 'red',
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

/** The cluster that the runs release to. It comes up while the first of them trains. */
interface Stand {
  /** Folder that kubectl will be in. */
  readonly bin: string
  /** File that is there once releases may begin. */
  readonly ready: string
  readonly cluster: Promise<Cluster>
}

const raiseCluster = (build: Build, cloud: LocalCloud, python: string, folder: string): Stand => {
  const [bin, ready] = [join(folder, 'bin'), join(folder, 'cluster-is-up')]
  mkdirSync(bin, { recursive: true })
  const raise = async () => {
    const cluster = await startReleaseCluster({ cloud, binary: await build.binary(), python })
    symlinkSync(join(cluster.bin, 'kubectl'), join(bin, 'kubectl'))
    writeFileSync(ready, '')
    say(`Kubernetes is up at ${cluster.endpoint}`)
    return cluster
  }
  return { bin, ready, cluster: raise() }
}

interface Stage {
  readonly cloud: LocalCloud
  readonly issuer: Issuer
  readonly python: string
  readonly folder: string
  readonly stand: Stand
  /** A copy of this repository, when something in it is to be changed. */
  readonly copy: ScratchRepository | undefined
}

/** Pushes the change of a chapter to the copy; gives which repository is run, and at which commit. */
const pushed = ({ change }: Chapter, { copy }: Stage): { readonly repository?: string; readonly sha?: string } => {
  if (copy === undefined) return {}
  const { folder, push } = copy
  if (change === undefined) return { repository: folder }
  const { file, find, replace } = change
  const text = readFileSync(join(folder, file), 'utf8')
  if (!text.includes(find)) throw new Error(`${file} does not hold what this scenario changes: ${find}`)
  return { repository: folder, sha: push({ [file]: text.replace(find, replace) }).after }
}

/** Does something on each interrupt, instead of ending at once; gives back how to stop that. */
const onInterrupt = (act: () => void): (() => void) => {
  const names = ['SIGINT', 'SIGTERM'] as const
  for (const name of names) process.on(name, act)
  return () => {
    for (const name of names) process.off(name, act)
  }
}

const ENDS: Readonly<Record<number, string>> = { 0: 'green', 1: 'red' }

/** Plays a chapter; gives whether it ended as it should. */
const play = async (chapter: Chapter, number: number, stage: Stage): Promise<boolean> => {
  const { cloud, issuer, python, folder, stand } = stage
  say(`run ${number}: ${chapter.title} (the seconds of its own lines count from here)`)
  const out = join(folder, `run-${number}`)
  const pipeline = startPipeline({
    endpoint: cloud.endpoint,
    privateKeyPem: issuer.privateKeyPem,
    ...pushed(chapter, stage),
    event: 'workflow_dispatch',
    inputs: chapter.inputs ?? { environment: 'prod', 'retrain-model': 'true' },
    variables: { PYTHON_VERSIONS: JSON.stringify([pythonVersion(python)]), BAKE: '5s', ...chapter.variables },
    cluster: { bin: stand.bin, holds: { prod: stand.ready } },
    runId: `${Date.now()}`,
    out,
    stdio: 'inherit',
  })
  // Without a cluster the run would wait for ever.
  stand.cluster.catch(() => pipeline.kill('SIGINT'))
  const forget = onInterrupt(() => pipeline.kill('SIGINT'))
  const { code, record } = await pipeline.done
  forget()
  await stand.cluster
  const ends = record === undefined ? 'interrupted' : (ENDS[code] ?? 'interrupted')
  const { ends: expected = 'green' } = chapter
  say(`the pipeline is ${ends}${ends === 'red' && expected === 'red' ? ', as it has to be' : ''}`)
  if (record !== undefined) for (const line of story(record, relative(root, out))) console.log(line)
  return ends === expected
}

const demo = async (chapters: readonly Chapter[]): Promise<boolean> => {
  const build = startBuild({ progress: (line) => say(`Kubernetes: ${line}`) })
  const endings: (() => unknown)[] = []
  let interrupted = false
  endings.push(
    onInterrupt(() => {
      interrupted = true
      void build.stop()
    }),
  )
  try {
    say('preparing: bundles, a local AWS, the Python of the jobs (the first time takes a minute or two)')
    bundle()
    const python = pythonFor('examples/retail/pipeline/requirements.txt')
    const raw = rawData()
    const issuer = createIssuer()
    const copy = chapters.some(({ change }) => change !== undefined)
      ? scratchRepository({}, { example: 'whole' })
      : undefined
    if (copy !== undefined) endings.push(copy.remove)
    const cloud = await startLocalCloud({
      account: localAccount({ jwks: issuer.jwks, python, raw: { folder: raw, buckets: ['mlops-prod'] } }),
    })
    endings.push(cloud.stop)
    say(`local AWS at ${cloud.endpoint}; running .github/workflows/mlops-pipeline.yml`)
    const folder = join(root, 'out/demo', new Date().toISOString().replaceAll(/[-:]|\.\d+/g, ''))
    const stand = raiseCluster(build, cloud, python, folder)
    endings.push(() =>
      stand.cluster.then(
        ({ down }) => down(),
        () => undefined,
      ),
    )
    const stage = { cloud, issuer, python, folder, stand, copy }
    for (const [index, chapter] of chapters.entries())
      if (interrupted || !(await play(chapter, index + 1, stage))) return false
    return true
  } finally {
    // First, as the cluster may still be waiting for it.
    await build.stop()
    for (const end of endings.toReversed()) await end()
  }
}

const { values } = parseArgs({ options: { scenario: { type: 'string', default: 'first-model' } } })
const chapters = SCENARIOS[values.scenario]
if (chapters === undefined) {
  console.error(`there is no scenario ${values.scenario}; there are ${Object.keys(SCENARIOS).join(', ')}`)
  process.exitCode = 2
} else
  try {
    process.exitCode = (await demo(chapters)) ? 0 : 1
  } catch (error) {
    // What the machine lacks is one sentence; a fault of ours (a TypeError, …) keeps its stack.
    console.error(error instanceof Error && error.name === 'Error' ? `demo: ${error.message}` : error)
    process.exitCode = 1
  }
