import type { RuleResult } from '@mlops/core'
import type { SlicedRule } from '../gate-metrics.ts'
import * as words from '../gate-words.ts'
import { el, type Html } from './html.ts'
import { type Domain, domainOf, intervalPlot, type Plot, scaleLabels } from './interval-plot.ts'
import { chip } from './marks.ts'
import { cell, column, row, rowHead, table } from './table.ts'

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

const valueOf = ({ delta, candidate }: RuleResult) => {
  if (delta !== undefined) return words.signed(delta)
  return candidate === undefined ? '–' : words.figure(candidate)
}

const sliceRow = (rule: RuleResult, domain: Domain) => {
  const plot = plotOf(rule)
  return row(
    rowHead(words.name(rule.slice ?? ''), 'half'),
    cell({ class: 'n half', 'data-unit': 'rows' }, rule.rows === undefined ? '–' : words.count(rule.rows)),
    cell({ class: 'n value' }, valueOf(rule)),
    cell({ class: 'plot wide' }, plot === undefined ? undefined : intervalPlot(plot, domain, false)),
    cell({ class: 'half results' }, chip(rule)),
  )
}

const slices = (rules: readonly RuleResult[], caption: string, domain: Domain) => {
  const isDelta = rules.some(({ delta }) => delta !== undefined)
  const scale = rules.map(plotOf).find((plot) => plot !== undefined)
  const labels = scale === undefined ? [] : [scaleLabels(scale, domain)]
  return table(
    caption,
    [
      column('Slice'),
      column('Rows', 'n'),
      column(isDelta ? 'Delta' : 'Value', 'n'),
      column(isDelta ? 'Delta and its bounds' : 'Value and what is allowed', 'plot', ...labels),
      column('Result'),
    ],
    rules.map((rule) => sliceRow(rule, domain)),
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
    slices(open, `${words.tally(results)}. All plots have one scale.`, domain),
    rest.length === 0
      ? undefined
      : el(
          'details',
          {},
          el('summary', {}, `${words.count(rest.length)} more slices`),
          slices(rest, 'The other slices', domain),
        ),
  )
}
