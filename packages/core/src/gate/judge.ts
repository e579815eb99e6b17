import { METRICS } from '../metrics/vocabulary.ts'
import { evidenceFaults } from './check-evidence.ts'
import { confusionFor } from './confusion.ts'
import type { Confusion, Evidence } from './evidence.ts'
import type { GateFault } from './fault.ts'
import { countText, figures, plural } from './figures.ts'
import type { Gate } from './gate.ts'
import { impactOf } from './impact.ts'
import { judgeRule } from './judge-rule.ts'
import type { ApprovalStatus, Judgement, RuleResult, Verdict } from './judgement.ts'
import { type Measures, measuresOf, namedInFile } from './measures.ts'
import { classRows, metricRows } from './metric-table.ts'
import type { Outcome } from './outcome.ts'

export type Judging =
  | { readonly kind: 'judged'; readonly judgement: Judgement }
  /** The gate and the evidence do not fit together: nothing was judged. */
  | { readonly kind: 'faults'; readonly faults: readonly GateFault[] }

/** A model that is compared with itself passes everything; only the digests of the artifacts can tell. */
const sameModel = ({ decision }: Gate, { candidateDigest, championDigest }: Evidence): Outcome | undefined => {
  if (decision.sameModel === 'allow' || candidateDigest === undefined || candidateDigest !== championDigest)
    return undefined
  const reason = `candidate and champion are the same artifact (${candidateDigest})`
  return {
    reason,
    result: {
      rule: 'the candidate is another model than the champion',
      at: { line: 1, column: 1 },
      metric: 'artifact',
      severity: 'error',
      result: 'reject',
      code: 'E-SAME',
      evidence: 'none',
      sentence: `REJECT artifact: ${reason} (E-SAME)`,
    },
  }
}

const verdictOf = (results: readonly RuleResult[]): Verdict => {
  const counted = new Set(results.filter(({ severity }) => severity === 'error').map(({ result }) => result))
  if (counted.has('reject')) return 'reject'
  return counted.has('approve') && !counted.has('inconclusive') ? 'approve' : 'inconclusive'
}

const statusOf = (verdict: Verdict, { decision }: Gate): ApprovalStatus => {
  if (verdict === 'approve') return 'Approved'
  return verdict === 'reject' || decision.onInconclusive === 'reject' ? 'Rejected' : 'PendingManualApproval'
}

const andMore = (reasons: readonly string[]): string => {
  const [first = '', ...more] = reasons
  return more.length === 0 ? first : `${first} (and ${plural(more.length, 'more check')})`
}

/** The verdict and its reason in one sentence, for somebody who has never seen the gate file. */
const headline = (verdict: Verdict, outcomes: readonly Outcome[], rows: number | undefined): string => {
  const counted = outcomes.filter(({ result }) => result.severity === 'error')
  const reasons = (wanted: RuleResult['result']) =>
    counted.filter(({ result }) => result.result === wanted).map(({ reason }) => reason)
  const on = rows === undefined ? '' : ` on ${plural(rows, 'row')}`
  const [held, open, skipped] = [reasons('approve'), reasons('inconclusive'), reasons('skipped')]
  if (verdict === 'reject') return `Rejected${on}: ${andMore(reasons('reject'))}.`
  if (verdict === 'inconclusive')
    return `Not certain${on}: ${open.length > 0 ? andMore(open) : `nothing was judged, because ${andMore(skipped)}`}.`
  const compared = counted.find(({ result }) => result.result === 'approve' && result.opponent !== undefined)
  const aside = skipped[0] === undefined ? '' : `; ${skipped.length} left out (${skipped[0]})`
  return `Approved${on}: ${plural(held.length, 'check')} passed; ${compared?.reason ?? held[0] ?? ''}${aside}.`
}

/** From here on two figures that should be the same are told apart. */
const SAME = 1e-6

