import type { MetricFile, MetricFileHint } from '@mlops/core'
import { classificationReport } from './classification-report.ts'
import { isObject, type Json, parseJson } from './document.ts'
import { metricFileError } from './figures.ts'
import { finalMetrics, mlflowRun, parseMlflowLines } from './listed-metrics.ts'
import type { MetricFormat } from './metric-format.ts'
import { isConstraints, modelMonitor } from './model-monitor.ts'
import { mlflowMap, plainJson } from './plain-json.ts'

/** The first that recognises a file reads it: from the most particular shape to the most general. */
const FORMATS: readonly MetricFormat[] = [
  modelMonitor,
  classificationReport,
  finalMetrics,
  mlflowRun,
  plainJson,
  mlflowMap,
]
const LISTED = 5

const formatError = (source: string, why: string) =>
  metricFileError(
    'E-FORMAT',
    `${source} is no file of metrics`,
    why,
    `read are ${FORMATS.map(({ name, title }) => `${title} (${name})`).join('; ')}`,
  )

const documentOf = (text: string, source: string): Json => {
  const bare = text.replace(/^\uFEFF/, '')
  const document = parseMlflowLines(bare, source) ?? parseJson(bare)
  if (document === undefined) throw formatError(source, 'it is neither JSON nor lines of an MLflow metric')
  if (isConstraints(document))
    throw formatError(source, 'it holds constraints: bounds that Model Monitor checks, not figures of a model')
  return document
}

const formatOf = (document: Json, source: string, hint: string | undefined): MetricFormat => {
  const named = FORMATS.filter(({ name }) => hint === undefined || name === hint)
  if (named.length === 0) throw formatError(source, `nothing is known of the format ${hint ?? ''}`)
  const found = named.find(({ recognises }) => recognises(document))
  if (found === undefined)
    throw formatError(source, hint === undefined ? 'its shape is not known' : `it has not the shape of ${hint}`)
  return found
}

/**
 * Reads a file of metrics in any of the known formats, told by its shape or by the gate file.
 *
 * Throws E-FORMAT with the list of formats, E-VALUE for all figures that are no numbers, and E-GATE for a model that is not there.
 *
 * @param source path or URI; the lines of an MLflow metric are called by it
 */
export const readMetricFile = (text: string, source: string, hint: MetricFileHint = {}): MetricFile => {
  const document = documentOf(text, source)
  const format = formatOf(document, source, hint.format)
  const faults: string[] = []
  const fault = (path: string, value: Json | undefined) =>
    void faults.push(`${path} is ${JSON.stringify(value ?? null)}`)
  const reading = { source, fault, ...(hint.model === undefined ? {} : { model: hint.model }) }
  const figures = format.read(document, reading)
  if (faults.length > 0) {
    const more = faults.length > LISTED ? `; and ${faults.length - LISTED} more` : ''
    throw metricFileError(
      'E-VALUE',
      `${source} holds ${faults.length} ${faults.length === 1 ? 'figure' : 'figures'} that are no numbers`,
      `${faults.slice(0, LISTED).join('; ')}${more}`,
      'write numbers; the text NaN is read as one, and a rule rejects it',
    )
  }
  if (Object.keys(figures.metrics).length + Object.keys(figures.perClass).length === 0)
    throw formatError(source, isObject(document) ? 'it holds no number' : 'it holds no metric')
  return { source, format: format.name, ...figures }
}
