// Runs the reference workflow on this machine: a local AWS, real data, real training, no Docker and no account.
import { spawnSync } from 'node:child_process'
import { existsSync, mkdirSync, renameSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { startLocalCloud } from '@mlops/local-cloud'
import { createIssuer, type RunRecord } from '@mlops/local-runner'
import { localAccount, pythonFor, startPipeline } from '@mlops/testing'

const root = join(import.meta.dirname, '..')
const cache = process.env['MLOPS_CACHE'] ?? join(root, 'out/cache')
const RAW = join(cache, 'retail-raw-1')
const TARGETS = { accuracy: 0.8, f1_macro: 0.7 } as const
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

const percent = (value: number) => `${(value * 100).toFixed(1)} %`

const figures = (record: RunRecord): readonly string[] => {
  const train = record.jobs.find(({ id }) => id.endsWith('/train'))
  const text = train?.outputs['metrics'] ?? ''
  const metrics = (text === '' ? {} : JSON.parse(text)) as Readonly<Record<string, number>>
  const row = (label: string, name: keyof typeof TARGETS) => {
    const [value, majority] = [metrics[`validation:${name}`], metrics[`baseline:${name}`]]
    if (value === undefined || majority === undefined) return []
    const verdict = value >= TARGETS[name] ? 'met' : 'missed'
    return [
      `  ${label.padEnd(10)} ${percent(value).padStart(7)}   target ${percent(TARGETS[name])} (${verdict})   always saying the majority class: ${percent(majority)}`,
    ]
  }
  const artifact = train?.outputs['model-artifact-uri'] ?? ''
  return [
    ...row('accuracy', 'accuracy'),
    ...row('macro F1', 'f1_macro'),
    ...(artifact === '' ? [] : [`  model      ${artifact}`]),
  ]
}

const demo = async (): Promise<number> => {
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
    const run = new Date().toISOString().replaceAll(/[-:]|\.\d+/g, '')
    const out = join(root, 'out/demo', run)
    const pipeline = startPipeline({
      endpoint: cloud.endpoint,
      privateKeyPem: issuer.privateKeyPem,
      event: 'workflow_dispatch',
      inputs: { environment: 'prod', 'retrain-model': 'true' },
      variables: { PYTHON_VERSIONS: JSON.stringify([pythonVersion(python)]) },
      out,
      stdio: 'inherit',
    })
    process.on('SIGINT', () => pipeline.kill('SIGINT'))
    const { code, record } = await pipeline.done
    say(code === 0 ? 'the pipeline is green' : 'the pipeline is red')
    if (record !== undefined) for (const line of figures(record)) console.log(line)
    console.log(`  report     out/demo/${run}/summary.md, logs and run.json beside it`)
    return code
  } finally {
    await cloud.stop()
  }
}

try {
  process.exitCode = await demo()
} catch (error) {
  // What the machine lacks is one sentence; a fault of ours (a TypeError, …) keeps its stack.
  console.error(error instanceof Error && error.name === 'Error' ? `demo: ${error.message}` : error)
  process.exitCode = 1
}
