// Measures, side by side in one run, what the suite promises, and writes the tables into docs/performance.md and
// docs/statistics.md: all of them, or the parts that are named (`npm run bench -- rollout demo`).
import { type ChildProcess, spawn, spawnSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { cpus } from 'node:os'
import { dirname, join } from 'node:path'
import { jobInterval } from '@mlops/core'
import { prepareLocalCloud, prepareLocalCloudTests } from '@mlops/local-cloud'
import type { RunRecord } from '@mlops/local-runner'
import { openWorld, runStep, SCRIPTS, trainStep, type World } from '@mlops/testing'
import { benchGate } from './bench/gate.ts'
import { benchImage } from './bench/image.ts'
import { median, put as putOn, spread, table } from './bench/page.ts'
import { benchRollout } from './bench/rollout.ts'
import { benchStatistics } from './bench/statistics.ts'

const root = join(import.meta.dirname, '..')
const RUNS = 15

const put = (name: string, text: string) => putOn('performance.md', name, text)

/** Milliseconds from starting a process to its first request, or to its end when it makes none. */
const untilFirst = (command: string, args: readonly string[], environment: Readonly<Record<string, string>>) =>
  new Promise<number>((resolve) => {
    const server = createServer((_, response) => {
      resolve(performance.now() - from)
      response.destroy()
      child.kill('SIGKILL')
    })
    let from = 0
    let child: ChildProcess = spawn('true')
    server.listen(0, '127.0.0.1', () => {
      const endpoint = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
      from = performance.now()
      child = spawn(command, args, {
        stdio: 'ignore',
        env: { PATH: process.env['PATH'] ?? '', HOME: '/nonexistent', AWS_ENDPOINT_URL: endpoint, ...environment },
      })
      child.on('close', () => {
        resolve(performance.now() - from)
        server.close()
      })
    })
  })

const KEYS = { AWS_ACCESS_KEY_ID: 'a', AWS_SECRET_ACCESS_KEY: 'b', AWS_REGION: 'us-east-1' }
const BOTO3 = 'import boto3; boto3.client("s3").list_objects_v2(Bucket="bucket", Prefix="train/")'

const benchStart = async () => {
  const python = prepareLocalCloudTests()
  const step = {
    ...KEYS,
    'INPUT_JOB-NAME-PREFIX': 'bench',
    'INPUT_EXECUTION-ROLE': 'arn:aws:iam::123456789012:role/x',
    INPUT_IMAGE: 'image',
    'INPUT_SOURCE-DIR': SCRIPTS,
    'INPUT_ENTRY-POINT': 'train.py',
    INPUT_CHANNELS: 'train=s3://bucket/train/',
    'INPUT_OUTPUT-PATH': 's3://bucket/models',
    RUNNER_TEMP: '/tmp',
  }
  const times = { floor: [] as number[], action: [] as number[], boto3: [] as number[] }
  for (let run = 0; run <= RUNS; run += 1) {
    const floor = await untilFirst(process.execPath, ['-e', '0'], {})
    const action = await untilFirst(process.execPath, [join(root, 'dist/train-job.mjs')], step)
    const boto3 = await untilFirst(python, ['-c', BOTO3], { ...KEYS, AWS_DEFAULT_REGION: 'us-east-1' })
    // The first round warms the file cache and does not count.
    if (run === 0) continue
    times.floor.push(floor)
    times.action.push(action)
    times.boto3.push(boto3)
  }
  const ratio = (over: readonly number[], under: readonly number[]) =>
    `${median(over.map((value, index) => value / (under[index] ?? 1))).toFixed(1)} ×`
  put(
    'start',
    table(
      ['from start to first request, ms', 'median (min-max)', 'against `node -e 0`', 'boto3 against it'],
      [
        ['`node -e 0` (start to end)', spread(times.floor), '1 ×', ''],
        ['train-job', spread(times.action), ratio(times.action, times.floor), ratio(times.boto3, times.action)],
        ['boto3 script, same call', spread(times.boto3), ratio(times.boto3, times.floor), '1 ×'],
      ],
    ),
  )
}

interface Waiter {
  readonly name: string
  /** Pause after a question, from the time since the first one and whether the job uploads its result. */
  readonly pause: (elapsedMs: number, uploading: boolean) => number
}

/** Delay of the AWS CLI's waiter, as the botocore in use has it. */
const cliDelay = (): number => {
  const script =
    'import botocore.session as s; m = s.get_session().get_waiter_model("sagemaker"); print(m.get_waiter("TrainingJobCompletedOrStopped").delay)'
  return Number(spawnSync(prepareLocalCloudTests(), ['-c', script], { encoding: 'utf8' }).stdout)
}

/** A repeatable stream of numbers in [0, 1) (Park and Miller, CACM 1988). */
const numbers = () => {
  let state = 20_260_101
  return () => (state = (state * 48_271) % 2_147_483_647) / 2_147_483_647
}

const watch = ({ pause }: Waiter, endMs: number, uploadMs: number) => {
  let [now, questions] = [0, 1]
  while (now < endMs) {
    now += pause(now, now >= endMs - uploadMs)
    questions += 1
  }
  return { lag: (now - endMs) / 1000, questions }
}

const benchWaiting = () => {
  const delay = cliDelay() * 1000
  const waiters: readonly Waiter[] = [
    {
      name: 'train-job',
      pause: (elapsed, uploading) =>
        jobInterval(elapsed, { status: 'in-progress', phase: uploading ? 'Uploading' : 'Training' }),
    },
    { name: `\`aws sagemaker wait\` (every ${delay / 1000} s)`, pause: () => delay },
    { name: 'SageMaker SDK, `wait()` (every 5 s)', pause: () => 5000 },
  ]
  const rows = [30, 300, 3600].flatMap((seconds) =>
    waiters.map((waiter) => {
      const random = numbers()
      const seen = Array.from({ length: 2000 }, () =>
        watch(waiter, seconds * 1000 * (0.8 + 0.4 * random()), 10_000 + 50_000 * random()),
      )
      const lags = seen.map(({ lag }) => lag)
      const mean = lags.reduce((sum, lag) => sum + lag, 0) / lags.length
      const questions = median(seen.map((one) => one.questions))
      return [`about ${seconds} s, ${waiter.name}`, mean.toFixed(1), Math.max(...lags).toFixed(1), String(questions)]
    }),
  )
  put('waiting', table(['job, waiter', 'mean lag, s', 'largest lag, s', 'questions (median)'], rows))
}

const seconds = async (work: () => Promise<unknown>) => {
  const from = performance.now()
  await work()
  return (performance.now() - from) / 1000
}

const benchReuse = async (world: World) => {
  await world.put('s3://mlops-dev/gold/train/a.csv', 'x\n1\n')
  const inRun = (run: number) => trainStep(world, { reuse: 'content' }, { environment: { GITHUB_RUN_ID: String(run) } })
  const first = await seconds(() => runStep(inRun(1)))
  await world.control.clearCalls()
  const again: number[] = []
  for (let run = 2; run < 12; run += 1) again.push(await seconds(() => runStep(inRun(run))))
  const calls = (await world.control.calls()).length / again.length
  put(
    'reuse',
    table(
      ['train-job with `reuse: content`', 'seconds', 'calls', 'jobs created'],
      [
        ['first run (its script takes 0 s)', first.toFixed(2), '', '1'],
        ['the same content again', spread(again, 2), calls.toFixed(0), String((await world.jobs()).length - 1)],
      ],
    ),
  )
}

const stepSeconds = (record: RunRecord, test: (name: string) => boolean) =>
  record.jobs
    .flatMap(({ steps }) => steps)
    .filter(({ name }) => test(name))
    .reduce((sum, step) => sum + step.seconds, 0)

/** Whole seconds of the jobs' own processes, from the steps' summaries ("seconds" of the service). */
const jobSeconds = (out: string) =>
  [...readFileSync(join(out, 'summary.md'), 'utf8').matchAll(/\| seconds \| (\d+) \|/g)]
    .map(([, found]) => Number(found))
    .reduce((sum, one) => sum + one, 0)

const benchDemo = async () => {
  const from = performance.now()
  const { stdout, status } = spawnSync(process.execPath, ['scripts/demo.ts'], { cwd: root, encoding: 'utf8' })
  const wall = (performance.now() - from) / 1000
  if (status !== 0) throw new Error(stdout.slice(-2000))
  const summary = /^ *details +(\S+summary\.md)/m.exec(stdout)?.[1]
  if (summary === undefined) throw new Error(`the demo did not say where its summary is:\n${stdout.slice(-2000)}`)
  const out = join(root, dirname(summary))
  const record = JSON.parse(readFileSync(join(out, 'run.json'), 'utf8')) as RunRecord
  const user = stepSeconds(record, (name) => /pytest|ruff|pip install/.test(name)) + jobSeconds(out)
  const jobOf = (name: string) => record.jobs.find(({ id }) => id.endsWith(`/${name}`))?.seconds ?? 0
  const row = (name: string, part: number) => [name, part.toFixed(1), `${((100 * part) / wall).toFixed(0)} %`]
  put(
    'demo',
    table(
      ['warm `npm run demo`', 'seconds', 'share'],
      [
        row('whole', wall),
        row("of it the example's own commands, ETL, training and scoring", user),
        row('everything else', wall - user),
        row('of that building and pushing the image', jobOf('build-image')),
        row('of that the release: rollout, checks and 5 s of bake', jobOf('release')),
      ],
    ),
  )
}

const machine = () => {
  const version = spawnSync(prepareLocalCloudTests(), ['--version'], { encoding: 'utf8' }).stdout.trim()
  put('machine', `${cpus().length} shared cores, Linux x64, Node ${process.version}, ${version}.`)
}

const inWorld = async (bench: (world: World) => Promise<void>) => {
  const world = await openWorld({ python: prepareLocalCloud() })
  try {
    await bench(world)
  } finally {
    await world.close()
  }
}

const PARTS: Readonly<Record<string, () => unknown>> = {
  machine,
  start: benchStart,
  waiting: benchWaiting,
  statistics: benchStatistics,
  gate: benchGate,
  reuse: () => inWorld(benchReuse),
  image: () => inWorld(benchImage),
  rollout: benchRollout,
  demo: benchDemo,
}

const named = process.argv.slice(2)
const unknown = named.filter((name) => !Object.hasOwn(PARTS, name))
if (unknown.length > 0) throw new Error(`there is no ${unknown.join(', ')}; there are ${Object.keys(PARTS).join(', ')}`)
spawnSync(process.execPath, ['scripts/bundle.ts'], { cwd: root })
for (const [name, bench] of Object.entries(PARTS)) if (named.length === 0 || named.includes(name)) await bench()
