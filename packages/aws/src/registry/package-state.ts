import type { DescribeModelPackageCommandOutput, ModelPackageSummary } from '@aws-sdk/client-sagemaker'
import {
  type Arn,
  epochMs,
  metadataFacts,
  type ModelPackage,
  type PackageVersion,
  parsePackageArn,
  type S3Uri,
} from '@mlops/core'

type Listed = Pick<
  ModelPackageSummary,
  'ModelPackageArn' | 'ModelPackageVersion' | 'ModelPackageStatus' | 'ModelApprovalStatus' | 'CreationTime'
>

/** A version as a list or Describe names it; one without an approval waits for it. */
export const versionOf = (listed: Listed): PackageVersion => ({
  arn: (listed.ModelPackageArn ?? '') as Arn,
  version: listed.ModelPackageVersion ?? parsePackageArn(listed.ModelPackageArn ?? '')?.version ?? 0,
  status: listed.ModelPackageStatus ?? 'Pending',
  approvalStatus: listed.ModelApprovalStatus ?? 'PendingManualApproval',
  createdAt: epochMs(listed.CreationTime?.getTime() ?? 0),
})

const failureOf = ({ ModelPackageStatusDetails: details }: DescribeModelPackageCommandOutput) =>
  [...(details?.ValidationStatuses ?? []), ...(details?.ImageScanStatuses ?? [])]
    .flatMap(({ FailureReason }) => FailureReason ?? [])
    .join('; ')

export const packageOf = (found: DescribeModelPackageCommandOutput): ModelPackage => {
  const specification = found.InferenceSpecification
  const [container] = specification?.Containers ?? []
  const statistics = found.ModelMetrics?.ModelQuality?.Statistics
  const metadata = found.CustomerMetadataProperties ?? {}
  return {
    ...versionOf(found),
    group: found.ModelPackageGroupName ?? parsePackageArn(found.ModelPackageArn ?? '')?.group ?? '',
    failureReason: failureOf(found),
    approvalDescription: found.ApprovalDescription ?? '',
    modelDataUrl: (container?.ModelDataUrl ?? '') as S3Uri,
    image: container?.Image ?? '',
    ...(container?.ImageDigest === undefined ? {} : { imageDigest: container.ImageDigest }),
    ...(statistics?.S3Uri === undefined ? {} : { evaluationUri: statistics.S3Uri as S3Uri }),
    ...(statistics?.ContentDigest === undefined ? {} : { evaluationDigest: statistics.ContentDigest }),
    contentTypes: specification?.SupportedContentTypes ?? [],
    responseTypes: specification?.SupportedResponseMIMETypes ?? [],
    realtimeInstanceTypes: specification?.SupportedRealtimeInferenceInstanceTypes ?? [],
    transformInstanceTypes: specification?.SupportedTransformInstanceTypes ?? [],
    commit: found.MetadataProperties?.CommitId ?? '',
    repository: found.MetadataProperties?.Repository ?? '',
    generatedBy: found.MetadataProperties?.GeneratedBy ?? '',
    metadata,
    ...metadataFacts(metadata),
  }
}
