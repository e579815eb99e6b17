import { ActionError } from '../action-error.ts'
import type { ApprovalStatus, GateReport } from '../gate/judgement.ts'
import { runUrl } from '../naming.ts'
import type { RunIdentity } from '../ports.ts'
import { healthKey, type ModelPackage, unhealthyIn } from './package.ts'

/** `from-gate`: as the gate decided. `manual`: a person decides over whatever the gate did not reject. */
export const APPROVAL_POLICIES = ['from-gate', 'manual'] as const
export type ApprovalPolicy = (typeof APPROVAL_POLICIES)[number]

export interface Approval {
  readonly status: ApprovalStatus
  readonly because: string
}

type Judged = Pick<GateReport, 'verdict' | 'approvalStatus' | 'sentence' | 'model'>

const pending = (because: string): Approval => ({ status: 'PendingManualApproval', because })

/**
 * What a package is to be registered as. Approved takes all of it: a verdict to approve, the gate's own approval, and the
 * digest of the very artifact that was judged.
 *
 * @param digest `sha256:<hex>` of the artifact that is being registered
 */
export const approvalOf = (policy: ApprovalPolicy, report: Judged | undefined, digest: string): Approval => {
  if (report === undefined) return pending('Nobody has judged this model: no gate report was given.')
  const { verdict, approvalStatus, sentence, model } = report
  if (verdict === 'reject' || approvalStatus === 'Rejected') return { status: 'Rejected', because: sentence }
  if (verdict !== 'approve' || approvalStatus !== 'Approved') return pending(sentence)
  if (model?.digest !== digest)
    return pending(`The gate report does not say which model it judged. It says: ${sentence}`)
  return policy === 'manual'
    ? pending(`A person has to approve. The gate says: ${sentence}`)
    : { status: 'Approved', because: sentence }
}

/** Throws E-DIGEST when the report is about another model than the artifact that is there. */
export const assertJudged = (
  { model }: Pick<GateReport, 'model'>,
  artifact: { readonly uri: string; readonly digest: string },
): void => {
  if (model === undefined || model.digest === artifact.digest) return
  throw new ActionError({
    code: 'E-DIGEST',
    kind: 'rejected',
    what: `${artifact.uri} is not the model that was judged`,
    why: `its digest is ${artifact.digest}, the gate judged ${model.digest} (${model.source})`,
    hint: 'find out who replaced it, or judge the model that is there',
  })
}

/**
 * Whether a re-run gives a package that exists the approval that it wants. Only what waits for a decision is decided: an
 * approved package is never downgraded, and one that was rejected since (by a person, or for failing in production) stays so.
 */
export const maySettle = (existing: ApprovalStatus): boolean => existing === 'PendingManualApproval'

/** SageMaker's limit. */
const DESCRIPTION_LIMIT = 1024

/** ApprovalDescription: what happened and why, by whom and where, on one line; only the reason is cut. */
export const approvalDescription = (what: string, identity: RunIdentity): string => {
  const by = ` (${identity.actor}, ${runUrl(identity)})`.slice(0, DESCRIPTION_LIMIT / 2)
  const line = what.replaceAll(/\s+/g, ' ').trim()
  const room = DESCRIPTION_LIMIT - by.length
  return `${line.length <= room ? line : `${line.slice(0, room - 1).toWellFormed()}…`}${by}`
}

export type Approvable =
  /** With the marks of failed releases that go with it. */
  { readonly kind: 'approve'; readonly remove: readonly string[] } | { readonly kind: 'unchanged' }

const refuse = ({ arn }: ModelPackage, what: string, why: string, hint: string) =>
  new ActionError({ code: 'E-NOT-APPROVED', kind: 'user', what: `${arn} ${what}`, why, hint })

/**
 * Whether a person may approve a package: one that waits for it, or one that was rejected for failing in production. What
 * the gate rejected is not approved by hand. Throws E-NOT-APPROVED, E-REGISTRY.
 */
export const approvable = (found: ModelPackage): Approvable => {
  if (found.status !== 'Completed')
    throw new ActionError({
      code: 'E-REGISTRY',
      kind: 'user',
      what: `${found.arn} is in status ${found.status}`,
      why: found.failureReason === '' ? 'only a completed package can be used' : found.failureReason,
      hint: 'register the model again',
    })
  const remove = unhealthyIn(found).map(healthKey)
  switch (found.approvalStatus) {
    case 'Approved':
      return { kind: 'unchanged' }
    case 'PendingManualApproval':
      return { kind: 'approve', remove }
    case 'Rejected':
      if (remove.length > 0) return { kind: 'approve', remove }
      throw refuse(
        found,
        'was rejected',
        found.approvalDescription === '' ? 'its registry entry gives no reason' : found.approvalDescription,
        'train a model that passes the gate, or change the gate file and judge again',
      )
  }
}

/** Throws E-NOT-APPROVED unless the package is one that may be used. */
export const assertUsable = (found: ModelPackage): void => {
  if (found.status === 'Completed' && found.approvalStatus === 'Approved') return
  throw refuse(
    found,
    found.status === 'Completed' ? `is ${found.approvalStatus}` : `is in status ${found.status}`,
    found.approvalDescription === '' ? 'nobody has approved it' : found.approvalDescription,
    'approve it by the approve workflow, or name another package',
  )
}
