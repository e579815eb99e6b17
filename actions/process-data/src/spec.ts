import { awsInputs, defineAction, input, type InputsOf, jobInputs, jobRules, output, rule } from '@mlops/action-kit'
import { jobInputOptions as job, PROCESSING_LIMIT, readDataInputs, readDataOutputs, REUSE_MODES } from '@mlops/core'
import { argumentsInput } from './arguments-input.ts'

type Texts = Readonly<Record<string, string>>
// The parser of each input promises its type; rules see all of them as unknown.
const texts = (value: unknown) => (value ?? {}) as Texts
const list = (value: unknown) => (value ?? []) as readonly string[]

/** The code comes as an input of its own. */
export const INPUT_LIMIT = PROCESSING_LIMIT - 1
export const CODE_PATH = '/opt/ml/processing/input/code'

const inputProblem = (inputs: Texts) => {
  const read = readDataInputs(inputs, INPUT_LIMIT)
  if (!read.ok) return read.fault
  const clash = read.value.find(({ path }) => path === CODE_PATH || path.startsWith(`${CODE_PATH}/`))
  return clash === undefined
    ? undefined
    : { what: `has ${clash.name} at ${clash.path}`, why: 'the code lies there', hint: 'give it another name or path' }
}

const outputProblem = (outputs: readonly string[]) => {
  const read = readDataOutputs(outputs)
  return read.ok ? undefined : read.fault
}

const spotProblem = (spot: boolean) =>
  spot
    ? { what: 'is on', why: 'SageMaker has no spot machines for processing jobs', hint: 'leave spot out' }
    : undefined

export const spec = defineAction({
  id: 'process-data',
  name: 'Process data on SageMaker',
  description:
    'Runs a SageMaker processing job to its end and publishes what it wrote as one data set, or finds that the same data has been processed before.',
  branding: { icon: 'filter', color: 'orange' },
  post: true,
  inputs: {
    ...awsInputs,
    ...jobInputs,
    'source-dir': input.string({ ...job.sourceDir, required: true }),
    code: input.string({ help: 'Python script in source-dir that processes the data.', required: true }),
    arguments: argumentsInput,
    inputs: input.keyValues({
      help: 'Data by name, as lines of name=s3://… or JSON. It lies in /opt/ml/processing/input/<name>; a value may be JSON with uri, path and distribution.',
    }),
    outputs: input.list({
      help: 'Names of what the script writes, one a line or separated by commas. It writes to /opt/ml/processing/output/<name>, or to the folder in name=/opt/ml/processing/….',
      required: true,
    }),
    'output-path': input.s3Uri({
      help: 'Prefix of the data set: each job writes below _runs/ there, and latest.json names the one that counts.',
      required: true,
    }),
    'max-runtime': input.duration({ help: 'Time limit of the job.', default: '1h' }),
    spot: input.boolean({
      help: 'Not available: SageMaker has no spot machines for processing jobs.',
      default: 'false',
    }),
    reuse: input.oneOf(REUSE_MODES, { ...job.reuse, default: 'content' }),
  },
  rules: [
    ...jobRules,
    rule(['spot'], '`spot` is refused: SageMaker has no spot machines for processing jobs.', (values) =>
      spotProblem(values['spot'] === true),
    ),
    rule(['inputs'], `At most ${INPUT_LIMIT} \`inputs\`, none of them where the code lies.`, (values) =>
      inputProblem(texts(values['inputs'])),
    ),
    rule(['outputs'], `At most ${PROCESSING_LIMIT} \`outputs\`, below /opt/ml/processing.`, (values) =>
      outputProblem(list(values['outputs'])),
    ),
    rule(['max-runtime'], '`max-runtime` is at most 777600 s.', (values) =>
      Number(values['max-runtime']) > 777_600
        ? { what: 'is more than 9 days', why: 'SageMaker ends processing jobs then', hint: 'lower it' }
        : undefined,
    ),
  ],
  outputs: {
    'job-name': output.string('Name of the job.'),
    'job-arn': output.arn('ARN of the job.'),
    'output-uris': output.json('S3 URI of each output, by name.'),
    rows: output.number('Field `rows` of metadata.json, when an output has that file.'),
    metadata: output.json('The metadata.json that an output has.'),
    'data-fingerprint': output.string('Digest of all output objects: equal data, equal fingerprint.'),
    'manifest-uri': output.s3Uri('latest.json, which names the data set that counts.'),
    published: output.boolean('Whether this data set is the one that counts now.'),
    'billable-seconds': output.number('Seconds that are billed.'),
    'estimated-cost': output.number('Cost of all attempts of this run, by price-per-hour.'),
    'failure-reason': output.string("SageMaker's reason for the failure."),
    attached: output.boolean('Whether the job had been started by another process.'),
    reused: output.boolean('Whether the same data had been processed before.'),
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
        actions: ['sagemaker:CreateProcessingJob', 'sagemaker:DescribeProcessingJob', 'sagemaker:StopProcessingJob'],
        resources: ['arn:<partition>:sagemaker:<region>:<account>:processing-job/<job-name-prefix>-*'],
        why: 'to start the job, look at it, and stop it when the run is cancelled',
      },
      {
        sid: 'TagJobs',
        actions: ['sagemaker:AddTags'],
        resources: ['arn:<partition>:sagemaker:<region>:<account>:processing-job/<job-name-prefix>-*'],
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
        why: 'to find the objects of each input and output, and to tell a missing object from a forbidden one',
      },
      {
        sid: 'KeepSourceAndManifest',
        actions: ['s3:GetObject', 's3:PutObject'],
        resources: ['arn:<partition>:s3:::<data-bucket>/*source/*', 'arn:<partition>:s3:::<data-bucket>/*latest.json'],
        why: 'to upload the code once, and to publish the data set',
      },
      {
        sid: 'ReadMetadata',
        actions: ['s3:GetObject'],
        resources: ['arn:<partition>:s3:::<data-bucket>/*/metadata.json'],
        why: 'to give what the job says about its data as outputs',
      },
      {
        sid: 'ReadLogs',
        actions: ['logs:DescribeLogStreams', 'logs:GetLogEvents'],
        resources: ['arn:<partition>:logs:<region>:<account>:log-group:/aws/sagemaker/ProcessingJobs:*'],
        why: "to show the job's log, and its traceback when it fails",
      },
    ],
  },
})

export type Spec = typeof spec
export type Inputs = InputsOf<Spec>
