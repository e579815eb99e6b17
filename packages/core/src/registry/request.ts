import type { S3Uri } from '../brand.ts'
import type { GateReport } from '../gate/judgement.ts'
import { canonicalJson } from '../jobs/run-key.ts'
import { runUrl, type Sha256 } from '../naming.ts'
import type { RunIdentity } from '../ports.ts'
import { metadataOf, metricEntries } from './metadata.ts'
import { METADATA, type ModelPackage } from './package.ts'
import type { PackageRequest } from './ports.ts'

/** A file in S3 with the digest of its bytes, `sha256:<hex>`. */
export interface DigestedObject {
  readonly uri: S3Uri
  readonly digest: string
}

/** What is to be registered. */
export interface PackagePlan {
  /** Name or ARN. */
  readonly group: string
  readonly image: string
  readonly artifact: DigestedObject & { readonly etag: string }
  readonly statistics?: DigestedObject
  readonly gateReport?: DigestedObject
  readonly golden?: DigestedObject
  readonly features?: DigestedObject
  readonly trainingJob?: string
  readonly report?: Pick<GateReport, 'verdict' | 'metrics' | 'predictions'>
  readonly contentTypes: readonly string[]
  readonly responseTypes: readonly string[]
  readonly realtimeInstanceTypes: readonly string[]
  readonly transformInstanceTypes: readonly string[]
  /** The user's own entries. */
  readonly metadata: Readonly<Record<string, string>>
}

/**
 * What makes a registration the same one in every attempt of a run: a re-run finds the package that an earlier process has
 * made, and two runs never share one.
 *
 * @param run token of the run, as `runToken` gives it
 */
export const registrationKey = (
  { group, image, artifact }: Pick<PackagePlan, 'group' | 'image' | 'artifact'>,
  run: string,
  sha256: Sha256,
): string => sha256(canonicalJson({ group, image, artifact: artifact.digest, run }))

/** What the metadata says of the judgement: the entries that change when a model is judged again. */
const judgedEntries = ({ gateReport, report }: PackagePlan) => ({
  [METADATA.gateDigest]: gateReport?.digest,
  [METADATA.gateReport]: gateReport?.uri,
  [METADATA.verdict]: report?.verdict,
  [METADATA.dataDigest]: report?.predictions?.digest,
})

/** What a package that exists is to say of a newer judgement; undefined when it rests on the same report. */
export const rejudged = (
  { metadata }: Pick<ModelPackage, 'metadata'>,
  plan: PackagePlan,
  sha256: Sha256,
): Readonly<Record<string, string>> | undefined =>
  plan.gateReport === undefined || metadata[METADATA.gateDigest] === plan.gateReport.digest
    ? undefined
    : metadataOf({ ...metricEntries(plan.report?.metrics ?? []), ...judgedEntries(plan) }, sha256)

const metadataEntries = (plan: PackagePlan, key: string, identity: RunIdentity) => ({
  ...plan.metadata,
  ...metricEntries(plan.report?.metrics ?? []),
  [METADATA.runKey]: key,
  [METADATA.artifactDigest]: plan.artifact.digest,
  [METADATA.artifactEtag]: plan.artifact.etag,
  ...judgedEntries(plan),
  [METADATA.trainingJob]: plan.trainingJob,
  [METADATA.runUrl]: runUrl(identity),
  [METADATA.golden]: plan.golden?.uri,
  [METADATA.goldenDigest]: plan.golden?.digest,
  [METADATA.features]: plan.features?.uri,
  [METADATA.featuresDigest]: plan.features?.digest,
})

const TOKEN_LENGTH = 36

/**
 * The CreateModelPackage request; equal plans of one run give equal requests, token included.
 *
 * @param failed newest version of the group that failed: AWS would answer a token that it knows with that package again
 */
export const packageRequest = (
  plan: PackagePlan,
  key: string,
  failed: number,
  identity: RunIdentity,
  sha256: Sha256,
): PackageRequest => {
  const request = {
    ModelPackageGroupName: plan.group,
    InferenceSpecification: {
      Containers: [{ Image: plan.image, ModelDataUrl: plan.artifact.uri }],
      SupportedContentTypes: plan.contentTypes,
      SupportedResponseMIMETypes: plan.responseTypes,
      SupportedRealtimeInferenceInstanceTypes: plan.realtimeInstanceTypes,
      // An empty list is refused.
      ...(plan.transformInstanceTypes.length === 0
        ? {}
        : { SupportedTransformInstanceTypes: plan.transformInstanceTypes }),
    },
    ...(plan.statistics === undefined
      ? {}
      : {
          ModelMetrics: {
            ModelQuality: {
              Statistics: {
                ContentType: 'application/json',
                ContentDigest: plan.statistics.digest,
                S3Uri: plan.statistics.uri,
              },
            },
          },
        }),
    MetadataProperties: {
      CommitId: identity.sha,
      Repository: `${identity.serverUrl}/${identity.repository}`,
      GeneratedBy: runUrl(identity),
    },
    CustomerMetadataProperties: metadataOf(metadataEntries(plan, key, identity), sha256),
    ModelApprovalStatus: 'PendingManualApproval',
  } as const satisfies Omit<PackageRequest, 'ClientToken'>
  return { ...request, ClientToken: sha256(canonicalJson([request, failed])).slice(0, TOKEN_LENGTH) }
}
