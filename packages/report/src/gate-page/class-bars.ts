import type { ClassRow } from '@mlops/core'
import { count, figure, name } from '../gate-words.ts'
import { el, type Html, px } from './html.ts'
import { cell, column, row, rowHead, table } from './table.ts'

const SCORES = [
  ['precision', 'Precision'],
  ['recall', 'Recall'],
  ['f1', 'F1'],
] as const

const bar = (value: number, kind: string) => [
  el(
    'svg',
    { 'aria-hidden': 'true' },
    el('rect', { class: 'track', width: '100%', height: 8, rx: 2 }),
    el('rect', { class: kind, width: `${px(100 * Math.min(1, Math.max(0, value)))}%`, height: 8, rx: 2 }),
  ),
  el('span', {}, figure(value)),
]

const bars = ([score, title]: (typeof SCORES)[number], { candidate, champion }: ClassRow) =>
  cell(
    { class: 'third', 'data-label': title },
    el(
      'div',
      { class: champion === undefined ? 'bars only' : 'bars' },
      bar(candidate[score], 'candidate'),
      champion === undefined ? undefined : bar(champion[score], 'champion'),
    ),
  )

const BOTH = 'Blue with the upper figure: the candidate. Grey with the lower figure: the champion. Bars go from 0 to 1.'

/** Precision, recall and F1 of each class as bars, the candidate's above the champion's. */
export const classBars = (classes: readonly ClassRow[]): Html =>
  table(
    classes.some(({ champion }) => champion !== undefined) ? BOTH : 'The candidate; bars go from 0 to 1.',
    [column('Class'), column('Rows', 'n'), ...SCORES.map(([, title]) => column(title))],
    classes.map((scores) =>
      row(
        rowHead(name(scores.class), 'half'),
        cell({ class: 'n half', 'data-unit': 'rows' }, count(scores.support)),
        ...SCORES.map((score) => bars(score, scores)),
      ),
    ),
  )
