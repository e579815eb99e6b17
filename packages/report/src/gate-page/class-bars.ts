import type { ClassRow } from '@mlops/core'
import { count, figure, name } from '../gate-words.ts'
import { el, type Html, px } from './html.ts'

const METRICS = [
  ['precision', 'Precision'],
  ['recall', 'Recall'],
  ['f1', 'F1'],
] as const

const bar = (value: number, kind: string) =>
  el(
    'svg',
    { 'aria-hidden': 'true' },
    el('rect', { class: 'track', width: '100%', height: 8, rx: 2 }),
    el('rect', { class: kind, width: `${px(100 * Math.min(1, Math.max(0, value)))}%`, height: 8, rx: 2 }),
  )

const bars = ([metric, title]: (typeof METRICS)[number], { candidate, champion }: ClassRow) =>
  el(
    'td',
    { role: 'cell', class: 'third', 'data-label': title },
    el(
      'div',
      { class: champion === undefined ? 'bars only' : 'bars' },
      bar(candidate[metric], 'candidate'),
      el('span', {}, figure(candidate[metric])),
      champion === undefined
        ? undefined
        : [bar(champion[metric], 'champion'), el('span', {}, figure(champion[metric]))],
    ),
  )

/** Precision, recall and F1 of each class as bars, the candidate's above the champion's. */
export const classBars = (classes: readonly ClassRow[]): Html => {
  const compared = classes.some(({ champion }) => champion !== undefined)
  return el(
    'table',
    { class: 'stack', role: 'table' },
    el(
      'caption',
      {},
      compared
        ? 'Blue with the upper figure: the candidate. Grey with the lower figure: the champion. Bars go from 0 to 1.'
        : 'The candidate; bars go from 0 to 1.',
    ),
    el(
      'thead',
      {},
      el(
        'tr',
        { role: 'row' },
        ['Class', 'Rows', ...METRICS.map(([, title]) => title)].map((column, index) =>
          el('th', { scope: 'col', role: 'columnheader', class: index === 1 ? 'n' : undefined }, column),
        ),
      ),
    ),
    el(
      'tbody',
      {},
      classes.map((row) =>
        el(
          'tr',
          { role: 'row' },
          el('th', { scope: 'row', role: 'rowheader', class: 'half' }, name(row.class)),
          el('td', { role: 'cell', class: 'n half', 'data-unit': 'rows' }, count(row.support)),
          METRICS.map((metric) => bars(metric, row)),
        ),
      ),
    ),
  )
}
