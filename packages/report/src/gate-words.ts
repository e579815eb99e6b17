import type { Amount, Digested, GateReport, Impact, Interval, MetricRow, RuleResult, Verdict } from '@mlops/core'

/** Names come from data and may be of any length; a table has to stay one. */
const LONGEST_NAME = 120
/** The same for sentences. */
const LONGEST_SENTENCE = 1200

const clipped = (text: string, most: number) =>
  text.length <= most
    ? text
    : `${text
        .slice(0, most - 1)
        .toWellFormed()
        .replace(/\uFFFD$/, '')}…`

export const name = (text: string): string => clipped(text, LONGEST_NAME)
export const sentence = (text: string): string => clipped(text, LONGEST_SENTENCE)

/** With a large first letter. */
export const title = (text: string): string => `${text.charAt(0).toUpperCase()}${text.slice(1)}`

export const VERDICT_WORDS = {
  approve: 'approved',
  reject: 'rejected',
  inconclusive: 'inconclusive',
} as const satisfies Readonly<Record<Verdict, string>>

export const RESULT_WORDS = {
  approve: 'passed',
  reject: 'failed',
  inconclusive: 'inconclusive',
  skipped: 'skipped',
} as const satisfies Readonly<Record<RuleResult['result'], string>>

/** What a rule found, without the result that its sentence begins with: where this stands, the result stands beside it. */
export const finding = ({ sentence: said, result }: Pick<RuleResult, 'sentence' | 'result'>): string => {
  const first = `${result.toUpperCase()} `
  return sentence(said.startsWith(first) ? said.slice(first.length) : said)
}

/** `passed`, or `failed, warning only` when the rule has no say in the verdict. */
export const resultWords = ({ result, severity }: Pick<RuleResult, 'result' | 'severity'>): string =>
  severity === 'warn' && (result === 'reject' || result === 'inconclusive')
    ? `${RESULT_WORDS[result]}, warning only`
    : RESULT_WORDS[result]

const MINUS = '\u2212'
const SMALL = 0.001
const MOST_PLACES = 4

const digits = (size: number) => {
  if (size !== 0 && size < SMALL) return size.toPrecision(2)
  const places = size === 0 ? 0 : Math.min(MOST_PLACES, Math.max(1, MOST_PLACES - Math.floor(Math.log10(size))))
  return size.toLocaleString('en-US', { minimumFractionDigits: places, maximumFractionDigits: places })
}

/** A figure with four places, fewer when it is large and more when it is tiny. */
export const figure = (value: number): string => {
  if (Number.isNaN(value)) return 'NaN'
  const size = Number.isFinite(value) ? digits(Math.abs(value)) : '∞'
  return value < 0 ? `${MINUS}${size}` : size
}

/** A figure that always has its sign. */
export const signed = (value: number): string => (value > 0 ? `+${figure(value)}` : figure(value))

export const count = (value: number): string => value.toLocaleString('en-US')

export const percent = (share: number, places = 1): string =>
  Number.isFinite(share) ? `${(100 * share).toFixed(places)} %` : '–'

/** `↑ +0.0120` and `better`: the arrow is the number's way, the word says what that means for this metric. */
export const deltaParts = ({ delta, better }: Pick<MetricRow, 'delta' | 'better'>): readonly [string, string] => {
  if (delta === undefined) return ['', '']
  const arrow = delta > 0 ? '↑' : delta < 0 ? '↓' : '='
  return [`${arrow} ${signed(delta)}`, better === undefined || better === 'equal' ? '' : better]
}

export const deltaWords = (row: Pick<MetricRow, 'delta' | 'better'>): string => deltaParts(row).join(' ').trim()

/** Both bounds, with signs when they are of a difference. */
export const bounds = ({ lower, upper }: Interval, write: (value: number) => string): string =>
  `[${write(lower)}, ${write(upper)}]`

/** `95 %`, from the intervals that are shown; they all have the gate's confidence. */
export const confidenceOf = (intervals: readonly (Interval | undefined)[]): string | undefined => {
  const found = intervals.find((interval) => interval !== undefined)
  return found === undefined ? undefined : `${Number((100 * found.confidence).toFixed(2))} %`
}

