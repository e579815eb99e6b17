import type { RuleResult } from '@mlops/core'
import type { SlicedRule } from '../gate-metrics.ts'
import * as words from '../gate-words.ts'
import { el, type Html } from './html.ts'
import { type Domain, domainOf, intervalPlot, type Plot, scaleLabels } from './interval-plot.ts'
import { chip } from './marks.ts'

const OPEN = 20

const plotOf = (rule: RuleResult): Plot | undefined => {
  const isDelta = rule.delta !== undefined
  const value = rule.delta ?? rule.candidate
  if (value === undefined || !Number.isFinite(value)) return undefined
  return {
    title: words.name(rule.slice ?? ''),
    value,
    ...(rule.interval === undefined ? {} : { lower: rule.interval.lower, upper: rule.interval.upper }),
    allowed: rule.allowed ?? {},
    isDelta,
    result: rule.result,
  }
}

const row = (rule: RuleResult, domain: Domain) => {
  const plot = plotOf(rule)
  return el(
    'tr',
    { role: 'row' },
    el('th', { scope: 'row', role: 'rowheader', class: 'half' }, words.name(rule.slice ?? '')),
    el(
      'td',
      { role: 'cell', class: 'n half', 'data-unit': 'rows' },
      rule.rows === undefined ? '–' : words.count(rule.rows),
    ),
    el(
      'td',
      { role: 'cell', class: 'n value' },
      rule.delta === undefined
        ? rule.candidate === undefined
          ? '–'
          : words.figure(rule.candidate)
        : words.signed(rule.delta),
    ),
    el('td', { role: 'cell', class: 'plot wide' }, plot === undefined ? undefined : intervalPlot(plot, domain, false)),
    el('td', { role: 'cell', class: 'half results' }, chip(rule)),
  )
}

const column = (title: string, kind?: string, ...more: readonly Html[]) =>
  el('th', { scope: 'col', role: 'columnheader', class: kind }, title, ...more)

const table = (rules: readonly RuleResult[], caption: string, domain: Domain) => {
  const isDelta = rules.some(({ delta }) => delta !== undefined)
  const scale = rules.map(plotOf).find((plot) => plot !== undefined)
  return el(
    'table',
    { class: 'stack', role: 'table' },
    el('caption', {}, caption),
    el(
      'thead',
      {},
      el(
        'tr',
        { role: 'row' },
        column('Slice'),
        column('Rows', 'n'),
        column(isDelta ? 'Delta' : 'Value', 'n'),
        column(
          isDelta ? 'Delta and its bounds' : 'Value and what is allowed',
          'plot',
          ...(scale === undefined ? [] : [scaleLabels(scale, domain)]),
        ),
        column('Result'),
      ),
    ),
    el(
      'tbody',
      {},
      rules.map((rule) => row(rule, domain)),
    ),
  )
}

/** One rule over many slices on one scale, what needs a look first; the rest is folded away. */
export const sliceTable = ({ rule, results }: SlicedRule): Html => {
  const sorted = words.worstFirst(results)
  const domain = domainOf(sorted.flatMap((result) => plotOf(result) ?? []))
  const [open, rest] = [sorted.slice(0, OPEN), sorted.slice(OPEN)]
  return el(
    'div',
    { class: 'sub' },
    el('h3', {}, words.sentence(rule)),
    table(open, `${words.tally(results)}. All plots have one scale.`, domain),
    rest.length === 0
      ? undefined
      : el(
          'details',
          {},
          el('summary', {}, `${words.count(rest.length)} more slices`),
          table(rest, 'The other slices', domain),
        ),
  )
}
