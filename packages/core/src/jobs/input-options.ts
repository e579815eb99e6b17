import { JOB_PREFIX_LIMIT } from '../naming.ts'

/**
 * What the inputs say that both job actions have. Only the kind of each input is left to the actions' specs, because it
 * belongs to the action kit.
 */
export const jobInputOptions = {
  jobNamePrefix: {
    help: `Start of the job's name, at most ${JOB_PREFIX_LIMIT} letters, digits and inner hyphens. Run key, run and attempt follow.`,
    required: true,
  },
  executionRole: { help: 'Role that the job itself runs as.', required: true },
  image: { help: "The job's container image. Give this or framework." },
  framework: { help: 'Take the AWS image of this framework in place of `image`.' },
  frameworkVersion: { help: 'Version of the framework, as in the tag of its image: `1.2-1`, `1.7-1`.' },
  sourceDir: {
    help: 'Folder with the code, relative to the workspace. It is packed deterministically and uploaded once.',
  },
  instanceTypes: {
    help: 'Instance types in order of preference, one a line or separated by commas. A later one is taken when quota or capacity does not allow an earlier one.',
    default: 'ml.m5.xlarge',
  },
  instanceCount: { help: 'Number of instances.', default: '1', min: 1, max: 100 },
  volumeGb: { help: 'Disk of each instance in GB.', default: '30', min: 1, max: 16_384 },
  environment: { help: 'Environment variables of the job, as lines of key=value or JSON.' },
  subnets: { help: 'Subnets of your VPC to run in, one a line or separated by commas.' },
  securityGroups: { help: 'Security groups in that VPC.' },
  kmsKey: { help: 'KMS key for the disks and the results.' },
  networkIsolation: { help: 'Allow the container no network at all.', default: 'false' },
  tags: { help: 'Tags of the job, as lines of key=value or JSON, beside those that say which run made it.' },
  reuse: {
    help: 'What an earlier job of the same request, code and data is good for: `run` adopts it within this workflow run and its re-runs, `content` across all runs, `never` makes a new job each time.',
    default: 'run',
  },
  wait: { help: 'Wait for the end of the job. With false the step ends as soon as the job exists.', default: 'true' },
  waitTimeout: {
    help: 'How long to wait. The default ends before the six hours of a hosted runner do.',
    default: '5h30m',
  },
  onTimeout: { help: 'What becomes of the job when wait-timeout is over.', default: 'leave' },
  onCancel: {
    help: 'What becomes of the job when the run is cancelled. A job that another run started is always left alone.',
    default: 'stop',
  },
  attach: { help: 'Wait for the job of this name, which exists already, and create none.' },
  logs: {
    help: "`tail` shows the job's log while it runs, `errors` its last lines when it fails, `off` nothing.",
    default: 'tail',
  },
  capacityRetries: {
    help: 'Tries after all instance types had no capacity, 5, 10 and then 20 minutes apart.',
    default: '3',
    min: 0,
    max: 20,
  },
  quotaWait: { help: 'How long to wait for quota that other jobs use up.', default: '20m' },
  internalRetries: { help: 'Further attempts after internal errors of SageMaker.', default: '3', min: 0, max: 30 },
  pricePerHour: {
    help: 'Price of an instance hour by instance type (ml.m5.xlarge=0.23), for the estimated cost and max-cost.',
  },
  maxCost: { help: 'Create no job that could cost more than this: max-runtime × instances × price.', min: 0 },
} as const
