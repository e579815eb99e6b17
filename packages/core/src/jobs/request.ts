import type { Arn, S3Uri, Seconds } from '../brand.ts'

/** Create requests as plain data, in SageMaker's own field names, as far as the suite uses them. */
export interface TrainingRequest {
  readonly TrainingJobName: string
  readonly AlgorithmSpecification: {
    readonly TrainingImage: string
    readonly TrainingInputMode: 'File'
    readonly MetricDefinitions?: readonly { readonly Name: string; readonly Regex: string }[]
  }
  readonly RoleArn: string
  readonly InputDataConfig?: readonly TrainingChannel[]
  readonly OutputDataConfig: { readonly S3OutputPath: string; readonly KmsKeyId?: string }
  readonly ResourceConfig: {
    readonly InstanceType: string
    readonly InstanceCount: number
    readonly VolumeSizeInGB: number
    readonly VolumeKmsKeyId?: string
  }
  readonly StoppingCondition: { readonly MaxRuntimeInSeconds: number; readonly MaxWaitTimeInSeconds?: number }
  readonly HyperParameters: Readonly<Record<string, string>>
  readonly Environment: Readonly<Record<string, string>>
  readonly EnableManagedSpotTraining: boolean
  readonly EnableNetworkIsolation: boolean
  readonly VpcConfig?: VpcConfig
  readonly CheckpointConfig?: { readonly S3Uri: string }
  readonly RetryStrategy?: { readonly MaximumRetryAttempts: number }
  readonly Tags: readonly Tag[]
}

export interface ProcessingRequest {
  readonly ProcessingJobName: string
  readonly AppSpecification: {
    readonly ImageUri: string
    readonly ContainerEntrypoint?: readonly string[]
    readonly ContainerArguments?: readonly string[]
  }
  readonly RoleArn: string
  readonly ProcessingInputs?: readonly ProcessingInput[]
  readonly ProcessingOutputConfig?: { readonly Outputs: readonly ProcessingOutput[]; readonly KmsKeyId?: string }
  readonly ProcessingResources: {
    readonly ClusterConfig: {
      readonly InstanceType: string
      readonly InstanceCount: number
      readonly VolumeSizeInGB: number
      readonly VolumeKmsKeyId?: string
    }
  }
  readonly StoppingCondition: { readonly MaxRuntimeInSeconds: number }
  readonly Environment: Readonly<Record<string, string>>
  readonly NetworkConfig?: { readonly EnableNetworkIsolation: boolean; readonly VpcConfig?: VpcConfig }
  readonly Tags: readonly Tag[]
}

export interface Tag {
  readonly Key: string
  readonly Value: string
}
interface VpcConfig {
  readonly Subnets: readonly string[]
  readonly SecurityGroupIds: readonly string[]
}
interface TrainingChannel {
  readonly ChannelName: string
  readonly DataSource: {
    readonly S3DataSource: {
      readonly S3DataType: 'S3Prefix'
      readonly S3Uri: string
      readonly S3DataDistributionType: Distribution
    }
  }
  readonly ContentType?: string
  readonly CompressionType?: 'None' | 'Gzip'
  readonly InputMode?: InputMode
}
interface ProcessingInput {
  readonly InputName: string
  readonly S3Input: {
    readonly S3Uri: string
    readonly LocalPath: string
    readonly S3DataType: 'S3Prefix'
    readonly S3InputMode: 'File'
    readonly S3DataDistributionType: Distribution
  }
}
interface ProcessingOutput {
  readonly OutputName: string
  readonly S3Output: { readonly S3Uri: string; readonly LocalPath: string; readonly S3UploadMode: 'EndOfJob' }
}
type Distribution = 'FullyReplicated' | 'ShardedByS3Key'
type InputMode = 'File' | 'Pipe' | 'FastFile'

