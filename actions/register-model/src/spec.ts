import {
  awsInputs,
  defineAction,
  input,
  type InputsOf,
  needs,
  output,
  rule,
  type Rule,
  type Values,
} from '@mlops/action-kit'
import {
  APPROVAL_POLICIES,
  ENVIRONMENTS,
  fitsMetadata,
  FRAMEWORKS,
  groupProblem,
  instanceTypeProblem,
  jobInputOptions as job,
  metadataProblem,
  tagProblem,
} from '@mlops/core'

type Texts = Readonly<Record<string, string>>
// The parser of each input promises its type; rules see all of them as unknown.
const texts = (value: unknown) => (value ?? {}) as Texts
const list = (value: unknown) => (value ?? []) as readonly string[]

type Mode = 'register' | 'approve'
const isMissing = (values: Values, mode: Mode, name: string) => values['mode'] === mode && values[name] === undefined

/** A text that a mode needs. */
const neededTo = (mode: Mode, name: string, why: string): Rule =>
  rule([name, 'mode'], `To ${mode}, \`${name}\` is needed: ${why}.`, (values) =>
    isMissing(values, mode, name) ? { what: 'is missing', why, hint: 'give it under with:' } : undefined,
  )

/** A name that a mode needs, and that mostly comes from another step. */
const namedTo = (mode: Mode, name: string, why: string): Rule =>
  rule([name, 'mode'], `To ${mode}, \`${name}\` is needed: ${why}.`, (values) =>
    isMissing(values, mode, name)
      ? {
          code: 'E-EMPTY',
          what: 'is empty',
          why: `${why}; a job output that contains a masked secret is dropped by GitHub, so it arrives empty`,
          hint: 'give it; when it comes from another job, keep the account id in vars instead of secrets',
        }
      : undefined,
  )

/** The longest of what is put below metrics-prefix. */
const BELOW_PREFIX = `/${'0'.repeat(16)}/gate-report.json`

