import { awsInputs, defineAction, exactlyOne, input, type InputsOf, needs, output, rule } from '@mlops/action-kit'
import { ENVIRONMENTS, groupProblem, parseSelectors, SELECTOR_WORDS } from '@mlops/core'

export const spec = defineAction({
  id: 'export-deployment-config',
  name: 'Export what a deployment needs to know',
  description:
    'Finds the model package that counts and writes what a deployment needs to know about it to S3, with a history that can be rolled back.',
  branding: { icon: 'upload-cloud', color: 'purple' },
  inputs: {
    ...awsInputs,
    'package-arn': input.arn({
      service: 'sagemaker',
      resource: /^model-package\/[^/]+\/[1-9]\d*$/,
      help: 'Package to export. Give this or model-package-group.',
    }),
    'model-package-group': input.string({ help: 'Name or ARN of the group in which `selector` looks.' }),
    selector: input.string({
      help: `Which package of the group: ${SELECTOR_WORDS}. In a list with commas the first that there is counts. Rejected packages are never meant, nor those that failed in the environment.`,
      default: 'champion, latest-approved',
    }),
    environment: input.oneOf(ENVIRONMENTS, {
      help: 'Environment that the export is for; each has its own champion and its own files.',
      required: true,
    }),
    's3-prefix': input.s3Uri({
      help: 'Where the files go: `<s3-prefix>/<environment>/` with latest.json, history.jsonl and one file for each export. Not needed with dry-run.',
    }),
    'if-missing': input.oneOf(['fail', 'skip'], {
      help: 'What follows when there is no such package: `skip` ends well with the status `none` and empty outputs.',
      default: 'fail',
    }),
    'rollback-to': input.matching(/^(previous|[1-9]\d{0,8})$/, '`previous` or a version number', {
      help: 'Go back to an earlier export: `previous` is the last one before this whose package is still approved, a number that version.',
    }),
  },
  rules: [
    exactlyOne('package-arn', 'model-package-group'),
    rule(['model-package-group'], '`model-package-group` is a name or the ARN of a group.', (values) => {
      const group = values['model-package-group']
      return typeof group === 'string' ? groupProblem(group) : undefined
    }),
    rule(['selector'], '`selector` is a list of known selectors.', ({ selector }) =>
      typeof selector !== 'string' || parseSelectors(selector) !== undefined
        ? undefined
        : { what: `is ${selector.slice(0, 80)}`, why: 'one of them is not known', hint: `choose of ${SELECTOR_WORDS}` },
    ),
    rule(['s3-prefix', 'dry-run'], '`s3-prefix` is needed, except with `dry-run`.', (values) =>
      values['s3-prefix'] === undefined && values['dry-run'] !== true
        ? { code: 'E-EMPTY', what: 'is empty', why: 'there is no place to export to', hint: 'give it, or set dry-run' }
        : undefined,
    ),
    needs('rollback-to', 'model-package-group', 'versions are those of a group'),
    needs('rollback-to', 's3-prefix', 'the history lies there'),
  ],
  outputs: {
    'config-uri': output.s3Uri('File of this export; it is never written to again.'),
    'latest-uri': output.s3Uri('latest.json, which names the package that counts.'),
    'package-arn': output.arn('ARN of the package; empty when there is none.'),
    'package-version': output.number('Its version in the group.'),
    'selected-by': output.string('The selector that found it, or what else decided.'),
    image: output.string('Container image that serves it.'),
    'model-data-url': output.s3Uri('The model.tar.gz.'),
    'artifact-digest': output.string('`sha256:<hex>` of the model artifact.'),
    'evaluation-uri': output.s3Uri('Its metrics, which a candidate can be compared with.'),
    'golden-uri': output.s3Uri('Answers that a deployment of it must give.'),
    changed: output.boolean('Whether latest.json was written.'),
    'previous-version': output.number('Version that counted before; empty when there was none.'),
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
        why: 'to find the package that a selector means; it has no resource of its own',
      },
      {
        sid: 'SeePackages',
        actions: ['sagemaker:DescribeModelPackage'],
        resources: ['arn:<partition>:sagemaker:<region>:<account>:model-package/<model-package-group>/*'],
        why: 'to read what is exported',
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
        resources: [
          'arn:<partition>:s3:::<data-bucket>/*/model.tar.gz',
          'arn:<partition>:s3:::<data-bucket>/*/features.json',
        ],
        why: 'to see that the model is there, and to read the document of its features',
      },
      {
        sid: 'KeepExports',
        actions: ['s3:GetObject', 's3:PutObject'],
        resources: [
          'arn:<partition>:s3:::<data-bucket>/*/latest.json',
          'arn:<partition>:s3:::<data-bucket>/*/history.jsonl',
          'arn:<partition>:s3:::<data-bucket>/*Z-v*.json',
        ],
        why: 'to write the export and its history, and to read what was exported before',
      },
    ],
  },
})

export type Spec = typeof spec
export type Inputs = InputsOf<Spec>