const fileDifferences = ({ candidate }: Evidence, measures: Measures): readonly string[] => {
  if (candidate === undefined) return []
  const differing = METRICS.flatMap((metric) => {
    const mine = measures.figureOf({ metric }, 'candidate')
    const [file, second] = namedInFile(candidate, metric)
    if (mine?.from !== 'rows' || file === undefined || second !== undefined) return []
    if (Math.abs(mine.value - file.value) <= SAME) return []
    const [judged = '', said = ''] = figures(mine.value, file.value)
    return [`${metric} ${judged} instead of ${said}`]
  })
  return differing.length === 0
    ? []
    : [`The predictions were judged; they give other figures than ${candidate.source}: ${differing.join(', ')}.`]
}

const notesOf = (
  evidence: Evidence,
  results: readonly RuleResult[],
  comparisons: number,
  measures: Measures,
): readonly string[] => {
  const { scored, championState, champion } = evidence
  const points = results.filter((result) => result.evidence === 'point' && result.opponent !== undefined)
  const notes: readonly (string | false)[] = [
    championState.kind === 'none' && 'There is no champion yet.',
    championState.kind === 'failed' && `The champion could not be scored: ${championState.reason}.`,
    championState.kind === 'present' &&
      champion !== undefined &&
      scored?.paired === false &&
      'The champion did not predict these rows: its figures are those of its own file, and may rest on other data.',
    points.length > 0 &&
      `Compared by points alone, not knowing how sure they are: ${[...new Set(points.map(({ metric }) => metric))].join(', ')}.`,
    (scored?.repeatedIds ?? 0) > 0 &&
      `${plural(scored?.repeatedIds ?? 0, 'row')} repeat an id: if rows belong together, name the column that says so as data.cluster.`,
    comparisons > 1 && `${countText(comparisons)} comparisons were made; none is corrected for their number.`,
  ]
  return [...notes.filter((note) => note !== false), ...(scored?.notes ?? []), ...fileDifferences(evidence, measures)]
}

/** Beyond this many classes nobody looks at a matrix, and it would only swell the report. */
const MOST_CLASSES = 100

const shownConfusion = (evidence: Evidence, side: 'candidate' | 'champion'): Confusion | undefined => {
  const confusion = confusionFor(evidence, side)
  return confusion !== undefined && confusion.labels.length <= MOST_CLASSES ? confusion : undefined
}

/** Judges the evidence by the gate. Pure and total: what makes judging impossible comes back as faults, all of them. */
export const judge = (gate: Gate, evidence: Evidence): Judging => {
  const measures = measuresOf(gate, evidence)
  const faults = evidenceFaults(gate, evidence, measures)
  if (faults.length > 0) return { kind: 'faults', faults }

  const same = sameModel(gate, evidence)
  const outcomes = [
    ...(same === undefined ? [] : [same]),
    ...gate.rules.flatMap((rule) => judgeRule(rule, gate, evidence, measures)),
  ]
  const rules = outcomes.map(({ result }) => result)
  const verdict = verdictOf(rules)
  const rows = evidence.scored?.whole.rows ?? evidence.candidate?.rows
  const comparisons = rules.filter(({ opponent }) => opponent !== undefined).length
  const confusion = shownConfusion(evidence, 'candidate')
  const championConfusion = shownConfusion(evidence, 'champion')
  const impact = impactOf(gate, evidence, measures)
  return {
    kind: 'judged',
    judgement: {
      verdict,
      approvalStatus: statusOf(verdict, gate),
      sentence: headline(verdict, outcomes, rows),
      rules,
      metrics: metricRows(gate, measures),
      classes: classRows(evidence, measures),
      ...(confusion === undefined ? {} : { confusion }),
      ...(championConfusion === undefined ? {} : { championConfusion }),
      ...(impact === undefined ? {} : { impact }),
      ...(rows === undefined ? {} : { rows }),
      paired: evidence.scored?.paired ?? false,
      comparisons,
      notes: notesOf(evidence, rules, comparisons, measures),
    },
  }
}
