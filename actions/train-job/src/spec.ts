import {
  atLeast,
  awsInputs,
  defineAction,
  input,
  type InputsOf,
  jobInputs,
  jobRules,
  needs,
  output,
  rule,
} from '@mlops/action-kit'
import {
  hyperparameterFaults,
  jobInputOptions as job,
  metricProblem,
  readChannels,
  REUSE_MODES,
  unsafeSpotProblem,
} from '@mlops/core'
import { hyperparametersInput } from './hyperparameters-input.ts'
import type { Hyperparameters } from '@mlops/core'

type Texts = Readonly<Record<string, string>>
// The parser of each input promises its type; rules see all of them as unknown.
const texts = (value: unknown) => (value ?? {}) as Texts

const hyperparameterProblem = (given: Hyperparameters, scriptMode: boolean) => {
  const faults = hyperparameterFaults(given, scriptMode)
  return faults.length === 0
    ? undefined
    : {
        what: `are not usable: ${faults.join('; ')}`,
        why: 'SageMaker would refuse the job',
        hint: 'shorten them, or put large values into a file of source-dir or a channel',
      }
}

const channelProblem = (channels: Texts) => {
  const read = readChannels(channels)
  return read.ok ? undefined : read.fault
}

export const spec = defineAction({
  id: 'train-job',
  name: 'Train a model on SageMaker',
  description:
    'Runs a SageMaker training job to its end: re-runs attach to it, a cancel stops it, and its own error is shown where it arose.',
  branding: { icon: 'cpu', color: 'orange' },
  post: true,
  inputs: {
    ...awsInputs,
    ...jobInputs,
    'source-dir': input.string(job.sourceDir),
    'entry-point': input.string({ help: 'Python script in source-dir that trains.' }),
    channels: input.keyValues({
      help: 'Input data by channel, as lines of name=s3://… or JSON. A value may be JSON with uri, content-type, compression, input-mode and distribution.',
    }),
    'output-path': input.s3Uri({ help: 'Where the model goes; the source archive lies below it too.', required: true }),
    hyperparameters: hyperparametersInput,
    'metric-definitions': input.keyValues({
      help: 'Metrics to read from the log, as lines of name=expression or JSON; each expression has one group around the number.',
    }),
    'max-runtime': input.duration({ help: 'Time limit of the training itself.', default: '1h' }),
    spot: input.boolean({ help: 'Use spot machines.', default: 'false' }),
    'max-wait': input.duration({ help: 'Time limit of the training and the wait for spot machines together.' }),
    'on-spot-timeout': input.oneOf(['fail', 'on-demand'], {
      help: 'What follows when max-wait is over: `on-demand` submits the job once more without spot, from its checkpoint.',
      default: 'fail',
    }),
    'checkpoint-s3': input.s3Uri({
      help: 'Prefix for checkpoints. A folder named by the run key is added, so that a later attempt at the same work resumes.',
    }),
    'allow-unsafe-spot': input.boolean({
      help: 'Allow spot for more than an hour without checkpoints.',
      default: 'false',
    }),
    reuse: input.oneOf(REUSE_MODES, job.reuse),
  },
  rules: [
    ...jobRules,
    needs('framework', 'entry-point', 'the framework images run your script'),
    needs('entry-point', 'source-dir', 'the script is taken from there'),
    needs('source-dir', 'entry-point', 'something in it has to be run'),
    needs('spot', 'max-wait', 'SageMaker has to know how long it may wait for a machine'),
    needs('max-wait', 'spot', 'only spot jobs wait'),
    atLeast('max-wait', 'max-runtime', 'it includes the training itself'),
    rule(
      ['spot', 'max-runtime', 'checkpoint-s3', 'allow-unsafe-spot'],
      'Spot for more than an hour needs `checkpoint-s3` or `allow-unsafe-spot`.',
      (values) =>
        unsafeSpotProblem(
          values['spot'] === true,
          Number(values['max-runtime']),
          values['checkpoint-s3'] as string | undefined,
          values['allow-unsafe-spot'] === true,
        ),
    ),
    rule(['channels'], 'At most 20 `channels`, named with letters, digits and `.-_`.', (values) =>
      channelProblem(texts(values['channels'])),
    ),
    rule(
      ['hyperparameters', 'entry-point'],
      'At most 100 `hyperparameters` (95 with `entry-point`), names up to 256 and values up to 2500 characters.',
      (values) =>
        hyperparameterProblem(
          (values['hyperparameters'] ?? {}) as Hyperparameters,
          values['entry-point'] !== undefined,
        ),
    ),
    rule(['metric-definitions'], 'At most 40 `metric-definitions`, each expression with exactly one group.', (values) =>
      metricProblem(texts(values['metric-definitions'])),
    ),
  ],
  outputs: {
    'job-name': output.string('Name of the job.'),
    'job-arn': output.arn('ARN of the job.'),
    'secondary-status': output.string("SageMaker's own word for the job's phase."),
    'model-artifact-uri': output.s3Uri('The model.tar.gz.'),
    metrics: output.json('Last value of each metric, by name.'),
    'training-seconds': output.number('Seconds of training.'),
    'billable-seconds': output.number('Seconds that are billed.'),
    'spot-savings-percent': output.number('Share of the training time that spot has saved.'),
    'estimated-cost': output.number('Cost of all attempts of this run, by price-per-hour.'),
    'failure-reason': output.string("SageMaker's reason for the failure."),
    partial: output.boolean('Whether the artifact is that of a job that was stopped before its end.'),
    attached: output.boolean('Whether the job had been started by another process.'),
    reused: output.boolean('Whether an earlier job had the result already.'),
    'run-key': output.string('Digest of request, code and data.'),
    'log-url': output.url("The job's log in the AWS console."),
  },
  permissions: {
    token: [
      { scope: 'id-token', access: 'write', why: 'to assume role-to-assume; not needed with ambient credentials' },
    ],
    aws: [
      {
        sid: 'RunJobs',
        actions: ['sagemaker:CreateTrainingJob', 'sagemaker:DescribeTrainingJob', 'sagemaker:StopTrainingJob'],
        resources: ['arn:<partition>:sagemaker:<region>:<account>:training-job/<job-name-prefix>-*'],
        why: 'to start the job, look at it, and stop it when the run is cancelled',
      },
      {
        sid: 'TagJobs',
        actions: ['sagemaker:AddTags'],
        resources: ['arn:<partition>:sagemaker:<region>:<account>:training-job/<job-name-prefix>-*'],
        why: 'a job with tags can only be created by who may add them',
      },
      {
        sid: 'PassExecutionRole',
        actions: ['iam:PassRole'],
        resources: ['<execution-role>'],
        conditions: { StringEquals: { 'iam:PassedToService': 'sagemaker.amazonaws.com' } },
        why: 'the job runs as that role',
      },
      {
        sid: 'ListData',
        actions: ['s3:ListBucket'],
        resources: ['arn:<partition>:s3:::<data-bucket>'],
        why: "to find every channel's objects, and to tell a missing object from a forbidden one",
      },
      {
        sid: 'KeepSourceAndRecords',
        actions: ['s3:GetObject', 's3:PutObject'],
        resources: ['arn:<partition>:s3:::<data-bucket>/*source/*', 'arn:<partition>:s3:::<data-bucket>/*_runs/*.json'],
        why: 'to upload the source archive once, and to record the run so that the next can say what changed',
      },
      {
        sid: 'SeeModel',
        actions: ['s3:GetObject'],
        resources: ['arn:<partition>:s3:::<data-bucket>/*/output/model.tar.gz'],
        why: 'to see that the model is there before it is given as an output',
      },
      {
        sid: 'ReadLogs',
        actions: ['logs:DescribeLogStreams', 'logs:GetLogEvents'],
        resources: ['arn:<partition>:logs:<region>:<account>:log-group:/aws/sagemaker/TrainingJobs:*'],
        why: "to show the job's log, and its traceback when it fails",
      },
    ],
  },
})

export type Spec = typeof spec
export type Inputs = InputsOf<Spec>
