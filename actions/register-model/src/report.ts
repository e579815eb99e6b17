import type { Approval, Block, ModelPackage, PackageVersion, Report } from '@mlops/core'

const WORDS = { Approved: 'approved', Rejected: 'rejected', PendingManualApproval: 'waiting for a person' } as const

const named = ({ group, version }: ModelPackage) => `${group} version ${version}`
const titled = (text: string) => `${text.charAt(0).toUpperCase()}${text.slice(1)}`

const facts = (found: ModelPackage): Block => ({
  kind: 'facts',
  facts: [
    ['package', found.arn],
    ['approval', found.approvalStatus],
    ['because', found.approvalDescription],
    ['model', found.modelDataUrl],
    ['digest', found.artifactDigest ?? 'not known'],
    ['image', found.image],
    ...(found.evaluationUri === undefined ? [] : [['metrics', found.evaluationUri] as const]),
    ...(found.goldenUri === undefined ? [] : [['golden answers', found.goldenUri] as const]),
    ...(found.trainingJob === undefined ? [] : [['training job', found.trainingJob] as const]),
  ],
})

const earlier = (versions: readonly PackageVersion[], champion: string): readonly Block[] =>
  versions.length === 0
    ? []
    : [
        {
          kind: 'details',
          title: `${versions.length} versions before it`,
          blocks: [
            {
              kind: 'table',
              columns: ['version', 'approval', 'champion'],
              rows: versions.map(({ version, approvalStatus, arn }) => [
                String(version),
                approvalStatus,
                arn === champion ? 'yes' : '',
              ]),
              numeric: ['version'],
            },
          ],
        },
      ]

export const registeredReport = (
  found: ModelPackage,
  isNew: boolean,
  versions: readonly PackageVersion[],
  champion: string,
): Report => ({
  headline: `${titled(named(found))} ${isNew ? 'is registered and' : 'was registered before and is'} ${WORDS[found.approvalStatus]}.`,
  blocks: [facts(found), ...earlier(versions, champion)],
})

export const skippedReport = ({ because }: Approval): Report => ({
  headline: `The model was rejected and is not registered: ${because}`,
  blocks: [],
})

export const plannedReport = (
  group: string,
  { status, because }: Approval,
  existing: ModelPackage | undefined,
): Report => ({
  headline:
    existing === undefined
      ? `A model would be registered in ${group} as ${status}.`
      : `${named(existing)} would be found registered, and is ${existing.approvalStatus}.`,
  blocks: [{ kind: 'facts', facts: [['because', because]] }],
})

export const approvedReport = (found: ModelPackage, actor: string, reason: string): Report => ({
  headline: `${titled(named(found))} was approved by ${actor}.`,
  blocks: [{ kind: 'foreign', title: 'Reason', text: reason }, facts(found)],
})

export const approvableReport = (found: ModelPackage): Report => ({
  headline: `${titled(named(found))} would be approved; its model is the one that was registered.`,
  blocks: [facts(found)],
})

export const unchangedReport = (found: ModelPackage): Report => ({
  headline: `${titled(named(found))} is approved already.`,
  blocks: [facts(found)],
})
