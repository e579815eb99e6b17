import type { GateReport, RuleResult } from '@mlops/core'
import * as words from './gate-words.ts'

/** A remark at a line of the gate file. */
export interface GateAnnotation {
  readonly level: 'error' | 'warning'
  readonly file: string
  readonly line: number
  readonly column: number
  readonly text: string
}

/** GitHub shows ten of each level and step; the verdict itself is one more warning. */
const MOST = { error: 10, warning: 9 } as const

const levelOf = ({ result, severity }: RuleResult): GateAnnotation['level'] | undefined => {
  if (result === 'reject') return severity === 'error' ? 'error' : 'warning'
  return result === 'inconclusive' ? 'warning' : undefined
}

const more = (count: number) => (count === 0 ? '' : ` (and ${words.count(count)} more like it)`)

/** One annotation for each rule that failed or is inconclusive, at its line; slices of one rule are one. */
export const annotationsOf = (report: Pick<GateReport, 'rules' | 'gate'>): readonly GateAnnotation[] => {
  const byPlace = Map.groupBy(words.worstFirst(report.rules), ({ at }) => `${at.line}:${at.column}`)
  const all = [...byPlace.values()].flatMap(([worst, ...others]): readonly GateAnnotation[] => {
    const level = worst === undefined ? undefined : levelOf(worst)
    if (worst === undefined || level === undefined) return []
    const same = others.filter(({ result }) => result === worst.result).length
    const text = `${words.sentence(worst.rule)}: ${words.sentence(worst.sentence)}${more(same)}`
    return [{ level, file: report.gate.source, ...worst.at, text }]
  })
  return (['error', 'warning'] as const).flatMap((level) =>
    all.filter((annotation) => annotation.level === level).slice(0, MOST[level]),
  )
}
