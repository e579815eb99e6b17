import { kindOf, type MetricValue, nearest, type Task } from '@mlops/core'
import { isObject, type Json, type JsonObject, objectAt } from './document.ts'
import {
  figureOf,
  listedConfusion,
  metricFileError,
  metricName,
  nestedConfusion,
  rowsOf,
  withError,
} from './figures.ts'
import { known, type MetricFormat, type Reading } from './metric-format.ts'

type Values = Readonly<Record<string, MetricValue>>

/** Deeper than anybody writes figures down. */
const DEEPEST = 16
/** Parts that hold figures of classes: their names would be taken for the model's own. */
const OF_CLASSES: ReadonlySet<string> = new Set(['per_class', 'confusion_matrix'])
const TASKS: readonly Task[] = ['binary', 'multiclass', 'regression', 'free']

/** `{value, standard_deviation}` or `{value, sd}`. */
const isValueWithError = (entry: JsonObject) =>
  'value' in entry && Object.keys(entry).every((key) => ['value', 'standard_deviation', 'sd'].includes(key))

/** Whether a value stands where a figure must: a name of the vocabulary. What else is no number is a remark. */
const isMeant = (name: string, value: Json) => kindOf(name) !== undefined && !isObject(value)

const valuesIn = (
  part: JsonObject,
  path: string,
  depth: number,
  reading: Reading,
): readonly (readonly [string, MetricValue])[] =>
  Object.entries(part).flatMap(([key, value]) => {
    const full = `${path}${key}`
    const name = `${path}${metricName(key)}`
    const figure = figureOf(value)
    if (figure !== undefined) return [[name, { value: figure }] as const]
    if (isMeant(key, value)) reading.fault(full, value)
    if (!isObject(value) || OF_CLASSES.has(key) || depth === DEEPEST) return []
    if (!isValueWithError(value)) return valuesIn(value, `${full}.`, depth + 1, reading)
    const inner = figureOf(value['value'])
    if (inner === undefined) reading.fault(`${full}.value`, value['value'])
    return [[name, withError(inner ?? Number.NaN, value['sd'] ?? value['standard_deviation'])] as const]
  })

const perClassOf = (part: JsonObject, reading: Reading): Readonly<Record<string, Values>> =>
  Object.fromEntries(
    Object.entries(objectAt(part, 'per_class') ?? {}).flatMap(([name, figures]) =>
      isObject(figures) ? [[name, Object.fromEntries(valuesIn(figures, '', DEEPEST, reading))]] : [],
    ),
  )

const noModel = (model: string, names: readonly string[], source: string) => {
  const near = nearest(model, names)
  return metricFileError(
    'E-GATE',
    `${source} has no model ${JSON.stringify(model)}`,
    names.length === 0 ? 'it does not hold models by name' : `it holds ${names.join(', ')}`,
    near === undefined ? 'name one of them in the gate file, or none' : `did you mean ${near}?`,
  )
}

/** The part whose figures count: the model that the gate file names, the one that the file calls its best, or the only one. */
const modelPart = (document: JsonObject, { model, source }: Reading): JsonObject | undefined => {
  const models = objectAt(document, 'models')
  const names = Object.keys(models ?? document).filter((name) => objectAt(models ?? document, name) !== undefined)
  const chosen = model ?? (models === undefined ? undefined : bestOf(document, names))
  if (chosen === undefined) return undefined
  const part = objectAt(models ?? document, chosen)
  if (part === undefined) throw noModel(chosen, names, source)
  return part
}

const bestOf = (document: JsonObject, names: readonly string[]): string | undefined => {
  const best = document['best_model']
  if (typeof best === 'string') return best
  return names.length === 1 ? names[0] : undefined
}

const taskOf = (...parts: readonly JsonObject[]): Task | undefined =>
  TASKS.find((task) => parts.some((part) => part['task'] === task))

/**
 * Any JSON with numbers: a figure is called by its path (`test.accuracy`), or by its name in the part of the model that counts.
 * Figures of other models are left out then, so that none of them is taken for the model's.
 */
export const plainJson: MetricFormat = {
  name: 'json',
  title: 'JSON with numbers by name, also by model (evaluation_results.json)',
  recognises: isObject,
  read: (document, reading) => {
    const whole = isObject(document) ? document : {}
    const part = modelPart(whole, reading) ?? whole
    const matrix = part['confusion_matrix']
    const confusion = listedConfusion(matrix) ?? nestedConfusion(matrix)
    return known({
      task: taskOf(part, whole),
      metrics: Object.fromEntries(valuesIn(part, '', 0, reading)),
      perClass: perClassOf(part, reading),
      confusion,
      rows: rowsOf(confusion) ?? figureOf(whole['rows']) ?? figureOf(objectAt(whole, 'rows')?.['test']),
    })
  },
}

/** What `mlflow` in a gate file means besides MLflow's own shapes: its metrics as a map, which is JSON like any other. */
export const mlflowMap: MetricFormat = { ...plainJson, name: 'mlflow', title: 'MLflow metrics as a map' }
