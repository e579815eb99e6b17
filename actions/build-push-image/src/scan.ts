import type { Context } from '@mlops/action-kit'
import { poll } from '@mlops/aws'
import {
  ActionError,
  type EcrRepository,
  type Finding,
  type Ignored,
  type ImageRegistry,
  jobInterval,
  judgeScan,
  type Scan,
  type ScanJudgement,
  SEVERITIES,
} from '@mlops/core'
import { findingsReport } from './report.ts'
import type { Inputs } from './spec.ts'

export interface ScanResult {
  /** ECR's word for how the scan ended. */
  readonly status: string
  readonly judgement?: ScanJudgement
}

export const NOT_SCANNED: ScanResult = { status: 'none' }
const TIMED_OUT = 'TIMED_OUT'

const HINTS: Readonly<Record<string, string>> = {
  UNSUPPORTED_IMAGE:
    'build on a base image with an operating system that ECR scans, or choose scan: none and scan it otherwise',
  LIMIT_EXCEEDED: 'wait until tomorrow, or ask for more scans in Service Quotas',
  SCAN_ELIGIBILITY_EXPIRED: 'push the image anew, or lengthen the time in which the registry scans images',
  FINDINGS_UNAVAILABLE: 'run the job again in a few minutes',
  IMAGE_ARCHIVED: 'restore the image in ECR',
  [TIMED_OUT]: 'raise scan-timeout, or run the job again: the scan goes on meanwhile',
}

const silent = (status: string, why: string) =>
  new ActionError({
    code: 'E-SCAN',
    kind: status === TIMED_OUT ? 'timeout' : 'rejected',
    what: `the scan of the image ended as ${status}`,
    why: `${why === '' ? 'ECR gives no reason' : why}; an image that nobody knows to be sound gets no tag`,
    hint: HINTS[status] ?? 'look at the image in ECR, and run the job again',
    // Each is a result of its own: scan-unsupported-image, scan-timed-out, …
    outputs: {
      'failure-class': `scan-${status
        .replace(/^SCAN_/, '')
        .toLowerCase()
        .replaceAll('_', '-')}`,
    },
  })

const vulnerable = (blocking: readonly [Finding, ...Finding[]], judgement: ScanJudgement) => {
  const [worst] = blocking
  const counted = SEVERITIES.map((severity) => [severity, blocking.filter((one) => one.severity === severity).length])
  const words = counted.filter(([, count]) => count !== 0).map(([severity, count]) => `${count} ${severity}`)
  return new ActionError({
    code: 'E-VULNERABLE',
    kind: 'rejected',
    what: `the image has ${words.join(' and ')} vulnerabilities`,
    why: `the worst is ${worst.id} in ${worst.package} ${worst.version}${worst.fixedIn === undefined ? '' : `, fixed in ${worst.fixedIn}`}`,
    hint: 'update the base image or the package; what does not concern this service can be named in ignore-file with reason and expiry',
    outputs: { 'failure-class': 'vulnerable' },
    report: findingsReport(judgement),
  })
}

/** Waits until a scan has ended; starts one when there is none. */
const awaitScan = async (
  images: ImageRegistry,
  repository: EcrRepository,
  digest: string,
  { scanTimeout }: Inputs,
  { clock, signal }: Context,
): Promise<Scan> => {
  const first = await images.scan(repository, digest)
  const started = first.kind === 'none' ? await images.startScan(repository, digest) : undefined
  const looked = await poll({
    probe: async (): Promise<Scan> => {
      const found = await images.scan(repository, digest)
      const never = started === 'limited' && found.kind === 'none'
      return never ? { kind: 'void', status: 'LIMIT_EXCEEDED', description: 'ECR starts no more scans today' } : found
    },
    done: ({ kind }) => kind === 'complete' || kind === 'void',
    intervalMs: (elapsed) => jobInterval(elapsed, undefined),
    deadlineMs: (clock.now() + scanTimeout * 1000) as ReturnType<typeof clock.now>,
    clock,
    signal,
  })
  if (looked.kind === 'done') return looked.value
  return { kind: 'void', status: TIMED_OUT, description: `it has not ended within ${scanTimeout} s` }
}

/**
 * Lets an image pass, or not: only a scan that has ended, and that found nothing which counts, lets it. Throws E-VULNERABLE,
 * and E-SCAN with the failure class of each other way in which a scan can end.
 */
export const judgeImage = async (
  images: ImageRegistry,
  repository: EcrRepository,
  digest: string,
  { ignored, inputs }: { readonly ignored: readonly Ignored[]; readonly inputs: Inputs },
  context: Context,
): Promise<ScanResult> => {
  if (inputs.scan === 'none') return NOT_SCANNED
  const scan = await awaitScan(images, repository, digest, inputs, context)
  if (scan.kind !== 'complete') {
    const { status, description } = scan.kind === 'void' ? scan : { status: TIMED_OUT, description: '' }
    throw withStatus(silent(status, description), status)
  }
  const severities = SEVERITIES.filter((severity) => inputs.severities.includes(severity))
  const judgement = judgeScan(scan.findings, { severities, fixableOnly: inputs.fixableOnly, ignored })
  for (const { id } of judgement.unused) context.log.warning(`${inputs.ignoreFile ?? ''}: nothing was found of ${id}`)
  const [worst, ...rest] = judgement.blocking
  if (worst === undefined) return { status: scan.status, judgement }
  throw withStatus(vulnerable([worst, ...rest], judgement), scan.status, judgement)
}

const withStatus = (error: ActionError, status: string, judgement?: ScanJudgement) =>
  new ActionError({
    ...error.facts,
    outputs: { ...error.facts.outputs, ...scanOutputs({ status, ...(judgement === undefined ? {} : { judgement }) }) },
  })

export const scanOutputs = ({ status, judgement }: ScanResult) => ({
  'scan-status': status,
  'vulnerability-counts': judgement === undefined ? '' : JSON.stringify(judgement.counts),
})
