import type { Arn } from '../brand.ts'
import { approvalDescription } from '../registry/approval.ts'
import { championKey, healthKey, type ModelPackage, UNHEALTHY } from '../registry/package.ts'
import type { PackageChange } from '../registry/ports.ts'
import type { RunIdentity } from '../ports.ts'
import type { ReleaseRecord } from '../release/record.ts'
import type { HealthVerdict } from './verdict.ts'

/**
 * Makes a package the champion of an environment, and it alone. It is named first: between the two writes there are rather
 * two champions than none, which a re-run puts right.
 *
 * @param runUrl of the run that proved it healthy
 */
export const championMove = (
  chosen: Arn,
  others: readonly Pick<ModelPackage, 'arn' | 'metadata'>[],
  environment: string,
  runUrl: string,
): readonly PackageChange[] => {
  const key = championKey(environment)
  return [
    { arn: chosen, metadata: { [key]: runUrl } },
    ...others
      .filter(({ arn, metadata }) => arn !== chosen && metadata[key] !== undefined)
      .map(({ arn }) => ({ arn, remove: [key] })),
  ]
}

type Released = Pick<ReleaseRecord, 'modelPackageArn' | 'commit'>

/**
 * Whether the model is what made a release unhealthy: it is another one than in the release that is put back, and either
 * what it says is wrong, or nothing but the model differs between the two.
 */
export const isModelCause = (verdict: HealthVerdict, failed: Released, restored: Released | undefined): boolean => {
  if (verdict.kind !== 'unhealthy' || failed.modelPackageArn === undefined) return false
  if (failed.modelPackageArn === restored?.modelPackageArn) return false
  const saysWrong = verdict.cause === 'answer' || verdict.cause === 'golden'
  return saysWrong || failed.commit === restored?.commit
}

/** Marks a package whose model failed in an environment: no selector takes it until a person approves it again. */
export const unhealthyMark = (
  { arn, metadata }: Pick<ModelPackage, 'arn' | 'metadata'>,
  environment: string,
  sentence: string,
  identity: RunIdentity,
): PackageChange => ({
  arn,
  metadata: { [healthKey(environment)]: UNHEALTHY },
  approval: {
    status: 'Rejected',
    description: approvalDescription(`Unhealthy in ${environment}, rolled back. ${sentence}`, identity),
  },
  ...(metadata[championKey(environment)] === undefined ? {} : { remove: [championKey(environment)] }),
})
