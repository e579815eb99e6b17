import { ActionError, canonicalMetric, type Confusion, kindOf, type MetricValue } from '@mlops/core'
import { numberOf } from '../text.ts'
import { isList, isObject, type Json } from './document.ts'

/** What is wrong with figures, gathered so that one run names all of it. */
export type Fault = (path: string, value: Json | undefined) => void

/** The vocabulary's spelling of a metric where it knows it, else the name as written. */
export const metricName = (name: string): string => (kindOf(name) === undefined ? name : canonicalMetric(name))

/** A number, or a text that is one as a whole; undefined for anything else. */
export const figureOf = (value: Json | undefined): number | undefined => {
  if (typeof value === 'number') return value
  return typeof value === 'string' ? numberOf(value.trim()) : undefined
}

/** A figure that has to be one. */
export const needFigure = (path: string, value: Json | undefined, fault: Fault): number => {
  const figure = figureOf(value)
  if (figure === undefined) fault(path, value)
  return figure ?? Number.NaN
}

/** A value with its standard error, where that is a number. */
export const withError = (value: number, error: Json | undefined): MetricValue => {
  const sd = figureOf(error)
  return sd !== undefined && Number.isFinite(sd) ? { value, sd } : { value }
}

/** Counts by truth, then by prediction (Model Monitor); undefined when they are no such map. */
export const nestedConfusion = (value: Json | undefined): Confusion | undefined => {
  if (!isObject(value)) return undefined
  const rows = Object.values(value).filter(isObject)
  const labels = [...new Set([...Object.keys(value), ...rows.flatMap((row) => Object.keys(row))])]
  if (rows.length !== Object.keys(value).length || labels.length === 0) return undefined
  const count = (truth: string, predicted: string) => {
    const row = value[truth]
    return isObject(row) ? figureOf(row[predicted] ?? 0) : 0
  }
  return squareOf(
    labels,
    labels.map((truth) => labels.map((predicted) => count(truth, predicted))),
  )
}

/** `{labels, counts}`, truth in rows; undefined when it is none. */
export const listedConfusion = (value: Json | undefined): Confusion | undefined => {
  if (!isObject(value)) return undefined
  const { labels, counts, rows_are: rows } = value
  if (!isList(labels) || !isList(counts) || (rows !== undefined && rows !== 'truth')) return undefined
  return squareOf(
    labels.map((label) => (typeof label === 'string' ? label : JSON.stringify(label))),
    counts.map((row) => (isList(row) ? row.map(figureOf) : [])),
  )
}

const squareOf = (
  labels: readonly string[],
  counts: readonly (readonly (number | undefined)[])[],
): Confusion | undefined => {
  const sound = counts.map((row) => row.filter((count) => count !== undefined && Number.isInteger(count) && count >= 0))
  const isSquare = sound.length === labels.length && sound.every((row) => row.length === labels.length)
  return isSquare ? { labels, counts: sound.map((row) => row.map(Number)) } : undefined
}

export const rowsOf = (confusion: Confusion | undefined): number | undefined =>
  confusion?.counts.flat().reduce((sum, count) => sum + count, 0)

export const metricFileError = (
  code: 'E-FORMAT' | 'E-VALUE' | 'E-GATE',
  what: string,
  why: string,
  hint: string,
): ActionError => new ActionError({ code, kind: 'user', what, why, hint })
