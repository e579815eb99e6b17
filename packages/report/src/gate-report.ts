import type { Block, ClassRow, Confusion, GateReport, Impact, Report, RuleResult } from '@mlops/core'
import { shares, worstMistakes } from './confusion.ts'
import {
  type JudgedMetric,
  intervalOf,
  intervalsOf,
  judgedMetrics,
  opponentOf,
  slicedRules,
  wholeRules,
} from './gate-metrics.ts'
import * as words from './gate-words.ts'

const SIGNS: Readonly<Record<RuleResult['result'], string>> = {
  approve: '✅',
  reject: '❌',
  inconclusive: '❔',
  skipped: '➖',
}

const resultCell = (rule: RuleResult) =>
  `${rule.severity === 'warn' && rule.result === 'reject' ? '⚠️' : SIGNS[rule.result]} ${words.resultWords(rule)}`

const figureCell = (value: number | undefined) => (value === undefined ? '' : words.figure(value))

const NO_RULE = ['', '']

const metricRows = (metric: JudgedMetric): readonly (readonly string[])[] => {
  const interval = intervalOf(metric)
  const figures = [
    words.name(metric.metric),
    figureCell(metric.champion),
    figureCell(metric.candidate),
    words.deltaWords(metric),
    interval === undefined ? '' : words.bounds(interval, metric.delta === undefined ? words.figure : words.signed),
  ]
  const rules = metric.rules.map((rule) => [words.sentence(rule.rule), resultCell(rule)])
  return (rules.length === 0 ? [NO_RULE] : rules).map((rule, index) => [
    ...(index === 0 ? figures : figures.map(() => '')),
    ...rule,
  ])
}

const metricBlocks = (report: GateReport): readonly Block[] => {
  if (report.metrics.length === 0) return []
  const confidence = words.confidenceOf(intervalsOf(report))
  return [
    {
      kind: 'table',
      columns: ['metric', opponentOf(report), 'candidate', 'delta', 'bounds', 'rule', 'verdict'],
      rows: judgedMetrics(report).flatMap(metricRows),
      numeric: [opponentOf(report), 'candidate', 'delta', 'bounds'],
    },
    ...(confidence === undefined
      ? []
      : [{ kind: 'text', text: `Each bound holds by itself with ${confidence} confidence.` } as const]),
  ]
}

const ruleRow = (rule: RuleResult) => [resultCell(rule), words.sentence(rule.rule), words.finding(rule)]

const RULE_COLUMNS = ['result', 'rule', 'found']

const ruleBlocks = (report: GateReport): readonly Block[] => {
  const rows = words.worstFirst(wholeRules(report)).map(ruleRow)
  return rows.length === 0
    ? []
    : [
        { kind: 'heading', text: 'Rules' },
        { kind: 'table', columns: RULE_COLUMNS, rows },
      ]
}

const impactBlocks = (impact: Impact | undefined): readonly Block[] =>
  impact === undefined
    ? []
    : [
        { kind: 'heading', text: 'Business impact' },
        {
          kind: 'table',
          columns: ['a month of 30 days', 'amount', 'bounds'],
          rows: words
            .impactLines(impact)
            .map(({ what, of }) => [
              what,
              words.money(of.value, impact.currency),
              of.interval === undefined ? '' : words.amountBounds(of.interval),
            ]),
          numeric: ['amount', 'bounds'],
        },
      ]

type Scores = ClassRow['candidate']

const scoreCell = (metric: keyof Scores, { candidate, champion }: ClassRow) =>
  champion === undefined
    ? words.figure(candidate[metric])
    : `${words.figure(candidate[metric])} (${words.figure(champion[metric])})`

const SCORES = ['precision', 'recall', 'f1'] as const

const classBlocks = ({ classes }: GateReport): readonly Block[] => {
  if (classes.length === 0) return []
  const compared = classes.some(({ champion }) => champion !== undefined)
  const columns = SCORES.map((metric) => (compared ? `${metric} (champion)` : metric))
  return [
    { kind: 'heading', text: 'Classes' },
    {
      kind: 'table',
      columns: ['class', 'rows', ...columns],
      rows: classes.map((row) => [
        words.name(row.class),
        words.count(row.support),
        ...SCORES.map((metric) => scoreCell(metric, row)),
      ]),
      numeric: ['rows', ...columns],
    },
  ]
}

