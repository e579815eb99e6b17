/** ECR's severities, worst first (API reference, ImageScanFinding). */
export const SEVERITIES = ['CRITICAL', 'HIGH', 'MEDIUM', 'LOW', 'INFORMATIONAL', 'UNDEFINED'] as const
export type Severity = (typeof SEVERITIES)[number]

/** A vulnerability that a scan found. */
export interface Finding {
  /** Such as CVE-2026-1234. */
  readonly id: string
  readonly severity: Severity
  readonly package: string
  readonly version: string
  /** Undefined when the scanner does not say. */
  readonly fixable?: boolean
  readonly fixedIn?: string
  readonly url: string
}

/** A vulnerability that somebody has looked at and lets pass for a while. */
export interface Ignored {
  readonly id: string
  readonly reason: string
  /** The last day on which it is ignored, as 2027-01-31. */
  readonly expires: string
}

export interface ScanPolicy {
  readonly severities: readonly Severity[]
  /** Only vulnerabilities count that an update would cure. */
  readonly fixableOnly: boolean
  readonly ignored: readonly Ignored[]
}

export interface ScanJudgement {
  /** Findings that forbid the image, worst first. */
  readonly blocking: readonly Finding[]
  /** Findings that would, were they not ignored. */
  readonly ignored: readonly { readonly finding: Finding; readonly because: Ignored }[]
  /** Of all findings, whether they count or not; severities without any are left out. */
  readonly counts: Readonly<Partial<Record<Severity, number>>>
  /** Entries of the ignore file that fit no finding. */
  readonly unused: readonly Ignored[]
}

const rank = ({ severity }: Finding) => SEVERITIES.indexOf(severity)
const byUrgency = (one: Finding, other: Finding) =>
  rank(one) - rank(other) || (one.id < other.id ? -1 : Number(one.id > other.id))

/**
 * What findings mean under a policy. A finding of which the scanner does not say whether it can be cured counts as if it
 * could: not knowing never lets an image pass.
 */
export const judgeScan = (findings: readonly Finding[], policy: ScanPolicy): ScanJudgement => {
  const entryOf = (finding: Finding) => policy.ignored.find(({ id }) => id === finding.id)
  const counting = findings
    .filter(({ severity }) => policy.severities.includes(severity))
    .filter(({ fixable }) => !policy.fixableOnly || fixable !== false)
    .toSorted(byUrgency)
  const counts = SEVERITIES.map(
    (severity) => [severity, findings.filter((finding) => finding.severity === severity).length] as const,
  )
  return {
    blocking: counting.filter((finding) => entryOf(finding) === undefined),
    ignored: counting.flatMap((finding) => {
      const because = entryOf(finding)
      return because === undefined ? [] : [{ finding, because }]
    }),
    counts: Object.fromEntries(counts.filter(([, count]) => count > 0)),
    unused: policy.ignored.filter(({ id }) => findings.every((finding) => finding.id !== id)),
  }
}
