import type { RuleResult, Verdict } from '@mlops/core'
import { resultWords, title, VERDICT_WORDS } from '../gate-words.ts'
import { el, type Html } from './html.ts'

const SHAPES: Readonly<Record<RuleResult['result'], string>> = {
  approve: 'M4.5 10.5l3.6 3.6 7.4-8',
  reject: 'M5.5 5.5l9 9m0-9l-9 9',
  inconclusive: 'M7 7.4c.3-1.8 1.5-2.9 3.1-2.9 1.7 0 3 1.1 3 2.700 0 2.300-3 2.500-3 4.700m0 3.300v.1',
  skipped: 'M5 10h10',
}

const mark = (result: RuleResult['result']) =>
  el(
    'svg',
    {
      viewBox: '0 0 20 20',
      'aria-hidden': 'true',
      fill: 'none',
      stroke: 'currentColor',
      'stroke-width': 2.4,
      'stroke-linecap': 'round',
      'stroke-linejoin': 'round',
    },
    el('path', { d: SHAPES[result] }),
  )

/** Mark and word of a result; colour is only the third sign. */
export const chip = (rule: Pick<RuleResult, 'result' | 'severity'>, words = resultWords(rule)): Html =>
  el('span', { class: `chip ${rule.result}` }, mark(rule.result), words)

export const badge = (verdict: Verdict): Html =>
  el('p', { class: `chip badge ${verdict}` }, mark(verdict), title(VERDICT_WORDS[verdict]))
