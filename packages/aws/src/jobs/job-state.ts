import type { DescribeProcessingJobCommandOutput, DescribeTrainingJobCommandOutput } from '@aws-sdk/client-sagemaker'
import { type Arn, type EpochMs, epochMs, type JobState, type JobStatus, type S3Uri, STARTED_BY } from '@mlops/core'

// Training and processing jobs share these words; one that is not known here is a job that goes on.
const STATUS: Readonly<Record<string, JobStatus>> = {
  InProgress: 'in-progress',
  Stopping: 'stopping',
  Completed: 'completed',
  Failed: 'failed',
  Stopped: 'stopped',
}
const statusOf = (word: string | undefined): JobStatus => STATUS[word ?? ''] ?? 'in-progress'

const time = (date: Date | undefined): EpochMs | undefined => (date === undefined ? undefined : epochMs(date.getTime()))

const given = <K extends string, V>(key: K, value: V | undefined): { readonly [P in K]?: V } =>
  // A computed key widens to an index signature, which the declared type narrows again.
  value === undefined ? {} : ({ [key]: value } as { readonly [P in K]?: V })

export const trainingState = (job: DescribeTrainingJobCommandOutput): JobState => {
  const transitions = job.SecondaryStatusTransitions ?? []
  const status = statusOf(job.TrainingJobStatus)
  const artifact = job.ModelArtifacts?.S3ModelArtifacts
  return {
    kind: 'training',
    name: job.TrainingJobName ?? '',
    arn: (job.TrainingJobArn ?? '') as Arn,
    status,
    phase: job.SecondaryStatus ?? '',
    message: transitions.at(-1)?.StatusMessage ?? '',
    failureReason: job.FailureReason ?? '',
    exitMessage: '',
    instanceType: job.ResourceConfig?.InstanceType ?? '',
    instanceCount: job.ResourceConfig?.InstanceCount ?? 1,
    createdAt: time(job.CreationTime) ?? epochMs(0),
    ...given('startedAt', time(job.TrainingStartTime)),
    ...given('endedAt', time(job.TrainingEndTime)),
    ...given('trainingSeconds', job.TrainingTimeInSeconds),
    ...given('billableSeconds', job.BillableTimeInSeconds),
    // Describe names the artifact from the beginning; it is there only once the job has ended.
    ...(status === 'completed' || status === 'stopped' ? given('artifactUri', artifact as S3Uri | undefined) : {}),
    metrics: (job.FinalMetricDataList ?? []).map(({ MetricName = '', Value = Number.NaN }) => ({
      name: MetricName,
      value: Value,
    })),
    interruptions: transitions.filter(({ Status }) => Status === 'Interrupted').length,
    startedBy: job.Environment?.[STARTED_BY] ?? '',
  }
}

const secondsBetween = (from: Date | undefined, to: Date | undefined): number | undefined =>
  from === undefined || to === undefined ? undefined : Math.round((to.getTime() - from.getTime()) / 1000)

export const processingState = (job: DescribeProcessingJobCommandOutput): JobState => {
  const cluster = job.ProcessingResources?.ClusterConfig
  const lasted = secondsBetween(job.ProcessingStartTime, job.ProcessingEndTime)
  return {
    kind: 'processing',
    name: job.ProcessingJobName ?? '',
    arn: (job.ProcessingJobArn ?? '') as Arn,
    status: statusOf(job.ProcessingJobStatus),
    phase: job.ProcessingJobStatus ?? '',
    message: '',
    failureReason: job.FailureReason ?? '',
    exitMessage: job.ExitMessage ?? '',
    instanceType: cluster?.InstanceType ?? '',
    instanceCount: cluster?.InstanceCount ?? 1,
    createdAt: time(job.CreationTime) ?? epochMs(0),
    ...given('startedAt', time(job.ProcessingStartTime)),
    ...given('endedAt', time(job.ProcessingEndTime)),
    ...given('trainingSeconds', lasted),
    // There is no spot for processing: all of its time is billed.
    ...given('billableSeconds', lasted),
    metrics: [],
    interruptions: 0,
    startedBy: job.Environment?.[STARTED_BY] ?? '',
  }
}
