import type { GateReport, Judgement } from './judgement.ts'

/** What a report says besides the judgement: what was judged, by which run, and when. */
export type ReportFacts = Omit<GateReport, keyof Judgement | 'version'>

export const gateReport = (judgement: Judgement, facts: ReportFacts): GateReport => ({
  version: 1,
  ...judgement,
  ...facts,
})

/**
 * The text of gate-report.json. JSON has no NaN and no infinity: such a figure is left out, and the sentence of the rule that
 * it failed names it.
 */
export const gateReportText = (report: GateReport): string =>
  `${JSON.stringify(report, (_, value: unknown) => (typeof value === 'number' && !Number.isFinite(value) ? undefined : value), 2)}\n`