export const spec = defineAction({
  id: 'register-model',
  name: 'Register a model in SageMaker',
  description:
    'Registers a model in the SageMaker model registry, approved only when the gate approved this very artifact; also approves by hand what the gate left open.',
  branding: { icon: 'archive', color: 'purple' },
  inputs: {
    ...awsInputs,
    mode: input.oneOf(['register', 'approve'], {
      help: '`register` a model, or `approve` a package that waits for a person.',
      default: 'register',
    }),
    'model-package-group': input.string({
      help: 'Name of the model package group, which is created when it is missing; or the ARN of one that another account shares.',
    }),
    'model-artifact-uri': input.s3Uri({ help: 'The model.tar.gz.' }),
    image: input.image({ help: 'Container image that serves the model. Give this or framework.' }),
    framework: input.oneOf(FRAMEWORKS, job.framework),
    'framework-version': input.matching(/^\d[\w.-]*$/, 'a version like 1.2-1', job.frameworkVersion),
    'gate-report': input.string({
      help: 'gate-report.json of evaluate-gate, as S3 URI or path. Without it nothing is approved. The statistics.json beside it becomes the metrics of the package.',
    }),
    'metrics-prefix': input.s3Uri({
      help: 'S3 prefix for the files that the package names: report, metrics, features. Each lies below its digest. Falls back to the folder of a gate-report in S3.',
    }),
    'evaluation-results': input.string({
      help: 'Metric file of the model, as S3 URI or path, when there is no statistics.json beside the gate report.',
    }),
    features: input.string({
      help: 'JSON document about features and labels, as S3 URI or path; export-deployment-config hands it on.',
    }),
    golden: input.s3Uri({
      help: "Golden answers of this model. Falls back to the gate report's.",
    }),
    approval: input.oneOf(APPROVAL_POLICIES, {
      help: '`from-gate` approves what the gate approved, `manual` leaves that to a person. What the gate rejected is rejected either way.',
      default: 'from-gate',
    }),
    'on-reject': input.oneOf(['register-rejected', 'skip'], {
      help: 'What becomes of a model that the gate rejected: registered as Rejected, as a record, or not at all.',
      default: 'register-rejected',
    }),
    environment: input.oneOf(ENVIRONMENTS, {
      help: 'Environment whose champion is named in `previous-champion-arn`.',
      default: 'prod',
    }),
    'training-job-name': input.string({
      help: "Job that trained the model. Falls back to the gate report's.",
    }),
    metadata: input.keyValues({
      help: 'Entries of your own in the metadata of the package, as lines of key=value or JSON. Values are made to fit.',
    }),
    tags: input.keyValues({
      help: 'Tags of the group, used when it is created. SageMaker allows none on the packages in it.',
    }),
    'content-types': input.list({ help: 'MIME types that the model takes.', default: 'application/json' }),
    'response-types': input.list({ help: 'MIME types that it answers with.', default: 'application/json' }),
    'realtime-instance-types': input.list({
      help: 'Instance types that it may be served on.',
      default: 'ml.m5.large',
    }),
    'transform-instance-types': input.list({
      help: 'Instance types that it may transform batches on.',
      default: 'ml.m5.large',
    }),
    lineage: input.oneOf(['best-effort', 'off', 'required'], {
      help: 'Whether the package is drawn into the lineage graph, and whether it is an error when that fails.',
      default: 'best-effort',
    }),
    'package-arn': input.arn({
      service: 'sagemaker',
      resource: /^model-package\/[^/]+\/[1-9]\d*$/,
      help: 'Package to approve. Give this, or model-package-group and package-version.',
    }),
    'package-version': input.integer({ help: 'Version to approve.', min: 1 }),
    reason: input.string({ help: 'Why a person approves; it is kept with the package.' }),
  },
  rules: [
    namedTo('register', 'model-package-group', 'a model is registered in a group'),
    namedTo('register', 'model-artifact-uri', 'it is what is registered'),
    rule(['model-package-group'], '`model-package-group` is a name or the ARN of a group.', (values) => {
      const group = values['model-package-group']
      return typeof group === 'string' ? groupProblem(group) : undefined
    }),
    rule(['image', 'framework', 'mode'], 'To register, exactly one of `image`, `framework` is given.', (values) => {
      const given = ['image', 'framework'].filter((name) => values[name] !== undefined)
      if (values['mode'] !== 'register' || given.length === 1) return undefined
      return {
        what: given.length === 0 ? 'and framework are both missing' : 'stands beside framework',
        why: 'a package names the image that serves it',
        hint: given.length === 0 ? 'give one of them' : 'keep one of them',
      }
    }),
    needs('framework', 'framework-version', 'the version is a part of the image'),
    needs('framework-version', 'framework', 'an image has its version in its tag'),
    rule(
      ['metrics-prefix', 'gate-report', 'evaluation-results', 'features'],
      'Files need `metrics-prefix`, or a `gate-report` in S3, beside which they are kept.',
      (values) => {
        const files = ['gate-report', 'evaluation-results', 'features'].filter((name) => values[name] !== undefined)
        const inS3 = String(values['gate-report']).startsWith('s3://')
        return files.length === 0 || inS3 || values['metrics-prefix'] !== undefined
          ? undefined
          : {
              what: 'is missing',
              why: `the package names ${files.join(', ')} by a place in S3`,
              hint: 'give it, or the output report-uri of evaluate-gate as gate-report',
            }
      },
    ),
    rule(['metrics-prefix'], '`metrics-prefix` has at most 222 characters, none of them a special one.', (values) => {
      const prefix = values['metrics-prefix']
      return typeof prefix !== 'string' || fitsMetadata(`${prefix}${BELOW_PREFIX}`)
        ? undefined
        : {
            what: `is ${prefix.slice(0, 80)}`,
            why: "places stand in the package's metadata, which takes letters, digits, spaces and _.:/=+-@, at most 256 of them",
            hint: 'choose a shorter or plainer place',
          }
    }),
    rule(['metadata'], 'At most 16 entries in `metadata`; keys of the suite are reserved.', (values) =>
      metadataProblem(texts(values['metadata'])),
    ),
    rule(['tags'], 'At most 45 `tags`; `aws:` and `mlops:` are reserved.', (values) =>
      tagProblem(texts(values['tags'])),
    ),
    rule(['realtime-instance-types'], '`realtime-instance-types` are SageMaker instance types.', (values) =>
      instanceTypeProblem(list(values['realtime-instance-types'])),
    ),
    rule(['transform-instance-types'], '`transform-instance-types` are SageMaker instance types.', (values) =>
      instanceTypeProblem(list(values['transform-instance-types'])),
    ),
    rule(
      ['package-arn', 'package-version', 'model-package-group', 'mode'],
      'To approve, `package-arn` is given, or `model-package-group` and `package-version`.',
      (values) => {
        const byVersion = values['model-package-group'] !== undefined && values['package-version'] !== undefined
        if (values['mode'] !== 'approve' || (values['package-arn'] !== undefined) !== byVersion) return undefined
        return {
          what: byVersion ? 'stands beside model-package-group and package-version' : 'is missing',
          why: 'exactly one package is approved',
          hint: byVersion ? 'keep one of the two' : 'give it, or model-package-group and package-version',
        }
      },
    ),
    neededTo('approve', 'reason', 'whoever looks at the package later wants to know'),
  ],
  outputs: {
    'package-arn': output.arn('ARN of the package; empty when none was registered.'),
    'package-version': output.number('Its version in the group.'),
    'approval-status': output.string('`Approved`, `Rejected` or `PendingManualApproval`, as the registry has it now.'),
    created: output.string('`created`, or `existing` when an earlier process had registered it.'),
    'previous-champion-arn': output.arn(
      'The champion of `environment` when the model was registered; empty when there was none.',
    ),
    'previous-versions': output.json(
      'The ten newest versions before this one: version, arn, approvalStatus, createdAt.',
    ),
    'artifact-digest': output.string('`sha256:<hex>` of the model artifact.'),
    'run-key': output.string('Key of the registration, the same in all attempts of a run.'),
  },
  permissions: {
    token: [
      { scope: 'id-token', access: 'write', why: 'to assume role-to-assume; not needed with ambient credentials' },
    ],
    aws: [
      {
        sid: 'FindPackages',
        actions: ['sagemaker:ListModelPackages'],
        resources: ['*'],
        why: 'to find what was registered before; it has no resource of its own',
      },
      {
        sid: 'KeepGroup',
        actions: ['sagemaker:CreateModelPackageGroup', 'sagemaker:DescribeModelPackageGroup'],
        resources: ['arn:<partition>:sagemaker:<region>:<account>:model-package-group/<model-package-group>'],
        why: 'to create the group when it is missing',
      },
      {
        sid: 'TagGroup',
        actions: ['sagemaker:AddTags'],
        resources: ['arn:<partition>:sagemaker:<region>:<account>:model-package-group/<model-package-group>'],
        why: 'a group with tags can only be created by who may add them',
      },
      {
        sid: 'Register',
        actions: ['sagemaker:CreateModelPackage'],
        resources: [
          'arn:<partition>:sagemaker:<region>:<account>:model-package-group/<model-package-group>',
          'arn:<partition>:sagemaker:<region>:<account>:model-package/<model-package-group>/*',
        ],
        why: 'to register the model',
      },
      {
        sid: 'SeePackages',
        actions: ['sagemaker:BatchDescribeModelPackage', 'sagemaker:DescribeModelPackage'],
        resources: ['arn:<partition>:sagemaker:<region>:<account>:model-package/<model-package-group>/*'],
        why: 'to see whether it was registered before, and when it is completed',
      },
      {
        sid: 'Decide',
        actions: ['sagemaker:UpdateModelPackage'],
        resources: ['arn:<partition>:sagemaker:<region>:<account>:model-package/<model-package-group>/*'],
        why: 'to approve or reject with a reason',
      },
      {
        sid: 'DrawLineage',
        actions: ['sagemaker:CreateArtifact', 'sagemaker:AddAssociation'],
        resources: [
          'arn:<partition>:sagemaker:<region>:<account>:artifact/*',
          'arn:<partition>:sagemaker:<region>:<account>:experiment-trial-component/*',
        ],
        why: 'to draw the package into the lineage graph; not needed with `lineage: off`',
      },
      {
        sid: 'FindLineage',
        actions: ['sagemaker:ListArtifacts'],
        resources: ['*'],
        why: 'to find what is in the graph already; it has no resource of its own',
      },
      {
        sid: 'ListData',
        actions: ['s3:ListBucket'],
        resources: ['arn:<partition>:s3:::<data-bucket>'],
        why: 'to tell a missing object from a forbidden one',
      },
      {
        sid: 'SeeModel',
        actions: ['s3:GetObject'],
        resources: ['arn:<partition>:s3:::<data-bucket>/*/model.tar.gz'],
        why: 'to compute the digest of the model, and for SageMaker to see that it is there',
      },
      {
        sid: 'ReadFiles',
        actions: ['s3:GetObject'],
        resources: ['arn:<partition>:s3:::<data-bucket>/*.json', 'arn:<partition>:s3:::<data-bucket>/*.jsonl'],
        why: 'to read gate report, metrics, features and golden answers',
      },
      {
        sid: 'KeepFiles',
        actions: ['s3:PutObject'],
        resources: [
          'arn:<partition>:s3:::<data-bucket>/*/gate-report.json',
          'arn:<partition>:s3:::<data-bucket>/*/statistics.json',
          'arn:<partition>:s3:::<data-bucket>/*/features.json',
        ],
        why: 'to keep the files that the package names where nobody replaces them',
      },
    ],
  },
})

export type Spec = typeof spec
export type Inputs = InputsOf<Spec>
