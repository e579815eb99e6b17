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
  el('li', {}, mark, el('h3', {}, words.sentence(rule)), el('p', {}, found), el('p', { class: 'meta' }, ...meta))

/** Every rule as its sentence, what was found, and where to read how; a rule over slices is one item. */
export const ruleList = (report: GateReport): Html =>
  el(
    'ul',
    { class: 'rules' },
    words
      .worstFirst(wholeRules(report))
      .map((rule) => item(chip(rule), rule.rule, words.finding(rule), metaOf(rule, report.gate.source))),
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
    .split(/_(\{[^}]+\}|[\p{L}\p{N}])/u)
    .map((part, index) => (index % 2 === 1 ? el('sub', {}, part.replaceAll(/[{}]/g, '')) : part))

const unique = <T>(values: readonly T[]) => [...new Set(values)]

type Explained = Omit<Method, 'says'> & Partial<Pick<Method, 'says'>>

const described = ({ name, says, formulas, source, href }: Explained, docs?: string): Html =>
  el(
    'div',
    { id: anchorOf(name) },
    el('h3', {}, name),
    says === undefined ? undefined : el('p', {}, says),
    formulas.map((formula) => el('p', { class: 'formula' }, typeset(formula))),
    el('p', { class: 'source' }, 'Source: ', href === undefined ? source : el('a', { href }, source)),
    docs === undefined
      ? undefined
      : el(
          'p',
          { class: 'source' },
          el('a', { href: `${docs}#${anchorOf(name)}` }, 'How it is computed and how well it covers'),
        ),
  )

/** A method that a newer suite has and this one does not know. */
const unknown = (name: string): Explained => ({ name, formulas: [], source: 'see the documentation' })

/** The formula and the source of everything that had a say in this report. */
export const methodList = (report: GateReport, docs: string): Html => {
  const intervals = [...report.rules, ...report.metrics, report.impact?.total].flatMap((figure) =>
    figure?.interval === undefined ? [] : [words.name(figure.interval.method)],
  )
  const metrics = report.rules.map(({ metric }) => metric)
  return el(
    'div',
    { class: 'methods' },
    described(DECISION),
    unique(intervals).map((name) => described(methodOf(name) ?? unknown(name), docs)),
    report.rules.some(({ rowsNeeded }) => rowsNeeded !== undefined) ? described(ROWS_NEEDED) : undefined,
    unique(metrics).flatMap((metric) => {
      const found = definitionOf(metric)
      return found === undefined ? [] : [described(found)]
    }),
  )
}
