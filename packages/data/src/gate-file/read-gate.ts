import type {
  DataColumns,
  DecisionSettings,
  Gate,
  ImpactSettings,
  MetricFileHint,
  StatisticsSettings,
} from '@mlops/core'
import * as z from 'zod/mini'
import { byPlace, type DocumentFault, type Reading } from '../documents/document-fault.ts'
import { type Fields, fieldsOf } from '../documents/fields.ts'
import { checkShape } from '../documents/shape-faults.ts'
import { versionFaults } from '../documents/version-faults.ts'
import { readYaml, type YamlDocument } from '../documents/yaml-document.ts'
import { readRules } from './rules.ts'
import { gateShape, type GateText } from './shape.ts'
import { GATE_WORDS } from './words.ts'

/** What a gate file means where it says nothing. */
const DEFAULTS = { label: 'y_true', prediction: 'y_candidate', champion: 'y_champion' } as const
const STATISTICS: StatisticsSettings = {
  confidence: 0.95,
  replicates: 10_000,
  seed: 20_260_101,
  minRows: 200,
  minRowsGiven: false,
  minRowsSlice: 200,
}

// Rules are read one by one, so that a fault in one does not hide those of the others.
const settingsShape = z.extend(gateShape, { rules: z.optional(z.unknown()) })
type Settings = Omit<GateText, 'rules'>

/** The object without the fields that are undefined. */
type Present<T> = { readonly [K in keyof T]?: Exclude<T[K], undefined> }
const present = <T extends object>(fields: T): Present<T> =>
  Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined)) as Present<T>

const columnsOf = (data: Settings['data'], document: YamlDocument): DataColumns => {
  const { label, prediction, champion, score, scores, id, cluster, positive } = data ?? {}
  return {
    ...DEFAULTS,
    ...present({
      label,
      prediction,
      champion,
      score,
      scores,
      id,
      cluster,
      championScore: data?.['champion-score'],
      championScores: data?.['champion-scores'],
      positive: positive === undefined ? undefined : (document.textAt(['data', 'positive']) ?? String(positive)),
    }),
  }
}

const statisticsOf = (stats: Settings['stats']): StatisticsSettings => ({
  confidence: stats?.confidence ?? STATISTICS.confidence,
  replicates: stats?.replicates ?? STATISTICS.replicates,
  seed: stats?.seed ?? STATISTICS.seed,
  minRows: stats?.['min-rows'] ?? STATISTICS.minRows,
  minRowsGiven: stats?.['min-rows'] !== undefined,
  minRowsSlice: stats?.['min-rows-slice'] ?? STATISTICS.minRowsSlice,
})

const impactOf = (impact: NonNullable<Settings['impact']>): ImpactSettings => {
  const { values = {}, currency } = impact
  const costOfManualWork = impact['cost-of-manual-work']
  const revenuePerCorrect = impact['revenue-per-correct']
  const classes = Object.keys(values)
  return {
    volumePerDay: impact['volume-per-day'],
    currency,
    value:
      revenuePerCorrect === undefined
        ? {
            kind: 'matrix',
            classes,
            values: classes.map((truth) => classes.map((predicted) => values[truth]?.[predicted] ?? 0)),
            costOfManualWork,
          }
        : { kind: 'simple', revenuePerCorrect, costOfManualWork },
  }
}

const decisionOf = (decision: Settings['decision']): DecisionSettings => ({
  noChampion: decision?.['no-champion'] ?? 'absolute-only',
  onInconclusive: decision?.['on-inconclusive'] ?? 'pending',
  sameModel: decision?.['same-model'] ?? 'reject',
})

const hintOf = (file: Settings['candidate']): MetricFileHint => present(file ?? {})

