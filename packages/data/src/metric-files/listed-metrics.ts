import type { MetricValue } from '@mlops/core'
import { isList, isObject, type Json, type JsonObject, objectAt } from './document.ts'
import { figureOf, metricName, needFigure } from './figures.ts'
import type { Figures, MetricFormat, Reading } from './metric-format.ts'

interface Listed {
  readonly name: string
  readonly value: Json
  readonly entry: JsonObject
}

/** The entries of a list that all have a name and a value; undefined when it is no such list. */
const listOf = (list: Json | undefined, nameKey: string, valueKey: string): readonly Listed[] | undefined => {
  if (!isList(list) || list.length === 0) return undefined
  const found = list.flatMap((entry) => {
    const [name, value] = isObject(entry) ? [entry[nameKey], entry[valueKey]] : []
    return isObject(entry) && typeof name === 'string' && value !== undefined ? [{ name, value, entry }] : []
  })
  return found.length === list.length ? found : undefined
}

const figuresOf = (listed: readonly Listed[], { fault }: Reading): Figures => ({
  metrics: Object.fromEntries(
    listed.map(({ name, value }): readonly [string, MetricValue] => [
      metricName(name),
      { value: needFigure(name, value, fault) },
    ]),
  ),
  perClass: {},
})

/** FinalMetricDataList of DescribeTrainingJob: by itself, or in the job's description. */
const finalList = (document: Json) =>
  listOf(isObject(document) ? document['FinalMetricDataList'] : document, 'MetricName', 'Value')

export const finalMetrics: MetricFormat = {
  name: 'sagemaker-final-metrics',
  title: 'FinalMetricDataList of a SageMaker training job',
  recognises: (document) => finalList(document) !== undefined,
  read: (document, reading) => figuresOf(finalList(document) ?? [], reading),
}

/** A list of MLflow's metrics by itself, or in the answer of runs/get. */
const runList = (document: Json) => {
  const data = objectAt(objectAt(document, 'run') ?? document, 'data')
  return listOf(data === undefined ? document : data['metrics'], 'key', 'value')
}

/** Later is what MLflow's file store takes for the last value: the larger by step, time and value. */
const isLater = (one: Listed, other: Listed): boolean => {
  const order = ({ entry, value }: Listed) =>
    [entry['step'], entry['timestamp'], value].map((part) => figureOf(part) ?? 0)
  const [first, second] = [order(one), order(other)]
  const at = first.findIndex((part, index) => part !== second[index])
  return at >= 0 && (first[at] ?? 0) > (second[at] ?? 0)
}

const lastOf = (listed: readonly Listed[]): readonly Listed[] => {
  const last = new Map<string, Listed>()
  for (const one of listed) {
    const before = last.get(one.name)
    if (before === undefined || isLater(one, before)) last.set(one.name, one)
  }
  return [...last.values()]
}

export const mlflowRun: MetricFormat = {
  name: 'mlflow',
  title: 'metrics of an MLflow run: a list of key and value, runs/get, or the lines of metrics/<key>',
  recognises: (document) => runList(document) !== undefined,
  read: (document, reading) => figuresOf(lastOf(runList(document) ?? []), reading),
}

const LINE = /^(?<timestamp>\d+) (?<value>\S+)(?: (?<step>\d+)(?: .*)?)?$/

/** What the file store calls a metric: its path below `metrics/`, else the file's name. */
const keyOf = (source: string): string => /(?:^|.*\/)metrics\/(.+)$/.exec(source)?.[1] ?? source.replace(/^.*\//, '')

/**
 * The lines of MLflow's file store, `timestamp value step`, as a list of MLflow's. Undefined when they are no such lines.
 *
 * @param source the file's path, which holds the metric's name
 */
export const parseMlflowLines = (text: string, source: string): Json | undefined => {
  const lines = text
    .split('\n')
    .map((line) => line.trim())
    .filter((line) => line !== '')
  const found = lines.map((line) => LINE.exec(line)?.groups).filter((groups) => groups !== undefined)
  if (lines.length === 0 || found.length < lines.length) return undefined
  return found.map(({ value = '', step = '0', timestamp = '0' }) => ({ key: keyOf(source), value, step, timestamp }))
}
