import { expect, test } from '@jest/globals'
import type { Block, Report } from '@mlops/core'
import fc from 'fast-check'
// By its path: a package that testing depends on cannot depend on testing.
import { gateReports, rewritten, withSlices } from '../../testing/src/fixtures/gate-reports.ts'
import { COMMENT_BUDGET, gateSummary, markdown, SUMMARY_BUDGET } from '../src/index.ts'
import { hostileText } from './hostile-text.ts'

type Table = Extract<Block, { readonly kind: 'table' }>

const flat = (blocks: readonly Block[]): readonly Block[] =>
  blocks.flatMap((block) => (block.kind === 'details' ? [block, ...flat(block.blocks)] : [block]))

const tablesWith = ({ blocks }: Report, column: string) =>
  flat(blocks).filter((block): block is Table => block.kind === 'table' && block.columns.includes(column))

const titles = ({ blocks }: Report) => blocks.flatMap((block) => (block.kind === 'details' ? [block.title] : []))

test.each(Object.entries(gateReports))('the verdict of %s stands first', (_, report) => {
  expect(markdown(gateSummary(report)).split('\n')[0]).toContain(report.sentence.split(':')[0])
})

test('a metric has a line for each of its rules, with its figures once', () => {
  const [metrics] = tablesWith(gateSummary(gateReports.approve), 'champion')
  expect(metrics?.rows.map((row) => row.slice(0, 4))).toEqual([
    ['accuracy', '0.8509', '0.8627', '↑ +0.0118 better'],
    ['f1_macro', '0.7623', '0.7852', '↑ +0.0229 better'],
    ['', '', '', ''],
    ['', '', '', ''],
    ['recall of High', '0.6061', '0.6558', '↑ +0.0496 better'],
  ])
  expect(metrics?.rows.map((row) => row[6])).toEqual(Array.from({ length: 5 }, () => '✅ passed'))
})

test('the arrow is the way of the number, the word what it means', () => {
  const [metrics] = tablesWith(gateSummary(gateReports.regression), 'baseline')
  expect(metrics?.rows.map((row) => row.slice(0, 5))).toEqual([
    ['rmse', '22,310.7', '21,903.4', '↓ −407.30 better', ''],
    ['mae', '14,190.2', '14,210.9', '↑ +20.700 worse', ''],
    ['r2', '', '0.8127', '', '[0.7986, 0.8268]'],
  ])
})

test("a baseline's values come from the rules when the metrics lack them", () => {
  const { metrics, ...rest } = gateReports.regression
  const bare = metrics.map(({ metric, candidate }) => ({ metric, ...(candidate === undefined ? {} : { candidate }) }))
  const [table] = tablesWith(gateSummary({ ...rest, metrics: bare }), 'baseline')
  expect(table?.rows[0]?.slice(0, 4)).toEqual(['rmse', '22,310.7', '21,903.4', '↓ −407.30'])
})

test("the interval of a candidate's own value is never shown as one of a delta", () => {
  const report = gateReports.regression
  const interval = { lower: 21_000, upper: 22_500, confidence: 0.95, method: 'Grouped jackknife' } as const
  const [table] = tablesWith(
    gateSummary({ ...report, metrics: [{ metric: 'rmse', candidate: 21_903.4, interval }] }),
    'baseline',
  )
  expect(table?.rows[0]?.slice(1, 5)).toEqual(['22,310.7', '21,903.4', '↓ −407.30', ''])
})

test('rules that need a look stand first', () => {
  const [rules] = tablesWith(gateSummary(gateReports.inconclusive), 'found')
  expect(rules?.rows.map(([result]) => result)).toEqual([
    '❔ inconclusive',
    '❔ inconclusive, warning only',
    '✅ passed',
    '✅ passed',
    '✅ passed',
  ])
})

test('what was found does not repeat the result that stands beside it', () => {
  const [rules] = tablesWith(gateSummary(gateReports.reject), 'found')
  expect(rules?.rows[0]?.slice(0, 3)).toEqual([
    '❌ failed',
    'accuracy is at least 0.8',
    'accuracy: 0.7758, at least 0.8000 is asked for (n = 30,036 rows)',
  ])
})

test('a first model has no champion in its tables', () => {
  const summary = gateSummary(gateReports.firstModel)
  const [classes] = tablesWith(summary, 'class')
  expect(classes?.columns).toEqual(['class', 'rows', 'precision', 'recall', 'f1'])
  expect(titles(summary)).toEqual([])
})

test('each cell of the confusion matrix is a share of its truth', () => {
  const [matrix] = tablesWith(gateSummary(gateReports.approve), 'truth ↓ predicted →')
  expect(matrix?.rows[0]).toEqual(['High', '▆ 65.6 % (2,391)', '▁ 0.3 % (10)', '▃ 34.1 % (1,245)'])
})

