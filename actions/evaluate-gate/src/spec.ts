import {
  awsInputs,
  bad,
  defineAction,
  input,
  type InputsOf,
  needs,
  ok,
  output,
  type Parsed,
  rule,
} from '@mlops/action-kit'
import { ENVIRONMENTS } from '@mlops/core'

/** What the scoring job found about the champion; its metadata.json says more. */
export interface Scoring {
  readonly champion: { readonly status: 'scored' | 'none' | 'failed'; readonly reason?: string }
}

const isScoring = (value: unknown): value is Scoring => {
  const champion = (value as { readonly champion?: { readonly status?: unknown } } | null)?.champion
  return ['scored', 'none', 'failed'].includes(String(champion?.status))
}

const parseScoring = (value: unknown): Parsed<Scoring> =>
  isScoring(value)
    ? ok(value)
    : bad('is not usable', 'champion.status must be scored, none or failed', 'give the metadata of the scoring job')

export const spec = defineAction({
  id: 'evaluate-gate',
  name: 'Judge a model',
  description:
    'Judges a candidate against thresholds and the champion, on the same rows and with their uncertainty: approve, reject or inconclusive.',
  branding: { icon: 'check-square', color: 'purple' },
  inputs: {
    ...awsInputs,
    gate: input.string({ help: 'Path of the gate file in the workspace.', required: true }),
    candidate: input.string({
      help: "The candidate's metrics: a path, an S3 URI, a model.tar.gz that holds them, or `job:<name>` of a training job. Not needed with predictions.",
    }),
    'model-artifact-uri': input.s3Uri({
      help: "The candidate's model.tar.gz. Its digest is bound to the verdict, so that nothing else can be registered with it.",
    }),
    predictions: input.string({
      help: 'Predictions on the evaluation data: a path or S3 URI of a CSV, Parquet or JSONL file, or a folder of them that ends with `/`.',
    }),
    champion: input.string({
      help: "The champion: `registry:<group>@<selectors>` (such as `registry:basket@champion,latest-approved`), a package's ARN, or a path or S3 URI of its metrics.",
    }),
    'champion-predictions': input.string({
      help: "The champion's predictions on the same rows, when they are not in the same file.",
    }),
    environment: input.oneOf(ENVIRONMENTS, {
      help: 'Whose champion is meant; each environment has one.',
      default: 'prod',
    }),
    scoring: input.json(parseScoring, {
      help: 'What the scoring job said of both models (its output metadata): a champion that did not load makes comparisons inconclusive.',
    }),
    baseline: input.string({ help: 'Path or S3 URI of metrics that rules with `vs: baseline` compare with.' }),
    'update-baseline': input.boolean({
      help: 'Write the metrics of an approved candidate to the baseline, when that is an S3 URI.',
      default: 'true',
    }),
    golden: input.s3Uri({
      help: 'Golden answers of the candidate; noted in the report, and registered with the model.',
    }),
    plots: input.list({
      help: 'Pictures for the report page, as paths or S3 URIs of PNG files or of a tar.gz that holds some; by default what the training job has put into output.tar.gz beside model-artifact-uri.',
    }),
    'report-prefix': input.s3Uri({ help: 'S3 prefix below which the report is kept; needed to register the model.' }),
    'fail-on': input.oneOf(['never', 'reject', 'inconclusive'], {
      help: 'Which verdicts redden the step; `inconclusive` means both.',
      default: 'never',
    }),
    comment: input.oneOf(['off', 'sticky'], {
      help: '`sticky` keeps one comment with the verdict on the pull request.',
      default: 'off',
    }),
    'github-token': input.string({
      help: 'Token for the comment.',
      default: '${{ github.token }}',
      secret: true,
    }),
  },
  rules: [
    rule(['predictions', 'candidate'], '`predictions`, `candidate` or both.', (values) =>
      values['predictions'] === undefined && values['candidate'] === undefined
        ? { what: 'is missing', why: 'there is nothing to judge', hint: 'give predictions, candidate or both' }
        : undefined,
    ),
    needs('champion-predictions', 'predictions', 'they are compared row by row'),
    rule(
      ['champion'],
      '`champion` by its registry has a group and selectors: `registry:<group>@<selectors>`.',
      ({ champion }) =>
        typeof champion === 'string' && champion.startsWith('registry:') && !/^registry:[^@]+@[^@]+$/.test(champion)
          ? {
              what: `is ${champion}`,
              why: 'a registry needs group and selector',
              hint: 'write registry:<group>@champion,latest-approved',
            }
          : undefined,
    ),
  ],
  outputs: {
    verdict: output.string('`approve`, `reject` or `inconclusive`.'),
    approved: output.boolean('Whether the verdict is approve.'),
    'approval-status': output.string('`Approved`, `Rejected` or `PendingManualApproval`, as the registry spells it.'),
    sentence: output.string('The verdict and its reason in one sentence.'),
    'failed-rules': output.json('The rules that reject, as sentences.'),
    metrics: output.json("The candidate's metrics, by name."),
    deltas: output.json('Candidate minus champion, by metric.'),
    impact: output.json('Revenue, savings and total a month, when the gate file has `impact`.'),
    'artifact-digest': output.string('`sha256:<hex>` of the model that was judged.'),
    'champion-package-arn': output.arn("The champion's package, when it comes from the registry."),
    'report-uri': output.s3Uri('gate-report.json in S3; register-model takes it.'),
    'report-path': output.path('gate-report.json on the runner.'),
    'page-path': output.path('The report as an HTML page on the runner.'),
    'page-uri': output.s3Uri('The report as an HTML page in S3.'),
    'statistics-uri': output.s3Uri('Metrics in the shape of SageMaker Model Monitor.'),
    'baseline-updated': output.boolean('Whether the baseline was written.'),
  },
  permissions: {
    token: [
      { scope: 'id-token', access: 'write', why: 'to assume role-to-assume; not needed with ambient credentials' },
      { scope: 'pull-requests', access: 'write', why: 'only with `comment: sticky`' },
    ],
    aws: [
      {
        sid: 'ReadEvidence',
        actions: ['s3:GetObject'],
        resources: ['arn:<partition>:s3:::<data-bucket>/*'],
        why: 'to read predictions, metrics and the model that is judged',
      },
      {
        sid: 'ListEvidence',
        actions: ['s3:ListBucket'],
        resources: ['arn:<partition>:s3:::<data-bucket>'],
        why: 'to find the files of a folder, and to tell a missing file from a forbidden one',
      },
      {
        sid: 'KeepReport',
        actions: ['s3:PutObject'],
        resources: ['arn:<partition>:s3:::<data-bucket>/*gate/*'],
        why: 'to keep the report, and the baseline of an approved model, below a folder named gate',
      },
      {
        sid: 'ListChampions',
        actions: ['sagemaker:ListModelPackages'],
        resources: ['*'],
        why: "to find the champion of a registry; SageMaker's lists know no narrower resource",
      },
      {
        sid: 'ReadChampion',
        actions: ['sagemaker:DescribeModelPackage'],
        resources: ['arn:<partition>:sagemaker:<region>:<account>:model-package/<model-package-group>/*'],
        why: 'to know what the champion is and what is known of it',
      },
      {
        sid: 'ReadJob',
        actions: ['sagemaker:DescribeTrainingJob'],
        resources: ['arn:<partition>:sagemaker:<region>:<account>:training-job/<job-name-prefix>-*'],
        why: 'only with `candidate: job:<name>`',
      },
    ],
  },
})

export type Spec = typeof spec
export type Inputs = InputsOf<Spec>
