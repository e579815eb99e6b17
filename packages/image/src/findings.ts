import type {
  DescribeImageScanFindingsCommandOutput,
  EnhancedImageScanFinding,
  ImageScanFinding,
} from '@aws-sdk/client-ecr'
import { type Finding, type Scan, SEVERITIES, type Severity } from '@mlops/core'

/** Amazon Inspector calls UNTRIAGED what ECR's basic scan calls UNDEFINED. */
const severityOf = (text = ''): Severity => SEVERITIES.find((severity) => severity === text) ?? 'UNDEFINED'

const ofBasic = ({ name = '', severity, uri = '', attributes = [] }: ImageScanFinding): Finding => {
  const attribute = (wanted: string) => attributes.find(({ key }) => key === wanted)?.value ?? ''
  return {
    id: name,
    severity: severityOf(severity),
    package: attribute('package_name'),
    version: attribute('package_version'),
    url: uri,
  }
}

const ofInspector = (found: EnhancedImageScanFinding): Finding => {
  const { packageVulnerabilityDetails: details = {}, severity, fixAvailable, title = '' } = found
  const [vulnerable] = details.vulnerablePackages ?? []
  const fixedIn = vulnerable?.fixedInVersion
  return {
    id: details.vulnerabilityId ?? title,
    severity: severityOf(severity),
    package: vulnerable?.name ?? '',
    version: vulnerable?.version ?? '',
    ...(fixAvailable === undefined ? {} : { fixable: fixAvailable !== 'NO' }),
    ...(fixedIn === undefined || fixedIn === 'NotAvailable' ? {} : { fixedIn }),
    url: details.sourceUrl ?? '',
  }
}

const UNDER_WAY: ReadonlySet<string> = new Set(['IN_PROGRESS', 'PENDING'])
/** ACTIVE is what a completed scan of Amazon Inspector is in, as it goes on watching the image. */
const COMPLETE: ReadonlySet<string> = new Set(['COMPLETE', 'ACTIVE'])

/** What the pages of an answer say together. */
export const scanOf = (pages: readonly DescribeImageScanFindingsCommandOutput[]): Scan => {
  const { status = '', description = '' } = pages[0]?.imageScanStatus ?? {}
  if (UNDER_WAY.has(status)) return { kind: 'under-way', status }
  if (!COMPLETE.has(status)) return { kind: 'void', status, description }
  const findings = pages.flatMap(({ imageScanFindings: found = {} }) => [
    ...(found.findings ?? []).map(ofBasic),
    ...(found.enhancedFindings ?? []).map(ofInspector),
  ])
  return { kind: 'complete', status, findings }
}