test('of many classes the worst mistakes are shown', () => {
  const labels = Array.from({ length: 30 }, (_, index) => `class ${index}`)
  const counts = labels.map((_, row) => labels.map((__, column) => (row === column ? 90 : row === 3 ? column : 0)))
  const [mistakes] = tablesWith(gateSummary({ ...gateReports.approve, confusion: { labels, counts } }), 'predicted as')
  expect(mistakes?.rows).toHaveLength(20)
  expect(mistakes?.rows[0]?.slice(0, 3)).toEqual(['class 3', 'class 29', '29'])
})

test('a thousand slices are collapsed in parts, what failed stands open, and all fits', () => {
  const summary = gateSummary(withSlices(gateReports.reject, 1000))
  expect(titles(summary)).toHaveLength(11)
  const [open, ...parts] = tablesWith(summary, 'slice')
  expect(open?.rows).toHaveLength(20)
  expect(open?.rows.every(([, result]) => result === '❌ failed')).toBe(true)
  expect(parts.flatMap(({ rows }) => rows)).toHaveLength(1000)
  expect(Buffer.byteLength(markdown(summary))).toBeLessThanOrEqual(SUMMARY_BUDGET)
  const comment = markdown(summary, COMMENT_BUDGET, 'the job summary has it')
  expect(comment.length).toBeLessThanOrEqual(COMMENT_BUDGET)
  expect(comment).toContain('the job summary has it')
})

/** What a reader of the Markdown sees as structure: lines, their cells, and tags. */
const structure = (text: string) =>
  text.split('\n').map((line) => ({
    cells: line.replaceAll(/\\./g, '').split('|').length,
    tags: line.replaceAll(/\\./g, '').match(/<\/?\w*>?/g) ?? [],
    block: /^(#{1,6} |- |\d+[.)] |>|```|~~~|\s{4}|<|\||\*\*)/.exec(line)?.[0] ?? '',
  }))

test('no name changes the structure of a summary', () => {
  const shaped = (write: (text: string) => string) =>
    structure(markdown(gateSummary(rewritten(withSlices(gateReports.reject, 30), write))))
  const plain = shaped(() => 'name')
  fc.assert(
    fc.property(hostileText, (text) => {
      expect(shaped(() => text)).toEqual(plain)
    }),
    { numRuns: 60 },
  )
})

test.each([
  '[x](https://e.example)',
  '![x](https://e.example)',
  '[x][y]',
  '[x]: https://e.example',
  '`x`',
  '*x*',
  '$x$',
])('%s stays text', (text) => {
  const line = markdown({ headline: 'x', blocks: [{ kind: 'text', text }] }).split('\n')[2] ?? ''
  expect(line.replaceAll(/\\[!-/:-@[-`{-~]/g, '')).not.toMatch(/\]\(|\]\[|\]:|`|\*|\$/)
})

test.each(['# x', '> x', '- x', '+ x', '* x', '=== ', '[ ] x', '1. x', '12) x', '    x', '```', '~~~', '<b>x', '---'])(
  '%s begins no block',
  (text) => {
    const [, , line, , item] = markdown({
      headline: 'x',
      blocks: [
        { kind: 'text', text },
        { kind: 'list', items: [text] },
      ],
    }).split('\n')
    for (const said of [line, item?.replace(/^- /, '')]) expect(said).toMatch(/^(\\[#>+=[\-*`~]|\d+\\[.)]|&lt;|x)/)
  },
)

test('money has cents when all of it is small', () => {
  const interval = (lower: number, upper: number) =>
    ({ lower, upper, confidence: 0.95, method: 'Smoothed bootstrap' }) as const
  const impact = {
    currency: 'EUR',
    revenue: { value: 15_363.6, interval: interval(15_306.2, 15_424) },
    savings: { value: -35.949, interval: interval(-96.951, 206) },
    total: { value: 12.3, interval: interval(-1, 25.05) },
  }
  const [table] = tablesWith(gateSummary({ ...gateReports.approve, impact }), 'amount')
  expect(table?.rows).toEqual([
    ['revenue', '15,364 EUR', '15,306 to 15,424'],
    ['savings', '−35.95 EUR', '−97 to 206'],
    ['total', '12.30 EUR', '−1.00 to 25.05'],
  ])
})

test('nobody is notified', () => {
  const text = markdown({ headline: 'by @ada, see #12 and GH-7', blocks: [] })
  expect(text).toBe('**by @&#8203;ada, see #&#8203;12 and GH-&#8203;7**\n')
})

test('a name of any length keeps the summary within its budget', () => {
  const text = markdown(gateSummary(rewritten(withSlices(gateReports.reject, 100), () => '&'.repeat(1e5))))
  expect(Buffer.byteLength(text)).toBeLessThanOrEqual(SUMMARY_BUDGET)
})
