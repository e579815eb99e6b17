import type { Arn, EpochMs, S3Uri } from '../brand.ts'
import type { ApprovalStatus } from '../gate/judgement.ts'

export type PackageStatus = 'Pending' | 'InProgress' | 'Completed' | 'Failed' | 'Deleting'

/** A version of a group, as far as a list tells. */
export interface PackageVersion {
  readonly arn: Arn
  readonly version: number
  readonly status: PackageStatus
  readonly approvalStatus: ApprovalStatus
  readonly createdAt: EpochMs
}

/** A registered model. What the registry has no field of its own for stands in its metadata, see `metadataFacts`. */
export interface ModelPackage extends PackageVersion, MetadataFacts {
  readonly group: string
  /** Why it failed; empty when it did not. */
  readonly failureReason: string
  readonly approvalDescription: string
  readonly modelDataUrl: S3Uri
  readonly image: string
  /** `sha256:<hex>` of the image's manifest, where the registry has pinned it. */
  readonly imageDigest?: string
  /** ModelQuality.Statistics: the metrics that a later candidate is compared with. */
  readonly evaluationUri?: S3Uri
  /** `sha256:<hex>` of that file; packages that others registered may have none. */
  readonly evaluationDigest?: string
  readonly contentTypes: readonly string[]
  readonly responseTypes: readonly string[]
  readonly realtimeInstanceTypes: readonly string[]
  readonly transformInstanceTypes: readonly string[]
  readonly commit: string
  readonly repository: string
  /** URL of the run that registered it. */
  readonly generatedBy: string
  readonly metadata: Readonly<Record<string, string>>
}

/** Keys of the metadata that the suite reads again. Part of the public interface: never renamed. */
export const METADATA = {
  runKey: 'run-key',
  artifactDigest: 'artifact-digest',
  artifactEtag: 'artifact-etag',
  gateDigest: 'gate-report-digest',
  gateReport: 'gate-report-uri',
  verdict: 'gate-verdict',
  dataDigest: 'data-digest',
  trainingJob: 'training-job',
  runUrl: 'run-url',
  golden: 'golden-uri',
  goldenDigest: 'golden-digest',
  features: 'features-uri',
  featuresDigest: 'features-digest',
} as const

/** What the metadata says, by name. */
export interface MetadataFacts {
  /** `sha256:<hex>` of the model artifact's bytes. */
  readonly artifactDigest?: string
  readonly goldenUri?: S3Uri
  readonly trainingJob?: string
}

export const metadataFacts = ({
  [METADATA.artifactDigest]: artifactDigest,
  [METADATA.golden]: goldenUri,
  [METADATA.trainingJob]: trainingJob,
}: Readonly<Record<string, string>>): MetadataFacts => ({
  ...(artifactDigest === undefined ? {} : { artifactDigest }),
  ...(goldenUri === undefined ? {} : { goldenUri: goldenUri as S3Uri }),
  ...(trainingJob === undefined ? {} : { trainingJob }),
})

/** The key that marks the one package which was proven healthy last in an environment. */
export const championKey = (environment: string): string => `champion:${environment}`
/** The key that says how a release of the package fared in an environment. */
export const healthKey = (environment: string): string => `health:${environment}`
export const UNHEALTHY = 'unhealthy'
export const METRIC_PREFIX = 'metric:'

/** The metadata without what changes over a package's life. */
export const stateless = (metadata: Readonly<Record<string, string>>): Readonly<Record<string, string>> =>
  Object.fromEntries(
    Object.entries(metadata).filter(
      ([key]) => ![championKey(''), healthKey('')].some((prefix) => key.startsWith(prefix)),
    ),
  )

/** Environments in which a release of the package was found unhealthy. */
export const unhealthyIn = ({ metadata }: Pick<ModelPackage, 'metadata'>): readonly string[] =>
  Object.entries(metadata)
    .filter(([key, value]) => key.startsWith(healthKey('')) && value === UNHEALTHY)
    .map(([key]) => key.slice(healthKey('').length))
    .toSorted()
