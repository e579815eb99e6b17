import type { Arn, S3Uri } from '../brand.ts'
import type { ApprovalStatus } from '../gate/judgement.ts'
import { type Document, type Fields, isRecord, readDocument } from './document.ts'
import { METADATA, METRIC_PREFIX, type ModelPackage, stateless } from './package.ts'

/**
 * latest.json: what a deployment needs to know about one model package, in one environment. It says nothing about who
 * exported it and when, so that the same package gives the same bytes. Part of the public interface: a field is added,
 * never renamed.
 */
export interface DeploymentConfig {
  readonly version: 1
  readonly model_info: {
    readonly package_arn: Arn
    readonly group: string
    readonly version: number
    readonly model_data_url: S3Uri
    readonly artifact_digest?: string
    readonly image: string
    readonly image_digest?: string
    readonly training_job?: string
    readonly created_at: string
  }
  readonly performance_metrics: {
    readonly verdict?: string
    /** The metrics that the package names, as they were written: files decide, see the URIs. */
    readonly metrics: Readonly<Record<string, number>>
    readonly statistics_uri?: S3Uri
    readonly statistics_digest?: string
    readonly gate_report_uri?: string
    readonly gate_report_digest?: string
  }
  readonly deployment_config: {
    readonly environment: string
    readonly content_types: readonly string[]
    readonly response_types: readonly string[]
    readonly realtime_instance_types: readonly string[]
    readonly transform_instance_types: readonly string[]
    readonly golden_uri?: string
    readonly golden_digest?: string
  }
  /** The document that the model was registered with; empty when there was none. */
  readonly feature_info: Readonly<Record<string, unknown>>
  readonly metadata: {
    readonly approval_status: ApprovalStatus
    readonly approval_description: string
    readonly commit: string
    readonly repository: string
    readonly generated_by: string
    readonly custom: Readonly<Record<string, string>>
  }
}

const metricsOf = (metadata: Readonly<Record<string, string>>) =>
  Object.fromEntries(
    Object.entries(metadata)
      .filter(([key]) => key.startsWith(METRIC_PREFIX))
      .map(([key, value]) => [key.slice(METRIC_PREFIX.length), Number(value)] as const)
      .filter(([, value]) => Number.isFinite(value)),
  )

type Defined<T> = { readonly [K in keyof T]?: Exclude<T[K], undefined> }
const defined = <T extends Readonly<Record<string, unknown>>>(fields: T): Defined<T> =>
  Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined)) as Defined<T>

/** The document of a package. */
export const deploymentConfig = (
  found: ModelPackage,
  environment: string,
  features: Readonly<Record<string, unknown>>,
): DeploymentConfig => ({
  version: 1,
  model_info: {
    package_arn: found.arn,
    group: found.group,
    version: found.version,
    model_data_url: found.modelDataUrl,
    image: found.image,
    // oxlint-disable-next-line no-restricted-globals -- formats a given time, asks for none
    created_at: new Date(found.createdAt).toISOString(),
    ...defined({
      artifact_digest: found.artifactDigest,
      image_digest: found.imageDigest,
      training_job: found.trainingJob,
    }),
  },
  performance_metrics: {
    metrics: metricsOf(found.metadata),
    ...defined({
      verdict: found.metadata[METADATA.verdict],
      statistics_uri: found.evaluationUri,
      statistics_digest: found.evaluationDigest,
      gate_report_uri: found.metadata[METADATA.gateReport],
      gate_report_digest: found.metadata[METADATA.gateDigest],
    }),
  },
  deployment_config: {
    environment,
    content_types: found.contentTypes,
    response_types: found.responseTypes,
    realtime_instance_types: found.realtimeInstanceTypes,
    transform_instance_types: found.transformInstanceTypes,
    ...defined({ golden_uri: found.goldenUri, golden_digest: found.metadata[METADATA.goldenDigest] }),
  },
  feature_info: features,
  metadata: {
    approval_status: found.approvalStatus,
    approval_description: found.approvalDescription,
    commit: found.commit,
    repository: found.repository,
    generated_by: found.generatedBy,
    custom: stateless(found.metadata),
  },
})

const complaint = ({ model_info: info, deployment_config: config }: Fields): string | undefined => {
  const named =
    isRecord(info) &&
    [info['package_arn'], info['group']].every((field) => typeof field === 'string') &&
    typeof info['version'] === 'number'
  if (!named) return 'it does not say which package it is about'
  return isRecord(config) && typeof config['environment'] === 'string'
    ? undefined
    : 'it does not say which environment it is for'
}

/** Reads latest.json. */
export const readDeploymentConfig = (text: string): Document<DeploymentConfig> => readDocument(text, complaint)

/** The bytes of the document. */
export const configText = (config: DeploymentConfig): string => `${JSON.stringify(config, undefined, 2)}\n`