const CENTS_BELOW = 100

/** An amount of money without its currency, with cents when all amounts beside it are small. */
const amount = (value: number, largest: number): string => {
  const places = largest < CENTS_BELOW ? 2 : 0
  const size = Math.abs(value).toLocaleString('en-US', { minimumFractionDigits: places, maximumFractionDigits: places })
  return `${value < 0 ? MINUS : ''}${size}`
}

/** `21,314 to 21,488`: amounts hold commas themselves. */
export const amountBounds = ({ lower, upper }: Interval): string => {
  const largest = Math.max(Math.abs(lower), Math.abs(upper))
  return `${amount(lower, largest)} to ${amount(upper, largest)}`
}

export const money = (value: number, currency: string): string => `${amount(value, Math.abs(value))} ${name(currency)}`

/** The lines of a business impact: what it is, how much, and between which bounds. */
export const impactLines = (impact: Impact): readonly { readonly what: string; readonly of: Amount }[] => [
  { what: 'revenue', of: impact.revenue },
  { what: 'savings', of: impact.savings },
  { what: 'total', of: impact.total },
  ...(impact.againstChampion === undefined ? [] : [{ what: 'total against the champion', of: impact.againstChampion }]),
]

/** What needs a look stands first. */
export const WORST_FIRST = ['reject', 'inconclusive', 'skipped', 'approve'] as const satisfies RuleResult['result'][]

export const worstFirst = (rules: readonly RuleResult[]): readonly RuleResult[] =>
  rules.toSorted((one, other) => WORST_FIRST.indexOf(one.result) - WORST_FIRST.indexOf(other.result))

export const EVIDENCE_WORDS = {
  paired: 'both models on the same rows',
  rows: "the model's own rows",
  independent: 'standard errors of two files, taken as independent',
  point: 'points only, without their uncertainty',
  none: 'nothing could be judged',
} as const satisfies Readonly<Record<RuleResult['evidence'], string>>

/** `12 slices: 10 passed, 1 failed, 1 skipped`. */
export const tally = (results: readonly RuleResult[]): string => {
  const found = (['approve', 'reject', 'inconclusive', 'skipped'] as const).flatMap((result) => {
    const size = results.filter((rule) => rule.result === result).length
    return size === 0 ? [] : [`${count(size)} ${RESULT_WORDS[result]}`]
  })
  return `${count(results.length)} ${results.length === 1 ? 'slice' : 'slices'}: ${found.join(', ')}`
}

/** A fact of a judgement's origin. */
export interface Fact {
  readonly what: string
  readonly value: string
  readonly digest?: string
}

const fact = (what: string, value: string | undefined, digest?: string): readonly Fact[] =>
  value === undefined
    ? []
    : [{ what, value: sentence(value), ...(digest === undefined ? {} : { digest: name(digest) }) }]

const document = (what: string, found: Partial<Digested> | undefined) => fact(what, found?.source, found?.digest)

/** What a judgement rests on: every document with its digest, and the run that judged it. */
export const provenance = (report: GateReport): readonly Fact[] => [
  ...fact('rows', report.rows === undefined ? undefined : `${count(report.rows)}${report.paired ? ', paired' : ''}`),
  ...fact('comparisons', `${count(report.comparisons)}, not corrected for their number`),
  ...document('model', report.model),
  ...document('champion', report.champion),
  ...fact('champion package', report.champion?.packageArn),
  ...fact('training job', report.trainingJob),
  ...document('predictions', report.predictions),
  ...document('candidate metrics', report.candidateMetrics),
  ...fact('baseline', report.baseline?.source, report.baseline?.etag),
  ...fact('golden answers', report.golden),
  ...document('gate file', report.gate),
  ...fact('seed', report.statistics === undefined ? undefined : `${report.statistics.seed}`),
  ...fact('replicates', report.statistics === undefined ? undefined : count(report.statistics.replicates)),
  ...fact('commit', `${report.run.repository}@${report.run.sha}`),
  ...fact('run', report.run.url),
  ...fact('started by', `${report.run.actor}, attempt ${report.run.runAttempt}`),
  ...fact('judged at', report.judgedAt),
]
