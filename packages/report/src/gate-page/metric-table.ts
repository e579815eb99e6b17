import type { GateReport, RuleResult } from '@mlops/core'
import { fittingRules, intervalOf, type JudgedMetric, judgedMetrics, opponentOf } from '../gate-metrics.ts'
import * as words from '../gate-words.ts'
import { el, type Html } from './html.ts'
import { domainOf, intervalPlot, type Plot } from './interval-plot.ts'
import { chip } from './marks.ts'
import { cell, column, row, rowHead, table } from './table.ts'

/** The rule that the plot shows: the worst of those that have a say, or else of those that only warn. */
const shownRule = (metric: JudgedMetric): RuleResult | undefined => {
  const fitting = words.worstFirst(fittingRules(metric)).filter(({ allowed }) => allowed !== undefined)
  return fitting.find(({ severity }) => severity === 'error') ?? fitting[0]
}

const plotOf = (metric: JudgedMetric): Plot | undefined => {
  const value = metric.delta ?? metric.candidate
  const rule = shownRule(metric)
  const interval = intervalOf(metric)
  if (value === undefined || !Number.isFinite(value) || (rule === undefined && metric.delta === undefined))
    return undefined
  return {
    title: `${words.name(metric.metric)}: ${metric.delta === undefined ? 'value' : 'delta'} and what is allowed`,
    value,
    ...(interval === undefined ? {} : { lower: interval.lower, upper: interval.upper }),
    allowed: rule?.allowed ?? {},
    isDelta: metric.delta !== undefined,
    result: rule?.result ?? 'skipped',
  }
}

/** Stands below the figure that the bounds are of. */
const boundsOf = (metric: JudgedMetric) => {
  const interval = intervalOf(metric)
  return interval === undefined
    ? undefined
    : el('span', { class: 'bounds' }, words.bounds(interval, metric.delta === undefined ? words.figure : words.signed))
}

const plotCell = (metric: JudgedMetric) => {
  const plot = plotOf(metric)
  return cell({ class: 'plot wide' }, plot === undefined ? undefined : intervalPlot(plot, domainOf([plot])))
}

/** What came of a metric's rules: the worst first, counted. */
const resultCell = ({ rules }: JudgedMetric) => {
  const chips = words.WORST_FIRST.flatMap((result) => {
    const alike = rules.filter((rule) => rule.result === result)
    if (alike.length === 0) return []
    const severity = alike.some((rule) => rule.severity === 'error') ? 'error' : 'warn'
    return [el('div', {}, chip({ result, severity }, `${alike.length} ${words.resultWords({ result, severity })}`))]
  })
  return cell({ class: 'wide results' }, chips.length === 0 ? el('span', { class: 'quiet' }, 'no rule') : chips)
}

const deltaCell = (metric: JudgedMetric) => {
  const [delta, word] = words.deltaParts(metric)
  return cell(
    { class: 'n delta', 'data-label': 'Delta' },
    delta === '' ? '–' : [el('b', {}, delta), ' ', el('i', {}, word), boundsOf(metric)],
  )
}

const valueCell = (title: string, value: number | undefined, below?: Html) =>
  cell({ class: 'n', 'data-label': title }, value === undefined ? '–' : words.figure(value), below)

const metricRow = (metric: JudgedMetric, opponent: string | undefined) =>
  row(
    rowHead(words.name(metric.metric)),
    opponent === undefined ? undefined : valueCell(opponent, metric.champion),
    valueCell('Candidate', metric.candidate, metric.delta === undefined ? boundsOf(metric) : undefined),
    opponent === undefined ? undefined : deltaCell(metric),
    plotCell(metric),
    resultCell(metric),
  )

const swatch = (result: string, ...children: readonly Html[]) =>
  el('svg', { class: `interval ${result}`, 'aria-hidden': 'true', viewBox: '0 0 28 14' }, ...children)

const vertical = (kind: string) => swatch('', el('line', { class: kind, x1: 14, x2: 14, y1: 0, y2: 14 }))

const marked = (result: 'approve' | 'inconclusive' | 'reject') =>
  swatch(
    result,
    el('line', { class: 'whisker', x1: 2, x2: 26, y1: 7, y2: 7 }),
    result === 'reject'
      ? el('path', { class: 'dot', d: 'M14-.5 21.5 7 14 14.5 6.5 7Z' })
      : el('circle', { class: result === 'approve' ? 'dot' : 'dot hollow', cx: 14, cy: 7, r: 5 }),
  )

/** What the marks of the plots mean. */
export const legend = (report: GateReport): Html => {
  const isDelta = judgedMetrics(report).some(({ delta }) => delta !== undefined)
  const signs = [
    [swatch('', el('rect', { class: 'ok', width: 28, height: 14, rx: 2 })), 'allowed by the rule'],
    [vertical('limit'), 'its limit'],
    ...(isDelta ? ([[vertical('zero'), `as good as the ${opponentOf(report)}`]] as const) : []),
    ...(['approve', 'inconclusive', 'reject'] as const).map(
      (result) => [marked(result), words.RESULT_WORDS[result]] as const,
    ),
  ] as const satisfies readonly (readonly [Html, string])[]
  return el(
    'ul',
    { class: 'legend' },
    signs.map(([sign, meaning]) => el('li', {}, sign, meaning)),
  )
}

/** Every metric with both models' values, the delta against what is allowed, and what its rules said. */
export const metricTable = (report: GateReport): Html => {
  const metrics = judgedMetrics(report)
  const compared = metrics.some(({ champion }) => champion !== undefined)
  const opponent = compared ? words.title(opponentOf(report)) : undefined
  return table(
    compared ? `Delta is candidate − ${opponentOf(report)}.` : 'There was nothing to compare with.',
    [
      column('Metric'),
      opponent === undefined ? undefined : column(opponent, 'n'),
      column('Candidate', 'n'),
      opponent === undefined ? undefined : column('Delta', 'n'),
      column(compared ? 'Delta and its bounds' : 'Value and what is allowed', 'plot'),
      column('Rules'),
    ],
    metrics.map((metric) => metricRow(metric, opponent)),
  )
}
