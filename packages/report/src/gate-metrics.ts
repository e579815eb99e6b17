import type { GateReport, Interval, MetricRow, RuleResult } from '@mlops/core'

/** One metric of the whole data with the rules that look at it. */
export interface JudgedMetric extends MetricRow {
  readonly rules: readonly RuleResult[]
}

/** Rules over the whole data; a rule over slices has a result for each slice instead. */
export const wholeRules = ({ rules }: Pick<GateReport, 'rules'>): readonly RuleResult[] =>
  rules.filter(({ slice }) => slice === undefined)

/** What stands beside the candidate in the tables. */
export const opponentOf = ({
  champion,
  baseline,
}: Pick<GateReport, 'champion' | 'baseline'>): 'champion' | 'baseline' =>
  champion === undefined && baseline !== undefined ? 'baseline' : 'champion'

/** A baseline's values are known to the rules that compare with it, and to nobody else. */
const withOpponent = (metric: MetricRow, rules: readonly RuleResult[]): JudgedMetric => {
  const compared = metric.delta === undefined ? rules.find(({ delta }) => delta !== undefined) : undefined
  if (compared?.delta === undefined) return { ...metric, rules }
  const { interval: _, ...values } = metric
  const { opponent, delta, interval } = compared
  return {
    ...values,
    ...(opponent === undefined ? {} : { champion: opponent }),
    delta,
    ...(interval === undefined ? {} : { interval }),
    rules,
  }
}

/** How the metric table names what a rule looks at. */
const rowName = ({ metric, class: of }: RuleResult) => (of === undefined ? metric : `${metric} of ${of}`)

/** The metrics in the order of the report, each with its rules. */
export const judgedMetrics = (report: Pick<GateReport, 'rules' | 'metrics'>): readonly JudgedMetric[] =>
  report.metrics.map((metric) =>
    withOpponent(
      metric,
      wholeRules(report).filter((rule) => rowName(rule) === metric.metric),
    ),
  )

/** A rule of the file and what it said of each of its slices. */
export interface SlicedRule {
  readonly rule: string
  readonly results: readonly RuleResult[]
}

/** The results of slices, by the rule of the gate file that they belong to. */
export const slicedRules = ({ rules }: Pick<GateReport, 'rules'>): readonly SlicedRule[] => {
  const byPlace = Map.groupBy(
    rules.filter(({ slice }) => slice !== undefined),
    ({ at, rule }) => `${at.line}:${at.column}:${rule}`,
  )
  return [...byPlace.values()].map((results) => ({ rule: results[0]?.rule ?? '', results }))
}

/** Rules that compare with what stands beside the candidate; absolute ones when nothing does. */
export const fittingRules = ({ champion, rules }: JudgedMetric): readonly RuleResult[] =>
  rules.filter(({ opponent }) => opponent === champion)

/** The bounds to show beside a metric: of its delta, or of the value when nothing was compared. */
export const intervalOf = (metric: JudgedMetric): Interval | undefined =>
  metric.interval ?? fittingRules(metric).find(({ interval }) => interval !== undefined)?.interval

/** All intervals that a report shows. */
export const intervalsOf = (report: Pick<GateReport, 'rules' | 'metrics'>): readonly Interval[] =>
  [...report.rules, ...report.metrics].flatMap(({ interval }) => (interval === undefined ? [] : [interval]))
