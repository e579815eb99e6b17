import type { Arn, S3Uri } from '../brand.ts'
import type { ApprovalStatus } from '../gate/judgement.ts'
import type { Tag } from '../jobs/request.ts'
import type { ModelPackage, PackageVersion } from './package.ts'

/** Requests as plain data, in SageMaker's own field names, as far as the suite uses them. */
export interface GroupRequest {
  readonly ModelPackageGroupName: string
  readonly ModelPackageGroupDescription: string
  /** Only groups can carry tags, not the packages in them. */
  readonly Tags: readonly Tag[]
}

export interface PackageRequest {
  readonly ModelPackageGroupName: string
  readonly InferenceSpecification: {
    readonly Containers: readonly [{ readonly Image: string; readonly ModelDataUrl: S3Uri }]
    readonly SupportedContentTypes: readonly string[]
    readonly SupportedResponseMIMETypes: readonly string[]
    readonly SupportedRealtimeInferenceInstanceTypes: readonly string[]
    readonly SupportedTransformInstanceTypes?: readonly string[]
  }
  readonly ModelMetrics?: {
    readonly ModelQuality: {
      readonly Statistics: { readonly ContentType: string; readonly ContentDigest: string; readonly S3Uri: S3Uri }
    }
  }
  readonly MetadataProperties: {
    readonly CommitId: string
    readonly Repository: string
    readonly GeneratedBy: string
  }
  readonly CustomerMetadataProperties: Readonly<Record<string, string>>
  /** What it is comes with the reason, which only an update can give. */
  readonly ModelApprovalStatus: 'PendingManualApproval'
  /** At most 36 characters. AWS remembers it for some minutes: the same request twice is one package. */
  readonly ClientToken: string
}

/** What is to be different about a package; everything else stays as it is. */
export interface PackageChange {
  readonly arn: Arn
  readonly approval?: { readonly status: ApprovalStatus; readonly description: string }
  /** Keys to add or to replace. */
  readonly metadata?: Readonly<Record<string, string>>
  readonly remove?: readonly string[]
}

/** Which model a package came from, for the lineage graph. */
export interface PackageOrigin {
  readonly packageArn: Arn
  readonly artifact: S3Uri
  readonly trainingJob?: string
}

/**
 * The model registry. A call that AWS throttles, that meets a passing fault or a conflict is repeated inside. Errors are
 * ActionErrors: E-REGISTRY for what the registry refuses, E-ACCESS, E-NETWORK, E-CREDS.
 */
export interface ModelRegistry {
  /** Whether there is a group of that name or ARN. */
  readonly hasGroup: (group: string) => Promise<boolean>
  /** `exists`: another process created it first. */
  readonly createGroup: (request: GroupRequest) => Promise<'created' | 'exists'>
  /** Newest first, fetched as far as they are read; nothing for a group that does not exist. */
  readonly versions: (group: string) => AsyncIterable<PackageVersion>
  /** Undefined when there is no such package. */
  readonly describe: (arn: Arn) => Promise<ModelPackage | undefined>
  /** Those of at most 100 packages that hold this model artifact. */
  readonly withArtifact: (arns: readonly Arn[], artifact: S3Uri) => Promise<readonly Arn[]>
  readonly create: (request: PackageRequest) => Promise<Arn>
  readonly update: (change: PackageChange) => Promise<void>
  /** Draws the package into the lineage graph; doing it again changes nothing. */
  readonly link: (origin: PackageOrigin) => Promise<void>
}
