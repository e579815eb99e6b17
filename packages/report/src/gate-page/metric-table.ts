import type { GateReport, RuleResult } from '@mlops/core'
import { intervalOf, type JudgedMetric, judgedMetrics, opponentOf } from '../gate-metrics.ts'
import * as words from '../gate-words.ts'
import { el, type Html } from './html.ts'
import { domainOf, intervalPlot, type Plot } from './interval-plot.ts'
import { chip } from './marks.ts'

const text = (value: number | undefined) => (value === undefined ? '–' : words.figure(value))

const GRAVITY = ['reject', 'inconclusive', 'approve', 'skipped'] as const

/** The rule that the plot shows: of those about the delta when there is one, the one that matters most. */
const shownRule = ({ rules, delta }: JudgedMetric): RuleResult | undefined => {
  const fitting = rules.filter(
    (rule) => rule.allowed !== undefined && (rule.delta === undefined) === (delta === undefined),
  )
  const binding = fitting.filter(({ severity }) => severity === 'error')
  return (binding.length === 0 ? fitting : binding).toSorted(
    (one, other) => GRAVITY.indexOf(one.result) - GRAVITY.indexOf(other.result),
  )[0]
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
  return el(
    'td',
    { role: 'cell', class: 'plot wide' },
    plot === undefined ? undefined : intervalPlot(plot, domainOf([plot])),
  )
}

const WORST = ['reject', 'inconclusive', 'skipped', 'approve'] as const

/** What came of a metric's rules: the worst first, counted. */
const resultCell = ({ rules }: JudgedMetric) => {
  const chips = WORST.flatMap((result) => {
    const found = rules.filter((rule) => rule.result === result)
    if (found.length === 0) return []
    const severity = found.some((rule) => rule.severity === 'error') ? 'error' : 'warn'
    return [el('div', {}, chip({ result, severity }, `${found.length} ${words.resultWords({ result, severity })}`))]
  })
  return el(
    'td',
    { role: 'cell', class: 'wide' },
    chips.length === 0 ? el('span', { class: 'quiet' }, 'no rule') : chips,
  )
}

const deltaCell = (metric: JudgedMetric) => {
  const [delta, word] = words.deltaParts(metric)
  return el(
    'td',
    { role: 'cell', class: 'n delta', 'data-label': 'Delta' },
    delta === '' ? '–' : [el('b', {}, delta), ' ', el('i', {}, word), boundsOf(metric)],
  )
}

const valueCell = (title: string, value: number | undefined, below?: Html) =>
  el('td', { role: 'cell', class: 'n', 'data-label': title }, text(value), below)

const row = (metric: JudgedMetric, opponent: string | undefined) =>
  el(
    'tr',
    { role: 'row' },
    el('th', { scope: 'row', role: 'rowheader' }, words.name(metric.metric)),
    opponent === undefined ? undefined : valueCell(opponent, metric.champion),
    valueCell('Candidate', metric.candidate, metric.delta === undefined ? boundsOf(metric) : undefined),
    opponent === undefined ? undefined : deltaCell(metric),
    plotCell(metric),
    resultCell(metric),
  )

const column = (title: string, kind?: string) => el('th', { scope: 'col', role: 'columnheader', class: kind }, title)

const head = (opponent: string | undefined): readonly Html[] => [
  column('Metric'),
  ...(opponent === undefined ? [] : [column(opponent, 'n')]),
  column('Candidate', 'n'),
  ...(opponent === undefined ? [] : [column('Delta', 'n')]),
  column(opponent === undefined ? 'Value and what is allowed' : 'Delta and its bounds', 'plot'),
  column('Rules'),
]

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
  const opponent = metrics.some(({ champion }) => champion !== undefined) ? opponentOf(report) : undefined
  return el(
    'table',
    { class: 'stack', role: 'table' },
    el(
      'caption',
      {},
      opponent === undefined ? 'There was nothing to compare with.' : `Delta is candidate − ${opponent}.`,
    ),
    el('thead', {}, el('tr', { role: 'row' }, head(opponent === undefined ? undefined : words.title(opponent)))),
    el(
      'tbody',
      {},
      metrics.map((metric) => row(metric, opponent === undefined ? undefined : words.title(opponent))),
    ),
  )
}
