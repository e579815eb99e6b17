import type { Confusion, GateReport, Impact } from '@mlops/core'
import { intervalsOf, slicedRules, wholeRules } from '../gate-metrics.ts'
import * as words from '../gate-words.ts'
import { worstMistakes } from '../confusion.ts'
import { classBars } from './class-bars.ts'
import { confusionMap, LARGEST_MAP } from './confusion-map.ts'
import { type Child, el, type Html, link } from './html.ts'
import { badge } from './marks.ts'
import { legend, metricTable } from './metric-table.ts'
import { type Picture, pictures } from './pictures.ts'
import { methodList, ruleList } from './rule-list.ts'
import { sliceTable } from './slice-table.ts'
import { STYLE } from './style.ts'
import { cell, column, row, rowHead, table } from './table.ts'

export interface PageOptions {
  /** Pictures of the training job. */
  readonly plots?: readonly Picture[]
  /** Web address of the suite's repository, whose documentation the page points to. */
  readonly suiteUrl: string
}

interface Section {
  readonly id: string
  readonly title: string
  readonly lead?: string
  readonly body: Child
}

const section = (id: string, title: string, body: Child, lead?: string): Section => ({
  id,
  title,
  body,
  ...(lead === undefined ? {} : { lead }),
})

const when = <T>(condition: boolean, make: () => T): readonly T[] => (condition ? [make()] : [])

const facts = ({ rows, paired, approvalStatus, judgedAt, run, model }: GateReport): Html =>
  el(
    'dl',
    { class: 'facts' },
    (
      [
        ['Goes to the registry as', approvalStatus],
        ['Rows judged', rows === undefined ? 'unknown' : `${words.count(rows)}${paired ? ', paired' : ''}`],
        ['Judged', `${judgedAt.slice(0, 10)} ${judgedAt.slice(11, 16)} UTC`],
        ['Run', link(run.url, `${words.name(run.repository)}, run ${words.name(run.runId)}`)],
        ...(model === undefined ? [] : [['Model', el('code', {}, model.digest.slice(0, 19))] as const]),
      ] as const satisfies readonly (readonly [string, Child])[]
    ).map(([name, value]) => el('div', {}, el('dt', {}, name), el('dd', {}, value))),
  )

const notesOf = ({ notes }: GateReport) =>
  when(notes.length > 0, () =>
    el(
      'ul',
      { class: 'notes' },
      notes.map((note) => el('li', {}, words.sentence(note))),
    ),
  )

const metricSection = (report: GateReport) =>
  when(report.metrics.length > 0, () => {
    const confidence = words.confidenceOf(intervalsOf(report))
    return section(
      'metrics',
      'Metrics',
      [metricTable(report), legend(report)],
      confidence === undefined
        ? undefined
        : `Lines reach from the lower to the upper bound; each bound holds by itself with ${confidence} confidence.`,
    )
  })

const impactBody = (impact: Impact) =>
  el(
    'dl',
    { class: 'amounts' },
    words
      .impactLines(impact)
      .map(({ what, of }) =>
        el(
          'div',
          {},
          el('dt', {}, what),
          el('dd', {}, words.money(of.value, impact.currency)),
          of.interval === undefined ? undefined : el('dd', {}, words.amountBounds(of.interval)),
        ),
      ),
  )

const mistakes = (confusion: Confusion) =>
  table(
    `There are ${confusion.labels.length} classes; these are the most frequent mistakes.`,
    [column('Truth'), column('Predicted as'), column('Rows', 'n'), column('Of that truth', 'n')],
    worstMistakes(confusion).map(({ truth, predicted, count, share }) =>
      row(
        rowHead(words.name(truth)),
        cell({ class: 'half', 'data-label': 'Predicted as' }, words.name(predicted)),
        cell({ class: 'n half', 'data-label': 'Rows' }, words.count(count)),
        cell({ class: 'n half', 'data-label': 'Of that truth' }, words.percent(share)),
      ),
    ),
  )

const confusionSection = ({ confusion, championConfusion }: GateReport) =>
  when(confusion !== undefined || championConfusion !== undefined, () => {
    const both = [
      ['Candidate', confusion],
      ['Champion', championConfusion],
    ] as const
    return section(
      'confusion',
      'Confusion',
      el(
        'div',
        { class: 'maps' },
        both.flatMap(([title, matrix]) =>
          matrix === undefined
            ? []
            : [
                el(
                  'figure',
                  {},
                  el('figcaption', {}, title),
                  matrix.labels.length > LARGEST_MAP
                    ? mistakes(matrix)
                    : confusionMap(`Confusion matrix of the ${title.toLowerCase()}`, matrix),
                ),
              ],
        ),
      ),
      'Each row is a true class; its cells are shares of its rows, stronger colours for more.',
    )
  })

