import { spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pythonFor } from '@mlops/testing'
import { buildSync } from 'esbuild'
import { median, put, spread, table } from './page.ts'

const MILLIONS = 10
const COPIES = 10
const RUNS = 3

interface Figures {
  readonly accuracy: number
  readonly f1_macro: number
}

interface Measured {
  readonly seconds: number
  readonly megabytes: number
  /** Of the candidate and the champion. */
  readonly figures: readonly Figures[]
}

const run = (command: string, args: readonly string[]) => {
  const from = performance.now()
  const { stdout, stderr, status } = spawnSync(command, args, { encoding: 'utf8' })
  if (status !== 0) throw new Error(stderr.slice(-2000))
  return { stdout, seconds: (performance.now() - from) / 1000 }
}

/** The gate as it is shipped: one bundled file. */
const bundle = (folder: string): string => {
  const outfile = join(folder, 'judge-file.mjs')
  buildSync({
    entryPoints: [join(import.meta.dirname, 'judge-file.ts')],
    outfile,
    bundle: true,
    minify: true,
    platform: 'node',
    target: 'node24',
    format: 'esm',
    mainFields: ['module', 'main'],
    // What is bundled as CommonJS (yaml) calls require.
    banner: {
      js: "import { createRequire as createRequireOfBundle } from 'node:module';const require=createRequireOfBundle(import.meta.url);",
    },
    logLevel: 'error',
  })
  return outfile
}

interface Judged {
  readonly kilobytes: number
  readonly figures: readonly { readonly metric: string; readonly candidate: number; readonly champion: number }[]
}

const ours =
  (script: string) =>
  (path: string): Measured => {
    const { stdout, seconds } = run(process.execPath, [script, path])
    const { kilobytes, figures } = JSON.parse(stdout) as Judged
    const of = (model: 'candidate' | 'champion') =>
      Object.fromEntries(figures.map((figure) => [figure.metric, figure[model]])) as unknown as Figures
    return { seconds, megabytes: kilobytes / 1024, figures: [of('candidate'), of('champion')] }
  }

const theirs =
  (python: string, way: string) =>
  (path: string): Measured => {
    const { stdout, seconds } = run(python, [join(import.meta.dirname, 'gate.py'), way, path])
    const { kilobytes, figures } = JSON.parse(stdout) as Pick<Measured, 'figures'> & { readonly kilobytes: number }
    return { seconds, megabytes: kilobytes / 1024, figures }
  }

/** All ways must come to the same figures, or the race is about different things. */
const assertAgreement = (all: readonly Measured[]) => {
  const [first] = all
  for (const { figures } of all)
    for (const [model, { accuracy, f1_macro: f1 }] of figures.entries())
      if (
        Math.abs(accuracy - (first?.figures[model]?.accuracy ?? Number.NaN)) > 1e-12 ||
        !(Math.abs(f1 - (first?.figures[model]?.f1_macro ?? Number.NaN)) <= 1e-12)
      )
        throw new Error(`the ways disagree: ${JSON.stringify(all.map((one) => one.figures))}`)
}

type Way = readonly [name: string, measure: (path: string) => Measured]

/** Each way in turn, as often as asked: what else the machine does hits all of them. */
const race = (path: string, ways: readonly Way[], runs: number) => {
  const found = ways.map(([name]) => ({ name, all: [] as Measured[] }))
  for (let round = 0; round < runs; round += 1)
    for (const [at, [, measure]] of ways.entries()) found[at]?.all.push(measure(path))
  assertAgreement(found.flatMap(({ all }) => all))
  return found
}

const rowsOf = (what: string, found: ReturnType<typeof race>) => {
  const base = median(found[0]?.all.map(({ seconds }) => seconds) ?? [])
  return found.map(({ name, all }) => {
    const seconds = all.map((one) => one.seconds)
    return [
      `${what}, ${name}`,
      spread(seconds, 2),
      Math.max(...all.map(({ megabytes }) => megabytes)).toFixed(0),
      `${(median(seconds) / base).toFixed(1)} ×`,
    ]
  })
}

/** The first million rows of a CSV file, for ways that would take minutes on all of it. */
const millionth = (path: string) => {
  const small = `${path}.small.csv`
  run('sh', ['-c', `head -n 1000001 '${path}' > '${small}'`])
  return small
}

/** Judges ten million rows, and a hundred, beside pandas with scikit-learn and DuckDB. */
export const benchGate = (): void => {
  const python = pythonFor('examples/retail/requirements-dev.txt')
  const folder = mkdtempSync(join(tmpdir(), 'bench-gate-'))
  try {
    run(python, [join(import.meta.dirname, 'gate.py'), 'make', folder, String(MILLIONS), String(COPIES)])
    const gate = ours(bundle(folder))
    const ways: readonly Way[] = [
      ['evaluate-gate', gate],
      ['pandas and scikit-learn on codes', theirs(python, 'codes')],
      ['DuckDB and Python', theirs(python, 'duckdb')],
    ]
    const small = millionth(join(folder, 'one.csv'))
    const columns = ['rows, way', 'seconds', 'MB at most', 'against evaluate-gate']
    const rows = [
      ...rowsOf('10 million, CSV', race(join(folder, 'one.csv'), ways, RUNS)),
      ...rowsOf('10 million, Parquet', race(join(folder, 'one.parquet'), ways, RUNS)),
      ...rowsOf(
        '1 million, CSV',
        race(
          small,
          [
            ['evaluate-gate', gate],
            ['pandas and scikit-learn on texts', theirs(python, 'texts')],
          ],
          1,
        ),
      ),
      ...rowsOf('100 million, CSV', race(join(folder, 'all.csv'), [['evaluate-gate', gate]], 1)),
      ...rowsOf('100 million, Parquet', race(join(folder, 'all.parquet'), [['evaluate-gate', gate]], 1)),
    ]
    put('performance.md', 'gate', table(columns, rows))
  } finally {
    rmSync(folder, { recursive: true })
  }
}
