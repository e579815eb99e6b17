import {
  type Channel,
  hyperparameterTexts,
  jobPlan,
  readChannels,
  type S3Uri,
  scriptModeParameters,
  type TrainingPlan,
} from '@mlops/core'
import type { Inputs } from './spec.ts'

const within = (uri: S3Uri, ...parts: readonly string[]) => [uri.replace(/\/+$/, ''), ...parts].join('/') as S3Uri

export const sourcePrefix = ({ outputPath }: Inputs): S3Uri => within(outputPath, 'source')
export const recordUri = ({ outputPath, jobNamePrefix }: Inputs): S3Uri =>
  within(outputPath, '_runs', `${jobNamePrefix}.json`)

/** The channels; the spec's rules have refused any that can't be read. */
export const channelsOf = ({ channels }: Inputs): readonly Channel[] => {
  const read = readChannels(channels ?? {})
  return read.ok ? read.value : []
}

/** What is to be trained, before it has a name: the basis of the run key. */
export const trainingPlan = (inputs: Inputs, image: string): TrainingPlan => ({
  ...jobPlan(inputs, image),
  channels: channelsOf(inputs),
  outputPath: inputs.outputPath,
  hyperparameters: hyperparameterTexts(inputs.hyperparameters ?? {}, inputs.entryPoint !== undefined),
  metricDefinitions: inputs.metricDefinitions ?? {},
  ...(inputs.maxWait === undefined ? {} : { maxWait: inputs.maxWait }),
  ...(inputs.checkpointS3 === undefined ? {} : { checkpoint: inputs.checkpointS3 }),
  internalRetries: inputs.internalRetries,
})

export interface Submittable {
  readonly plan: TrainingPlan
  readonly key: string
  readonly region: string
  readonly jobName: string
  readonly onDemand: boolean
  readonly script?: { readonly program: string; readonly archive: S3Uri }
}

const CHECKPOINT_KEY_LENGTH = 16

/** The plan as it is submitted: with the script's place, its checkpoint folder, and without spot once that was given up. */
export const submitted = ({ plan, key, region, jobName, onDemand, script }: Submittable): TrainingPlan => {
  const { maxWait, checkpoint, ...rest } = plan
  const scriptMode =
    script === undefined
      ? {}
      : scriptModeParameters({ program: script.program, submitDirectory: script.archive, region, jobName })
  return {
    ...rest,
    hyperparameters: { ...plan.hyperparameters, ...scriptMode },
    ...(maxWait === undefined || onDemand ? {} : { maxWait }),
    ...(checkpoint === undefined ? {} : { checkpoint: within(checkpoint, `${key.slice(0, CHECKPOINT_KEY_LENGTH)}/`) }),
  }
}
