import type { Context, Outcome } from '@mlops/action-kit'
import { sha256 } from '@mlops/aws'
import { readGate } from '@mlops/data'
import {
  ActionError,
  type Digested,
  errorLine,
  type Gate,
  gateReport,
  type GateReport,
  isoTime,
  judge,
  runUrl,
  statisticsDocument,
  type Verdict,
} from '@mlops/core'
import { annotationsOf, gateSummary } from '@mlops/report'
import { type Gathered, gather } from './gather.ts'
import { picturesOf } from './pictures.ts'
import type { Ports } from './ports.ts'
import { type Published, publish, updateBaseline } from './publish.ts'
import type { Inputs, Spec } from './spec.ts'

interface Fault {
  readonly code: ActionError['facts']['code']
  readonly what: string
  readonly why: string
  readonly hint: string
  /** In the gate file. */
  readonly line?: number
}

/** One error for all faults: the first one's words, the others as annotations on their lines. */
const faultsError = (file: string, faults: readonly [Fault, ...Fault[]]): ActionError => {
  const [first, ...rest] = faults
  return new ActionError({
    code: first.code,
    kind: 'user',
    what: `${first.what}${rest.length === 0 ? '' : `, and ${rest.length} more faults`}`,
    why: first.why,
    hint: first.hint,
    locations: faults.map((fault) => ({ file, line: fault.line ?? 1, text: errorLine(fault) })),
    report: {
      headline: `The gate could not judge: ${faults.length === 1 ? 'one fault' : `${faults.length} faults`} in ${file} or its data.`,
      blocks: [
        {
          kind: 'table',
          columns: ['line', 'code', 'what', 'why', 'do this'],
          rows: faults.map(({ line, code, what, why, hint }) => [String(line ?? ''), code, what, why, hint]),
        },
      ],
    },
  })
}

const throwFaults = (file: string, faults: readonly Fault[]): never => {
  const [first, ...rest] = faults
  if (first === undefined) throw new Error('faults without a fault')
  throw faultsError(file, [first, ...rest])
}

const gateOf = (path: string, { files }: Context): { readonly gate: Gate; readonly digested: Digested } => {
  let text: string
  try {
    text = files.readText(path)
  } catch (error) {
    throw new ActionError({
      code: 'E-INPUT',
      kind: 'user',
      what: `the gate file ${path} cannot be read`,
      why: error instanceof Error ? error.message : String(error),
      hint: 'check the code out before this step, and give the path from its root',
      cause: error,
    })
  }
  const read = readGate(text)
  if (read.kind === 'faults') return throwFaults(path, read.faults)
  return { gate: read.value, digested: { source: path, digest: `sha256:${sha256(text)}` } }
}

const STATUS: Readonly<Record<Verdict, string>> = {
  approve: 'approved',
  reject: 'rejected',
  inconclusive: 'inconclusive',
}
const VERDICT = { approve: 'ok', reject: 'rejected', inconclusive: 'inconclusive' } as const

const numbers = (report: GateReport, figure: 'candidate' | 'delta') =>
  JSON.stringify(
    Object.fromEntries(report.metrics.flatMap((row) => (row[figure] === undefined ? [] : [[row.metric, row[figure]]]))),
  )

const outputsOf = (report: GateReport, published: Published, baselineUpdated: boolean) => ({
  ...published,
  verdict: report.verdict,
  approved: String(report.verdict === 'approve'),
  'approval-status': report.approvalStatus,
  sentence: report.sentence,
  'failed-rules': JSON.stringify(
    report.rules.filter(({ result }) => result === 'reject').map(({ sentence }) => sentence),
  ),
  metrics: numbers(report, 'candidate'),
  deltas: numbers(report, 'delta'),
  impact: report.impact === undefined ? '' : JSON.stringify(report.impact),
  'artifact-digest': report.model?.digest ?? '',
  'champion-package-arn': report.champion?.packageArn ?? '',
  'baseline-updated': String(baselineUpdated),
})

/** Which verdicts each choice of `fail-on` reddens. */
const RED: Readonly<Record<Inputs['failOn'], readonly Verdict[]>> = {
  never: [],
  reject: ['reject'],
  inconclusive: ['reject', 'inconclusive'],
}

const assertGreen = (report: GateReport, { failOn }: Inputs, outcome: Outcome<Spec>) => {
  if (!RED[failOn].includes(report.verdict)) return
  throw new ActionError({
    code: 'E-REJECTED',
    kind: 'rejected',
    what: report.sentence,
    why: `fail-on is ${failOn}`,
    hint: 'read the report; train a better model, or get more rows to judge it on',
    outputs: { ...outcome.outputs, status: outcome.status, 'failure-class': 'rejected' },
    report: outcome.report,
  })
}

const reportOf = (gathered: Gathered, gate: Gate, digested: Digested, inputs: Inputs, context: Context): GateReport => {
  const { evidence, ...sources } = gathered
  const judged = judge(gate, evidence)
  if (judged.kind === 'faults')
    return throwFaults(
      inputs.gate,
      judged.faults.map(({ at, ...fault }) => ({ ...fault, ...(at === undefined ? {} : { line: at.line }) })),
    )
  const { identity, clock } = context
  const { repository, sha, runId, runAttempt, actor } = identity
  return gateReport(judged.judgement, {
    ...sources,
    gate: digested,
    statistics: gate.statistics,
    ...(inputs.golden === undefined ? {} : { golden: inputs.golden }),
    run: { repository, sha, runId, runAttempt, actor, url: runUrl(identity) },
    judgedAt: isoTime(clock.now()),
  })
}

/**
 * Judges a candidate. The verdict is an output, not an error, unless `fail-on` says so. Throws the codes of the README's
 * table for a gate file or data that cannot be judged, all faults at once.
 */
export const run = async (inputs: Inputs, ports: Ports, context: Context): Promise<Outcome<Spec>> => {
  const { gate, digested } = gateOf(inputs.gate, context)
  const gathered = await gather(inputs, gate, ports, context)
  const report = reportOf(gathered, gate, digested, inputs, context)
  const published = await publish(
    report,
    { statistics: statisticsDocument(gate, gathered.evidence), plots: await picturesOf(inputs, ports, context) },
    inputs,
    ports,
    context,
  )
  const baselineUpdated = await updateBaseline(report, gathered.baseline, inputs, ports, context)
  for (const { level, text, line } of annotationsOf(report))
    context.log[level](text, { file: inputs.gate, ...(line === undefined ? {} : { line }) })
  const summary = gateSummary(report)
  if (inputs.comment === 'sticky' && !inputs.dryRun) await ports.comment(inputs.gate, summary)
  context.log.info(report.sentence)
  const outcome: Outcome<Spec> = {
    status: STATUS[report.verdict],
    verdict: VERDICT[report.verdict],
    outputs: outputsOf(report, published, baselineUpdated),
    report: summary,
  }
  assertGreen(report, inputs, outcome)
  return outcome
}