/** What both kinds of job have in common. */
export interface JobPlan {
  readonly executionRole: Arn
  readonly image: string
  readonly instanceCount: number
  readonly volumeGb: number
  readonly maxRuntime: Seconds
  readonly environment: Readonly<Record<string, string>>
  readonly subnets: readonly string[]
  readonly securityGroups: readonly string[]
  readonly kmsKey?: string
  readonly networkIsolation: boolean
}

/** What one submission of a job has of its own, and what its run key therefore does not contain. */
export interface Submission {
  readonly name: string
  readonly instanceType: string
  readonly tags: Readonly<Record<string, string>>
  /** `<run id>/<run attempt>`: whoever attaches reads from it whose job it is. */
  readonly startedBy: string
}

export interface Channel {
  readonly name: string
  readonly uri: S3Uri
  readonly contentType?: string
  readonly compression?: 'None' | 'Gzip'
  readonly inputMode?: InputMode
  readonly distribution: Distribution
}

export interface TrainingPlan extends JobPlan {
  readonly channels: readonly Channel[]
  readonly outputPath: S3Uri
  readonly hyperparameters: Readonly<Record<string, string>>
  readonly metricDefinitions: Readonly<Record<string, string>>
  /** Seconds to wait for and use spot machines in all; absent without spot. */
  readonly maxWait?: Seconds
  readonly checkpoint?: S3Uri
  readonly internalRetries: number
}

export interface DataInput {
  readonly name: string
  readonly uri: S3Uri
  /** Folder in the container. */
  readonly path: string
  readonly distribution: Distribution
}

export interface DataOutput {
  readonly name: string
  readonly path: string
}

export interface ProcessingPlan extends JobPlan {
  readonly inputs: readonly DataInput[]
  readonly outputs: readonly (DataOutput & { readonly uri: S3Uri })[]
  readonly entrypoint: readonly string[]
  readonly arguments: readonly string[]
}

/** The variable that carries `Submission.startedBy`; Describe returns a job's environment, but not its tags. */
export const STARTED_BY = 'MLOPS_RUN'

const environmentOf = (plan: JobPlan, { startedBy }: Submission) => ({ ...plan.environment, [STARTED_BY]: startedBy })

const tagsOf = ({ tags }: Submission): readonly Tag[] => Object.entries(tags).map(([Key, Value]) => ({ Key, Value }))

const vpcOf = ({ subnets, securityGroups }: JobPlan) =>
  subnets.length === 0 ? {} : { VpcConfig: { Subnets: subnets, SecurityGroupIds: securityGroups } }

const machinesOf = (plan: JobPlan, { instanceType }: Submission) => ({
  InstanceType: instanceType,
  InstanceCount: plan.instanceCount,
  VolumeSizeInGB: plan.volumeGb,
  ...(plan.kmsKey === undefined ? {} : { VolumeKmsKeyId: plan.kmsKey }),
})

const trainingChannel = ({
  name,
  uri,
  contentType,
  compression,
  inputMode,
  distribution,
}: Channel): TrainingChannel => ({
  ChannelName: name,
  DataSource: { S3DataSource: { S3DataType: 'S3Prefix', S3Uri: uri, S3DataDistributionType: distribution } },
  ...(contentType === undefined ? {} : { ContentType: contentType }),
  ...(compression === undefined ? {} : { CompressionType: compression }),
  ...(inputMode === undefined ? {} : { InputMode: inputMode }),
})

const metricDefinitions = (definitions: TrainingPlan['metricDefinitions']) => {
  const list = Object.entries(definitions).map(([Name, Regex]) => ({ Name, Regex }))
  return list.length === 0 ? {} : { MetricDefinitions: list }
}

