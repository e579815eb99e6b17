import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import { prepareLocalCloud } from '@mlops/local-cloud'
import { gateStep, openWorld, predictionsCsv, runStep, THREE_LINES, type World } from '@mlops/testing'

let world: World
let workspace: string
beforeAll(async () => {
  world = await openWorld({ action: 'evaluate-gate', python: prepareLocalCloud(), denied: ['s3:GetObject'] })
  workspace = mkdtempSync(join(tmpdir(), 'gate-'))
  mkdirSync(join(workspace, 'data'))
  await world.put('s3://mlops-dev/models/candidate/output/model.tar.gz', 'the candidate')
}, 120_000)
afterAll(async () => {
  await world.close()
  rmSync(workspace, { recursive: true })
})

interface Case {
  readonly gate?: string
  readonly files?: Readonly<Record<string, string | Uint8Array>>
  readonly inputs?: Readonly<Record<string, string>>
}

/** Judges with this gate file and these files in the workspace. */
const judge = async ({ gate = THREE_LINES, files = {}, inputs = {} }: Case) => {
  writeFileSync(join(workspace, 'gate.yml'), gate)
  for (const [name, text] of Object.entries(files)) writeFileSync(join(workspace, name), text)
  return runStep(gateStep(world, workspace, { predictions: 'data/scored.csv', ...inputs }))
}

const scored = (...rows: readonly string[]) => ({ 'data/scored.csv': `${rows.join('\n')}\n` })
const GOOD = { 'data/scored.csv': predictionsCsv(300, 0.9) }

describe('the gate file', () => {
  test.each<[code: string, about: string, line: number, gate: string]>([
    ['E-YAML', 'a key twice', 2, 'version: 1\nversion: 1\nrules: []\n'],
    ['E-YAML', 'no YAML at all', 1, '{ rules: [\n'],
    ['E-GATE', 'an unknown key', 2, 'version: 1\nruels:\n  - accuracy >= 0.8\n'],
    ['E-GATE', 'a rule without a condition', 3, 'version: 1\nrules:\n  - { metric: accuracy }\n'],
    ['E-GATE', 'a vacuous rule', 3, 'version: 1\nrules:\n  - { metric: f1_macro, vs: champion, superior: false }\n'],
    ['E-NORULES', 'warnings only', 1, 'version: 1\nrules:\n  - { metric: accuracy, min: 0.8, severity: warn }\n'],
    ['E-VERSION', 'a newer version', 1, 'version: 2\nrules:\n  - accuracy >= 0.8\n'],
    ['E-METRIC', 'an unknown metric', 1, '- accuracy >= 0.8\n- f1_marco >= 0.7\n'],
    ['E-COLUMN', 'an unknown column', 1, 'version: 1\ndata: { label: truth }\nrules:\n  - accuracy >= 0.8\n'],
    [
      'E-LABELS',
      'a value matrix of other classes',
      1,
      `version: 1
rules:
  - accuracy >= 0.8
impact: { volume-per-day: 10, currency: EUR, cost-of-manual-work: 1, values: { Yes: { Yes: 1, No: 0 }, No: { Yes: 0, No: 1 } } }
`,
    ],
  ])(
    '%s: %s',
    async (code, _about, _line, gate) => {
      const step = await judge({ gate, files: GOOD })
      expect(step.code).toBe(1)
      expect(step.text).toContain(`${code}: `)
      expect(step.outputs['verdict']).toBeUndefined()
      expect(await world.keys('s3://mlops-dev/gate/')).toEqual([])
    },
    60_000,
  )

  test('every fault is annotated on its line at once', async () => {
    const gate = 'version: 1\nrules:\n  - { metric: accuracy }\n  - { metric: f1_macro, min: high }\ndecisions: {}\n'
    const step = await judge({ gate, files: GOOD })
    const places = step.annotations.flatMap(({ properties }) => (properties['line'] === undefined ? [] : [properties]))
    expect(places.map(({ file, line }) => `${file}:${line}`)).toEqual(['gate.yml:3', 'gate.yml:4', 'gate.yml:5'])
    expect(step.summary).toContain('3 faults')
  }, 60_000)

  test('one that is not there is said', async () => {
    const step = await judge({ inputs: { gate: 'none.yml' }, files: GOOD })
    expect(step.code).toBe(1)
    expect(step.text).toContain('E-INPUT: the gate file none.yml cannot be read')
  }, 60_000)
})