/** Keys that contradict each other. Looks at keys only, so that it can speak beside faults of their values. */
const keyFaults = (settings: Fields, document: YamlDocument): readonly DocumentFault[] => {
  const [data, impact] = [fieldsOf(settings['data']), fieldsOf(settings['impact'])]
  const fault = (path: readonly string[], what: string, why: string, hint: string): DocumentFault => ({
    code: 'E-GATE',
    ...document.keyAt(path),
    what,
    why,
    hint,
  })
  const alone = (key: string, needed: string) =>
    data[key] !== undefined && data[needed] === undefined
      ? [fault(['data', key], `data.${key} stands without data.${needed}`, 'both models need a score', `add ${needed}`)]
      : []
  const values = ['revenue-per-correct', 'values'].filter((key) => impact[key] !== undefined)
  return [
    ...(data['score'] !== undefined && data['scores'] !== undefined
      ? [
          fault(
            ['data', 'scores'],
            'data has score and scores',
            'one is for two classes, the other for more',
            'keep one',
          ),
        ]
      : []),
    ...alone('champion-score', 'score'),
    ...alone('champion-scores', 'scores'),
    ...(settings['impact'] !== undefined && values.length !== 1
      ? [
          fault(
            ['impact'],
            `impact has ${values.length === 0 ? 'neither revenue-per-correct nor values' : values.join(' and ')}`,
            'the worth of an answer is said in one way',
            'write revenue-per-correct, or values with a row for each true class',
          ),
        ]
      : []),
  ]
}

const namesOf = (fields: Fields) => Object.keys(fields).toSorted().join(', ')

/** A matrix of values has a column for each of its rows. */
const matrixFaults = (settings: Fields, document: YamlDocument): readonly DocumentFault[] => {
  const values = fieldsOf(fieldsOf(settings['impact'])['values'])
  return Object.entries(values)
    .map(([truth, row]) => ({ truth, columns: namesOf(fieldsOf(row)) }))
    .filter(({ columns }) => columns !== namesOf(values))
    .map(({ truth, columns }) => ({
      code: 'E-LABELS',
      ...document.keyAt(['impact', 'values', truth]),
      what: `impact.values.${truth} has values for ${columns}`,
      why: `the true classes are ${namesOf(values)}`,
      hint: 'give each true class a value for every predicted one',
    }))
}

const readSettings = (value: object, rulesAt: readonly string[], document: YamlDocument): Reading<Gate> => {
  const { value: settings, faults: shapeFaults } = checkShape(
    value,
    { shape: settingsShape, base: [], owner: '', words: GATE_WORDS },
    document,
  )
  const fields = fieldsOf(value)
  const rules = readRules(fields['rules'], rulesAt, document)
  const faults = [
    ...shapeFaults,
    ...keyFaults(fields, document),
    ...matrixFaults(fields, document),
    ...(rules.kind === 'faults' ? rules.faults : []),
  ]
  if (settings === undefined || rules.kind === 'faults' || faults.length > 0)
    return { kind: 'faults', faults: faults.toSorted(byPlace) }
  const { task, data, stats, impact, decision, candidate, champion } = settings
  return {
    kind: 'ok',
    value: {
      ...present({ task, impact: impact === undefined ? undefined : impactOf(impact) }),
      data: columnsOf(data, document),
      statistics: statisticsOf(stats),
      rules: rules.value,
      decision: decisionOf(decision),
      candidate: hintOf(candidate),
      champion: hintOf(champion),
    },
  }
}

const NO_MAPPING: Omit<DocumentFault, 'line' | 'column'> = {
  code: 'E-GATE',
  what: 'the gate file holds a single text',
  why: 'it must be a list of rules, or a mapping with version and rules',
  hint: 'begin each rule with `- `',
}

/** Reads a gate file, version 1: a mapping, or nothing but its list of rules. All faults at once, each with its place. */
export const readGate = (text: string): Reading<Gate> => {
  const document = readYaml(text)
  if (document.kind === 'faults') return document
  const { value } = document.value
  if (value === null || Array.isArray(value)) return readSettings({ version: 1, rules: value }, [], document.value)
  if (typeof value !== 'object') return { kind: 'faults', faults: [{ ...NO_MAPPING, ...document.value.valueAt([]) }] }
  const version = versionFaults('gate', document.value)
  return version.length > 0 ? { kind: 'faults', faults: version } : readSettings(value, ['rules'], document.value)
}