/** The CreateTrainingJob request for one submission of the plan. */
export const trainingRequest = (plan: TrainingPlan, submission: Submission): TrainingRequest => ({
  TrainingJobName: submission.name,
  AlgorithmSpecification: {
    TrainingImage: plan.image,
    TrainingInputMode: 'File',
    ...metricDefinitions(plan.metricDefinitions),
  },
  RoleArn: plan.executionRole,
  // An empty list is refused; an image that needs no data has none.
  ...(plan.channels.length === 0 ? {} : { InputDataConfig: plan.channels.map(trainingChannel) }),
  OutputDataConfig: { S3OutputPath: plan.outputPath, ...(plan.kmsKey === undefined ? {} : { KmsKeyId: plan.kmsKey }) },
  ResourceConfig: machinesOf(plan, submission),
  StoppingCondition: {
    MaxRuntimeInSeconds: plan.maxRuntime,
    ...(plan.maxWait === undefined ? {} : { MaxWaitTimeInSeconds: plan.maxWait }),
  },
  HyperParameters: plan.hyperparameters,
  Environment: environmentOf(plan, submission),
  EnableManagedSpotTraining: plan.maxWait !== undefined,
  EnableNetworkIsolation: plan.networkIsolation,
  ...vpcOf(plan),
  ...(plan.checkpoint === undefined ? {} : { CheckpointConfig: { S3Uri: plan.checkpoint } }),
  ...(plan.internalRetries === 0 ? {} : { RetryStrategy: { MaximumRetryAttempts: plan.internalRetries } }),
  Tags: tagsOf(submission),
})

const processingInput = ({ name, uri, path, distribution }: DataInput): ProcessingInput => ({
  InputName: name,
  S3Input: {
    S3Uri: uri,
    LocalPath: path,
    S3DataType: 'S3Prefix',
    S3InputMode: 'File',
    S3DataDistributionType: distribution,
  },
})

/** The CreateProcessingJob request for one submission of the plan. */
export const processingRequest = (plan: ProcessingPlan, submission: Submission): ProcessingRequest => ({
  ProcessingJobName: submission.name,
  AppSpecification: {
    ImageUri: plan.image,
    ...(plan.entrypoint.length === 0 ? {} : { ContainerEntrypoint: plan.entrypoint }),
    ...(plan.arguments.length === 0 ? {} : { ContainerArguments: plan.arguments }),
  },
  RoleArn: plan.executionRole,
  ...(plan.inputs.length === 0 ? {} : { ProcessingInputs: plan.inputs.map(processingInput) }),
  ProcessingOutputConfig: {
    Outputs: plan.outputs.map(({ name, uri, path }) => ({
      OutputName: name,
      S3Output: { S3Uri: uri, LocalPath: path, S3UploadMode: 'EndOfJob' },
    })),
    ...(plan.kmsKey === undefined ? {} : { KmsKeyId: plan.kmsKey }),
  },
  ProcessingResources: { ClusterConfig: machinesOf(plan, submission) },
  StoppingCondition: { MaxRuntimeInSeconds: plan.maxRuntime },
  Environment: environmentOf(plan, submission),
  NetworkConfig: { EnableNetworkIsolation: plan.networkIsolation, ...vpcOf(plan) },
  Tags: tagsOf(submission),
})

const without = (request: Readonly<Record<string, unknown>>, fields: readonly string[]) =>
  Object.fromEntries(Object.entries(request).filter(([field]) => !fields.includes(field)))

/** The submission that stands in the identity of a job: every type it may run on, and nothing of a single run. */
const anySubmission = (instanceTypes: readonly string[]): Submission => ({
  name: '',
  instanceType: instanceTypes.join(','),
  tags: {},
  startedBy: '',
})

/** The part of the request that two runs of the same work share, for the run key. */
export const trainingIdentity = (plan: TrainingPlan, instanceTypes: readonly string[]) =>
  without({ ...trainingRequest(plan, anySubmission(instanceTypes)) }, ['TrainingJobName', 'Tags', 'RetryStrategy'])

/** As `trainingIdentity`. Where the outputs go depends on the key, so it is not part of it. */
export const processingIdentity = (plan: ProcessingPlan, instanceTypes: readonly string[]) =>
  without({ ...processingRequest(plan, anySubmission(instanceTypes)) }, ['ProcessingJobName', 'Tags'])
