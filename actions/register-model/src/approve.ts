import type { Context, Outcome } from '@mlops/action-kit'
import { digestOf } from '@mlops/aws'
import { ActionError, approvable, approvalDescription, type Arn, type ModelPackage } from '@mlops/core'
import type { Ports } from './ports.ts'
import { approvableReport, approvedReport, unchangedReport } from './report.ts'
import type { Inputs, Spec } from './spec.ts'

const noPackage = (what: string) =>
  new ActionError({
    code: 'E-NO-MODEL',
    kind: 'user',
    what,
    why: 'the registry does not know it in this region and account',
    hint: 'check group, version and region',
  })

const arnOf = async (
  { packageArn, modelPackageGroup = '', packageVersion }: Inputs,
  { registry }: Ports,
): Promise<Arn> => {
  if (packageArn !== undefined) return packageArn
  for await (const { arn, version } of registry.versions(modelPackageGroup)) if (version === packageVersion) return arn
  throw noPackage(`${modelPackageGroup} has no version ${packageVersion}`)
}

const changed = ({ arn, modelDataUrl, artifactDigest }: ModelPackage, now: string) =>
  new ActionError({
    code: 'E-DIGEST',
    kind: 'rejected',
    what: `the model of ${arn} is not the one that was registered`,
    why:
      artifactDigest === undefined
        ? 'the package does not say which artifact it was registered with'
        : `${modelDataUrl} has the digest ${now}, it was registered with ${artifactDigest}`,
    hint: 'find out who replaced it, or register and judge the model that is there',
  })

/** Approves a package by hand: one that waits for it, and that still is what was registered. */
export const approve = async (inputs: Inputs, ports: Ports, { identity, log }: Context): Promise<Outcome<Spec>> => {
  const arn = await arnOf(inputs, ports)
  const found = await ports.registry.describe(arn)
  if (found === undefined) throw noPackage(`there is no package ${arn}`)
  const decision = approvable(found)
  const outputs = { 'package-arn': arn, 'package-version': String(found.version), created: 'existing' }
  if (decision.kind === 'unchanged')
    return {
      status: 'unchanged',
      verdict: 'ok',
      outputs: { ...outputs, 'approval-status': 'Approved', 'artifact-digest': found.artifactDigest ?? '' },
      report: unchangedReport(found),
    }
  const { digest } = await digestOf(ports.places, found.modelDataUrl, 'the model artifact')
  if (digest !== found.artifactDigest) throw changed(found, digest)
  const known = { ...outputs, 'artifact-digest': digest }
  if (inputs.dryRun)
    return {
      status: 'planned',
      verdict: 'ok',
      outputs: { ...known, 'approval-status': found.approvalStatus },
      report: approvableReport(found),
    }
  const { reason = '' } = inputs
  const before = found.approvalDescription === '' ? '' : ` Before: ${found.approvalDescription}`
  const description = approvalDescription(`Approved by hand: ${reason.replace(/\.+$/, '')}.${before}`, identity)
  const approval = { status: 'Approved', description } as const
  await ports.registry.update({ arn, approval, remove: decision.remove })
  log.info(`${arn}: approved`)
  return {
    status: 'approved',
    verdict: 'ok',
    outputs: { ...known, 'approval-status': 'Approved' },
    report: approvedReport(
      { ...found, approvalStatus: 'Approved', approvalDescription: description },
      identity.actor,
      reason,
    ),
  }
}
