import type { RuleResult } from '@mlops/core'
import { figure, RESULT_WORDS, signed } from '../gate-words.ts'
import { el, type Html, px } from './html.ts'

/** A value or a difference with its bounds, and what is allowed. */
export interface Plot {
  readonly title: string
  readonly value: number
  readonly lower?: number
  readonly upper?: number
  readonly allowed: { readonly from?: number; readonly to?: number }
  readonly isDelta: boolean
  readonly result: RuleResult['result']
}

/** The numbers that lie at the left and at the right end. */
export interface Domain {
  readonly least: number
  readonly most: number
}

/** Room for the labels of the outermost lines. */
const MARGIN = 0.25

const points = ({ value, lower, upper, allowed, isDelta }: Plot) =>
  [value, lower, upper, allowed.from, allowed.to, isDelta ? 0 : undefined].filter(
    (point): point is number => point !== undefined && Number.isFinite(point),
  )

/** A scale on which all of the plots fit. */
export const domainOf = (plots: readonly Plot[]): Domain => {
  const all = plots.flatMap(points)
  const [least, most] = [Math.min(...all), Math.max(...all)]
  const room = (most - least || Math.abs(most) || 1) * MARGIN
  return { least: least - room, most: most + room }
}

/** Percentages, so that the plot takes the width of its cell while its text keeps its size. */
const scaled =
  ({ least, most }: Domain) =>
  (value: number) =>
    `${px(Math.min(100, Math.max(0, (100 * (value - least)) / (most - least))))}%`

const HEIGHT = 46
const SMALL_HEIGHT = 26
const MIDDLE = 13
const CAP = 5

const vertical = (x: string, kind: string, half: number) =>
  el('line', { class: kind, x1: x, x2: x, y1: MIDDLE - half, y2: MIDDLE + half })

const LINE = 11

const ground = ({ allowed: { from, to }, isDelta }: Plot, { least, most }: Domain): readonly Html[] => {
  const at = scaled({ least, most })
  const [left, right] = [Math.max(least, from ?? least), Math.min(most, to ?? most)]
  const width = (100 * (right - left)) / (most - least)
  return [
    ...(from === undefined && to === undefined
      ? []
      : [
          el('rect', {
            class: 'ok',
            x: at(left),
            y: MIDDLE - LINE,
            width: `${px(Math.max(0, width))}%`,
            height: 2 * LINE,
          }),
        ]),
    el('line', { class: 'axis', x1: '0%', x2: '100%', y1: MIDDLE, y2: MIDDLE }),
    ...(isDelta ? [vertical(at(0), 'zero', LINE)] : []),
    ...[from, to].flatMap((limit) => (limit === undefined ? [] : [vertical(at(limit), 'limit', LINE)])),
  ]
}

const MARKS: Readonly<Record<RuleResult['result'], (x: string) => Html>> = {
  approve: (x) => el('circle', { class: 'dot', cx: x, cy: MIDDLE, r: 6 }),
  inconclusive: (x) => el('circle', { class: 'dot hollow', cx: x, cy: MIDDLE, r: 5 }),
  skipped: (x) => el('circle', { class: 'dot', cx: x, cy: MIDDLE, r: 5 }),
  // A nested picture, because a path knows no percentages.
  reject: (x) =>
    el('svg', { x, y: MIDDLE, width: 1, height: 1 }, el('path', { class: 'dot', d: 'M0-7.5 7.5 0 0 7.5-7.5 0Z' })),
}

const whiskers = ({ lower, upper }: Plot, at: (value: number) => string): readonly Html[] =>
  lower === undefined || upper === undefined
    ? []
    : [
        el('line', { class: 'whisker', x1: at(lower), x2: at(upper), y1: MIDDLE, y2: MIDDLE }),
        vertical(at(lower), 'whisker', CAP),
        vertical(at(upper), 'whisker', CAP),
      ]

/** Labels stand outside of the line of a limit, so that they never run into the zero beside it. */
const labels = (
  { allowed: { from, to }, isDelta }: Plot,
  at: (value: number) => string,
  y: number,
): readonly Html[] => {
  const write = isDelta ? signed : figure
  const text = (value: number, anchor: string, shown: string) =>
    el('text', { x: at(value), y, 'text-anchor': anchor }, shown)
  const hasZero = isDelta && from !== 0 && to !== 0
  return [
    ...(from === undefined ? [] : [text(from, hasZero && from < 0 ? 'end' : 'middle', write(from))]),
    ...(to === undefined ? [] : [text(to, hasZero && to > 0 ? 'start' : 'middle', write(to))]),
    ...(hasZero ? [text(0, (from ?? 0) < 0 ? 'start' : (to ?? 0) > 0 ? 'end' : 'middle', '0')] : []),
  ]
}

const words = ({ value, lower, upper, allowed: { from, to }, isDelta, result }: Plot) => {
  const write = isDelta ? signed : figure
  return [
    write(value),
    lower === undefined || upper === undefined ? '' : `between ${write(lower)} and ${write(upper)}`,
    from === undefined ? '' : `allowed from ${write(from)}`,
    to === undefined ? '' : `allowed to ${write(to)}`,
    RESULT_WORDS[result],
  ]
    .filter((part) => part !== '')
    .join(', ')
}

/** The labels of a scale that several plots have in common. */
export const scaleLabels = (plot: Plot, domain: Domain): Html =>
  el('svg', { class: 'interval', 'aria-hidden': 'true', height: 16 }, labels(plot, scaled(domain), 12))

/** Dot and whisker against what is allowed. Without labels it is a line of a table that has a scale of its own. */
export const intervalPlot = (plot: Plot, domain: Domain, labelled = true): Html => {
  const at = scaled(domain)
  return el(
    'svg',
    { class: `interval ${plot.result}`, role: 'img', height: labelled ? HEIGHT : SMALL_HEIGHT },
    el('title', {}, plot.title),
    el('desc', {}, words(plot)),
    ground(plot, domain),
    whiskers(plot, at),
    MARKS[plot.result](at(plot.value)),
    ...(labelled ? labels(plot, at, HEIGHT - 5) : []),
  )
}
