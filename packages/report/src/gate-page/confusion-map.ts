import type { Confusion } from '@mlops/core'
import { shares } from '../confusion.ts'
import { count, name, percent } from '../gate-words.ts'
import { LIGHT } from './palette.ts'
import { el, type Html } from './html.ts'

/** More classes than that cannot be told apart in a picture; the worst mistakes are listed then. */
export const LARGEST_MAP = 20

const SHADES = LIGHT.shades.length
const shadeOf = (share: number) => Math.min(SHADES - 1, Math.floor(share * SHADES))

const LETTERS = 11
const HALF = (LETTERS - 1) / 2
/** Names of classes differ at their start or at their end, so both are kept. */
const short = (label: string) =>
  label.length <= LETTERS ? label : `${label.slice(0, HALF)}…${label.slice(-HALF)}`.toWellFormed()

const LEFT = 92
const TOP = 44
/** Room that labels at an angle need above and beside their columns. */
const TURNED_HEIGHT = 58
const TURNED_WIDTH = 40
const LETTER_WIDTH = 7
/** Up to so many classes a cell has room for its count, or for its share. */
const WITH_COUNTS = 5
const WITH_SHARES = 12

interface Size {
  readonly width: number
  readonly height: number
}

const sizeOf = (classes: number): Size => {
  if (classes <= WITH_COUNTS) return { width: 80, height: 56 }
  return classes <= WITH_SHARES ? { width: 56, height: 36 } : { width: 26, height: 26 }
}

const cellText = (share: number, rows: number, classes: number, x: number, y: number): readonly Html[] => {
  const ink = `i${shadeOf(share)}`
  const text = (kind: string, dy: number, shown: string) =>
    el('text', { class: `${ink} ${kind}`, x, y: y + dy, 'text-anchor': 'middle' }, shown)
  if (classes <= WITH_COUNTS) return [text('share', -2, percent(share)), text('', 16, count(rows))]
  return classes <= WITH_SHARES ? [text('', 4, percent(share, 0))] : []
}

const describe = ({ labels, counts }: Confusion) => {
  const byRow = shares({ labels, counts })
  return labels.map((label, index) => `${name(label)}: ${percent(byRow[index]?.[index] ?? 0)} right`).join('; ')
}

/** A confusion matrix: truth down, prediction across, shaded by the share of each truth's rows. */
export const confusionMap = (title: string, confusion: Confusion): Html => {
  const { labels, counts } = confusion
  const byRow = shares(confusion)
  const { width, height } = sizeOf(labels.length)
  // Labels of narrow columns are turned.
  const turned = labels.some((label) => short(label).length * LETTER_WIDTH > width)
  const top = TOP + (turned ? TURNED_HEIGHT : 0)
  const [right, bottom] = [LEFT + labels.length * width, top + labels.length * height]
  const columnLabel = (label: string, index: number) => {
    const [x, y] = [LEFT + (index + 0.5) * width, top - 10]
    return turned
      ? el('text', { class: 'label', transform: `translate(${x + 4} ${y}) rotate(-55)` }, short(label))
      : el('text', { class: 'label', x, y, 'text-anchor': 'middle' }, short(label))
  }
  const cell = (rows: number, truth: number, predicted: number) => {
    const share = byRow[truth]?.[predicted] ?? 0
    const [x, y] = [LEFT + predicted * width, top + truth * height]
    return el(
      'g',
      {},
      el('title', {}, `${name(labels[truth] ?? '')} predicted as ${name(labels[predicted] ?? '')}: ${count(rows)}`),
      el('rect', { class: `cell s${shadeOf(share)}`, x, y, width, height, rx: 4 }),
      cellText(share, rows, labels.length, x + width / 2, y + height / 2),
    )
  }
  return el(
    'svg',
    {
      class: 'map',
      role: 'img',
      viewBox: `0 0 ${right + (turned ? TURNED_WIDTH : 0)} ${bottom}`,
      style: `max-width:${Math.round(1.15 * right)}px`,
    },
    el('title', {}, title),
    el('desc', {}, describe(confusion)),
    el('text', { x: LEFT, y: 12 }, 'predicted →'),
    el('text', { x: 0, y: top - 10 }, 'truth ↓'),
    labels.map(columnLabel),
    labels.map((label, index) =>
      el(
        'text',
        { class: 'label', x: LEFT - 10, y: top + (index + 0.5) * height + 4, 'text-anchor': 'end' },
        short(label),
      ),
    ),
    counts.map((row, truth) => row.map((rows, predicted) => cell(rows, truth, predicted))),
  )
}