const BARS = '▁▂▃▄▅▆▇█'

const shaded = (share: number, cell: number) => {
  if (cell === 0) return '·'
  const bar = BARS[Math.min(BARS.length - 1, Math.floor(share * BARS.length))] ?? ''
  return `${bar} ${words.percent(share)} (${words.count(cell)})`
}

/** Wider tables are not read; the worst mistakes are. */
const WIDEST_MATRIX = 10

const confusionTable = (confusion: Confusion): Block => {
  const labels = confusion.labels.map(words.name)
  if (labels.length > WIDEST_MATRIX)
    return {
      kind: 'table',
      columns: ['truth', 'predicted as', 'rows', 'of that truth'],
      rows: worstMistakes(confusion).map((mistake) => [
        words.name(mistake.truth),
        words.name(mistake.predicted),
        words.count(mistake.count),
        words.percent(mistake.share),
      ]),
      numeric: ['rows', 'of that truth'],
    }
  const byRow = shares(confusion)
  return {
    kind: 'table',
    columns: ['truth ↓ predicted →', ...labels],
    rows: confusion.counts.map((row, truth) => [
      labels[truth] ?? '',
      ...row.map((cell, predicted) => shaded(byRow[truth]?.[predicted] ?? 0, cell)),
    ]),
    numeric: labels,
  }
}

const confusionBlocks = ({ confusion, championConfusion }: GateReport): readonly Block[] => [
  ...(confusion === undefined
    ? []
    : [{ kind: 'heading', text: 'Confusion matrix of the candidate' } as const, confusionTable(confusion)]),
  ...(championConfusion === undefined
    ? []
    : [
        {
          kind: 'details',
          title: 'Confusion matrix of the champion',
          blocks: [confusionTable(championConfusion)],
        } as const,
      ]),
]

const factsBlocks = (report: GateReport): readonly Block[] => [
  { kind: 'heading', text: 'What was judged' },
  {
    kind: 'facts',
    facts: words
      .provenance(report)
      .map(({ what, value, digest }) => [what, digest === undefined ? value : `${value} (${digest})`]),
  },
]

const noteBlocks = ({ notes }: GateReport): readonly Block[] =>
  notes.length === 0 ? [] : [{ kind: 'list', items: notes.map(words.sentence) }]

/** A block is left out whole when it does not fit, so a long list comes in parts. */
const PART = 100
const OPEN_SLICES = 20

const sliceTable = (results: readonly RuleResult[]): Block => ({
  kind: 'table',
  columns: ['slice', 'result', 'found'],
  rows: results.map((rule) => [words.name(rule.slice ?? ''), resultCell(rule), words.finding(rule)]),
})

const sliceBlocks = (report: GateReport): readonly Block[] =>
  slicedRules(report).flatMap(({ rule, results }) => {
    const sorted = words.worstFirst(results)
    const open = sorted.filter(({ result }) => result === 'reject' || result === 'inconclusive').slice(0, OPEN_SLICES)
    const parts = Array.from({ length: Math.ceil(sorted.length / PART) }, (_, index) =>
      sorted.slice(index * PART, (index + 1) * PART),
    )
    return [
      { kind: 'heading', text: words.sentence(rule) } as const,
      { kind: 'text', text: words.tally(results) } as const,
      ...(open.length === 0 ? [] : [sliceTable(open)]),
      ...parts.map(
        (part, index) =>
          ({
            kind: 'details',
            title: `Slices ${index * PART + 1} to ${index * PART + part.length} of ${results.length}`,
            blocks: [sliceTable(part)],
          }) as const,
      ),
    ]
  })

/** The report of a gate for people: what was decided first, then why, then what it rests on. */
export const gateSummary = (report: GateReport): Report => ({
  headline: words.sentence(report.sentence),
  blocks: [
    ...metricBlocks(report),
    ...ruleBlocks(report),
    ...noteBlocks(report),
    ...impactBlocks(report.impact),
    ...classBlocks(report),
    ...confusionBlocks(report),
    ...factsBlocks(report),
    ...sliceBlocks(report),
  ],
})