describe('the data', () => {
  test.each<[code: string, about: string, Case]>([
    ['E-EMPTY', 'no rows', { files: scored('y_true,y_candidate') }],
    ['E-VALUE', 'an empty prediction', { files: scored('y_true,y_candidate', 'a,a', 'b,') }],
    ['E-ROW', 'a ragged row', { files: scored('y_true,y_candidate', 'a,a', 'b,b,b') }],
    [
      'E-POSITIVE',
      'two classes of unknown sense',
      { gate: '- precision >= 0.5\n', files: scored('y_true,y_candidate', 'yes,no', 'no,no') },
    ],
    ['E-NO-DATA', 'no file', { inputs: { predictions: 'data/none.csv' } }],
    ['E-NO-DATA', 'an empty folder', { inputs: { predictions: 's3://mlops-dev/none/' } }],
    ['E-BUCKET', "somebody else's bucket", { inputs: { predictions: 's3://somebody-else/scored.csv' } }],
    [
      'E-UNALIGNED',
      'two files on other rows',
      {
        gate: 'version: 1\ndata: { id: id }\nrules:\n  - accuracy >= 0.8\n',
        files: { ...GOOD, 'data/other.csv': 'id,y_true,y_candidate\nbasket-0,Low,Low\n' },
        inputs: { 'champion-predictions': 'data/other.csv' },
      },
    ],
    [
      'E-DUPLICATE-ID',
      'an id twice',
      {
        gate: 'version: 1\ndata: { id: id }\nrules:\n  - accuracy >= 0.8\n',
        files: {
          ...scored('id,y_true,y_candidate', '1,a,a', '1,b,b'),
          'data/other.csv': 'id,y_true,y_candidate\n1,a,a\n2,b,b\n',
        },
        inputs: { 'champion-predictions': 'data/other.csv' },
      },
    ],
    [
      'E-FORMAT',
      'metrics of no known form',
      { files: { 'data/m.json': '"high"' }, inputs: { predictions: '', candidate: 'data/m.json' } },
    ],
    [
      'E-AMBIGUOUS',
      'a name that two models have',
      {
        files: { 'data/m.json': '{"models": {"a": {"accuracy": 1}, "b": {"accuracy": 0}}}' },
        inputs: { predictions: '', candidate: 'data/m.json' },
      },
    ],
    [
      'E-ARCHIVE',
      'an archive that is none',
      { files: { 'data/m.tar.gz': gzipSync('no tar') }, inputs: { predictions: '', candidate: 'data/m.tar.gz' } },
    ],
  ])(
    '%s: %s',
    async (code, _, given) => {
      const step = await judge(given)
      expect(step.text).toContain(`${code}: `)
      expect(step.code).toBe(1)
      expect(step.outputs['verdict']).toBeUndefined()
      expect(await world.keys('s3://mlops-dev/gate/')).toEqual([])
    },
    60_000,
  )

  test('a metric that is no number is no error but a rejection', async () => {
    const step = await judge({
      gate: '- accuracy >= 0.8\n',
      files: { 'data/m.json': '{"accuracy": "NaN"}' },
      inputs: { predictions: '', candidate: 'data/m.json', 'report-prefix': '' },
    })
    expect(step.code).toBe(0)
    expect(step.outputs).toMatchObject({ verdict: 'reject' })
    expect(step.outputs['sentence']).toContain('NaN')
  }, 60_000)
})
