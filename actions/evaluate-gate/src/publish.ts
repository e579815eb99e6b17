import type { Context } from '@mlops/action-kit'
import { sha256 } from '@mlops/aws'
import { type GateReport, gateReportText, type S3Uri } from '@mlops/core'
import { gatePage, type Picture } from '@mlops/report'
import type { Gathered } from './gather.ts'
import type { Ports } from './ports.ts'
import type { Inputs } from './spec.ts'

/** Where the report lies, on the runner and in S3. */
export interface Published {
  readonly 'report-path': string
  readonly 'page-path': string
  readonly 'report-uri'?: S3Uri
  readonly 'page-uri'?: S3Uri
  readonly 'statistics-uri'?: S3Uri
}

const SUITE = 'https://github.com/mlops-actions/mlops-actions'

/** A folder of its own for each judgement, so that no report is ever replaced by another one. */
const folderOf = (prefix: S3Uri, { run, model, gate, predictions }: GateReport) => {
  const judged = sha256(JSON.stringify([model, gate, predictions])).slice(0, 8)
  return `${prefix.replace(/\/+$/, '')}/${run.runId}-${run.runAttempt}-${judged}/`
}

/** Writes gate-report.json, gate-report.html and statistics.json, on the runner and below `report-prefix`. */
export const publish = async (
  report: GateReport,
  { statistics, plots }: { readonly statistics: string; readonly plots: readonly Picture[] },
  { reportPrefix, dryRun }: Inputs,
  { objects }: Ports,
  { files }: Pick<Context, 'files'>,
): Promise<Published> => {
  const documents = {
    'gate-report.json': gateReportText(report),
    'gate-report.html': gatePage(report, { plots, suiteUrl: SUITE }),
    'statistics.json': statistics,
  }
  const paths = Object.fromEntries(
    Object.entries(documents).map(([name, text]) => [name, files.writeTemporary(name, text)]),
  ) as Readonly<Record<keyof typeof documents, string>>
  const local = { 'report-path': paths['gate-report.json'], 'page-path': paths['gate-report.html'] }
  if (reportPrefix === undefined || dryRun) return local
  const folder = folderOf(reportPrefix, report)
  for (const [name, text] of Object.entries(documents)) await objects.write(`${folder}${name}` as S3Uri, text)
  return {
    ...local,
    'report-uri': `${folder}gate-report.json` as S3Uri,
    'page-uri': `${folder}gate-report.html` as S3Uri,
    'statistics-uri': `${folder}statistics.json` as S3Uri,
  }
}

/** What a baseline file holds: the metrics, readable as such, and where they came from. */
const baselineText = ({ metrics, model, run }: GateReport) =>
  `${JSON.stringify(
    {
      ...Object.fromEntries(
        metrics.flatMap(({ metric, candidate }) => (candidate === undefined ? [] : [[metric, candidate]])),
      ),
      model: model?.digest,
      run: run.url,
    },
    undefined,
    2,
  )}\n`

/**
 * Makes the metrics of an approved candidate the new baseline. When another run has written it since this one read it, that
 * one stays: the candidate was not compared with it.
 */
export const updateBaseline = async (
  report: GateReport,
  baseline: Gathered['baseline'],
  { updateBaseline: wanted, dryRun }: Inputs,
  { objects }: Ports,
  { log }: Pick<Context, 'log'>,
): Promise<boolean> => {
  if (baseline === undefined || !baseline.source.startsWith('s3://')) return false
  if (!wanted || dryRun || report.approvalStatus !== 'Approved') return false
  const condition = baseline.etag === undefined ? { ifAbsent: true as const } : { ifMatch: baseline.etag }
  const { kind } = await objects.write(baseline.source as S3Uri, baselineText(report), condition)
  if (kind === 'lost') log.warning(`${baseline.source} was written by another run meanwhile; it stays as it is`)
  return kind === 'written'
}
