import type { GateReport, RuleResult } from '@mlops/core'
import { slicedRules, wholeRules } from '../gate-metrics.ts'
import * as words from '../gate-words.ts'
import { anchorOf, type Child, el, type Html } from './html.ts'
import { chip } from './marks.ts'
import { DECISION, definitionOf, type Method, methodOf, ROWS_NEEDED } from './methods.ts'

const inPage = (heading: string) => el('a', { href: `#${anchorOf(heading)}` }, heading)

const metaOf = (rule: RuleResult, gateFile: string): readonly Child[] => {
  const metric = definitionOf(rule.metric)
  return [
    el('span', {}, `${words.name(gateFile)}:${rule.at.line}`),
    ...(metric === undefined ? [] : [el('span', {}, 'metric: ', inPage(metric.name))]),
    ...(rule.interval === undefined ? [] : [el('span', {}, 'interval: ', inPage(words.name(rule.interval.method)))]),
    el('span', {}, `evidence: ${words.EVIDENCE_WORDS[rule.evidence]}`),
    ...(rule.code === undefined ? [] : [el('span', {}, rule.code)]),
  ]
}

const item = (mark: Html, rule: string, found: string, meta: readonly Child[]) =>
  el(
    'li',
    {},
    mark,
    el('h3', {}, words.sentence(rule)),
    el('p', {}, words.sentence(found)),
    el('p', { class: 'meta' }, ...meta),
  )

/** Every rule as its sentence, what was found, and where to read how; a rule over slices is one item. */
export const ruleList = (report: GateReport): Html =>
  el(
    'ul',
    { class: 'rules' },
    words
      .worstFirst(wholeRules(report))
      .map((rule) => item(chip(rule), rule.rule, rule.sentence, metaOf(rule, report.gate.source))),
    slicedRules(report).map(({ rule, results }) => {
      const [first] = words.worstFirst(results)
      return first === undefined
        ? undefined
        : item(chip(first), rule, `${words.tally(results)}.`, metaOf(first, report.gate.source))
    }),
  )

/** A formula with its indices set low. */
const typeset = (formula: string): readonly Child[] =>
  formula
    .split(/_(\{[^}]+\}|\w)/)
    .map((part, index) => (index % 2 === 1 ? el('sub', {}, part.replaceAll(/[{}]/g, '')) : part))

const unique = <T>(values: readonly T[]) => [...new Set(values)]

const described = (found: Omit<Method, 'says'> & { readonly says?: string }, docs: string): Html =>
  el(
    'div',
    { id: anchorOf(found.name) },
    el('h3', {}, found.name),
    found.says === undefined ? undefined : el('p', {}, found.says),
    found.formulas.map((formula) => el('p', { class: 'formula' }, typeset(formula))),
    el(
      'p',
      { class: 'source' },
      'Source: ',
      found.href === undefined ? found.source : el('a', { href: found.href }, found.source),
      '. ',
      el('a', { href: `${docs}#${anchorOf(found.name)}` }, 'How it is computed and tested here'),
    ),
  )

/** The formula and the source of everything that decided something in this report. */
export const methodList = (report: GateReport, docs: string): Html => {
  const intervals = [
    ...report.rules.map(({ interval }) => interval),
    ...report.metrics.map(({ interval }) => interval),
    report.impact?.total.interval,
  ].flatMap((interval) => (interval === undefined ? [] : [words.name(interval.method)]))
  const methods = unique(intervals).map(
    (name) => methodOf(name) ?? { name, formulas: [], source: 'see the documentation' },
  )
  const metrics = unique(report.rules.map(({ metric }) => metric)).flatMap((metric) => definitionOf(metric) ?? [])
  const needed = report.rules.some(({ rowsNeeded }) => rowsNeeded !== undefined) ? [ROWS_NEEDED] : []
  return el(
    'div',
    { class: 'methods' },
    [DECISION, ...methods, ...needed, ...metrics].map((found) => described(found, docs)),
  )
}