const sliceSection = (report: GateReport) => {
  const rules = slicedRules(report)
  return when(rules.length > 0, () =>
    section('slices', 'Slices', rules.map(sliceTable), 'A rule over slices judges each of them, not the whole.'),
  )
}

const pictureSection = (plots: readonly Picture[]) => {
  const { figures, leftOut } = pictures(plots)
  return when(plots.length > 0, () =>
    section('pictures', 'Pictures of the training job', [
      el('div', { class: 'pictures' }, figures),
      ...when(leftOut.length > 0, () =>
        el('p', { class: 'lead' }, `Not shown, too large or no PNG: ${leftOut.map(words.name).join(', ')}`),
      ),
    ]),
  )
}

const valueOf = (value: string): Child => {
  if (/^(s3:\/\/|arn:|sha256:)|@[0-9a-f]{40}$/.test(value)) return el('code', {}, value)
  return /^https?:\/\/\S+$/.test(value) ? link(value, value) : value
}

const provenanceBody = (report: GateReport) =>
  el(
    'table',
    { class: 'facts-table' },
    el('caption', {}, 'Every document that the verdict rests on, with its digest.'),
    el(
      'tbody',
      {},
      words
        .provenance(report)
        .map(({ what, value, digest }) =>
          el(
            'tr',
            {},
            el('th', { scope: 'row' }, what),
            el('td', {}, valueOf(value), digest === undefined ? undefined : el('code', {}, digest)),
          ),
        ),
    ),
  )

const sectionsOf = (report: GateReport, { plots = [], suiteUrl }: PageOptions): readonly Section[] => [
  ...metricSection(report),
  ...when(wholeRules(report).length > 0 || slicedRules(report).length > 0, () =>
    section('rules', 'Rules', ruleList(report)),
  ),
  ...sliceSection(report),
  ...(report.impact === undefined
    ? []
    : [section('impact', 'Business impact', impactBody(report.impact), 'Money in a month of 30 days.')]),
  ...when(report.classes.length > 0, () => section('classes', 'Classes', classBars(report.classes))),
  ...confusionSection(report),
  ...pictureSection(plots),
  section(
    'methods',
    'How it was decided',
    methodList(report, `${suiteUrl}/blob/main/docs/statistics.md`),
    'Every formula that had a say above, with its source.',
  ),
  section('provenance', 'What was judged', provenanceBody(report)),
]

/** Nothing but what the page itself holds may be loaded or run. */
const POLICY = "default-src 'none'; style-src 'unsafe-inline'; img-src data:; base-uri 'none'; form-action 'none'"

const head = (title: string) =>
  el(
    'head',
    {},
    el('meta', { charset: 'utf-8' }),
    el('meta', { 'http-equiv': 'Content-Security-Policy', content: POLICY }),
    el('meta', { name: 'viewport', content: 'width=device-width, initial-scale=1' }),
    el('meta', { name: 'color-scheme', content: 'light dark' }),
    el('title', {}, title),
    // The style is ours and holds nothing of a report.
    { html: `<style>${STYLE}</style>` },
  )

const shown = ({ id, title, lead, body }: Section) =>
  el(
    'section',
    { id, 'aria-labelledby': `${id}-title` },
    el('h2', { id: `${id}-title` }, title),
    lead === undefined ? undefined : el('p', { class: 'lead' }, lead),
    body,
  )

/** The report of a gate as one HTML file that loads nothing: from the verdict down to formula, source and digest. */
export const gatePage = (report: GateReport, options: PageOptions): string => {
  const sections = sectionsOf(report, options)
  const page = el(
    'html',
    { lang: 'en' },
    head(`${words.VERDICT_WORDS[report.verdict]}: ${words.name(report.run.repository)}, gate report`),
    el(
      'body',
      {},
      el(
        'header',
        {},
        el('p', { class: 'quiet' }, `Gate report · ${words.name(report.run.repository)}`),
        el(
          'div',
          { class: `verdict ${report.verdict}` },
          badge(report.verdict),
          el('h1', {}, words.sentence(report.sentence)),
        ),
        facts(report),
        notesOf(report),
        el(
          'nav',
          { 'aria-label': 'Sections' },
          sections.map(({ id, title }) => el('a', { href: `#${id}` }, title)),
        ),
      ),
      el('main', {}, sections.map(shown)),
      el('footer', {}, el('p', {}, 'Written by evaluate-gate; gate-report.json holds the same as data.')),
    ),
  )
  return `<!doctype html>\n${page.html}\n`
}
