import {
  awsInputs,
  defineAction,
  exactlyOne,
  input,
  type InputsOf,
  output,
  releaseInputs,
  releaseRights,
  rule,
} from '@mlops/action-kit'

const { 'aws-region': awsRegion, 'role-to-assume': roleToAssume } = awsInputs

const PACKAGES = 'arn:<partition>:sagemaker:<region>:<account>:model-package/<model-package-group>/*'

export const spec = defineAction({
  id: 'health-check-rollback',
  name: 'Judge a release and roll it back when it is unhealthy',
  description:
    'Asks a release what it was made for, with the golden answers of its very model, watches alarms for a while, and puts back the last healthy release, whole and proven, when this one is unhealthy.',
  branding: { icon: 'heart', color: 'red' },
  post: true,
  inputs: {
    'aws-region': awsRegion,
    'role-to-assume': roleToAssume,
    ...releaseInputs,
    revision: input.integer({
      help: 'Revision to judge. A newer one means that this one is superseded. Falls back to the newest.',
      min: 1,
    }),
    checks: input.string({ help: 'Checks file (YAML): what to ask, what to expect, how long to watch.' }),
    bake: input.duration({ help: 'How long to watch, instead of what the checks file says.' }),
    rollback: input.oneOf(['auto', 'suggest', 'never'], {
      help: 'What becomes of an unhealthy release: rolled back, left with the command that would do it, or just left.',
      default: 'auto',
    }),
    mode: input.oneOf(['judge', 'rollback'], {
      help: '`rollback` does not ask whether the newest release is healthy: it is undone, and `reason` says why.',
      default: 'judge',
    }),
    reason: input.string({ help: 'Why the release is rolled back, for `mode: rollback`.' }),
    'require-healthy-target': input.boolean({
      help: 'Roll back only to a release that was found healthy.',
      default: 'false',
    }),
    'on-first-failure': input.oneOf(['remove', 'keep'], {
      help: 'What becomes of the objects of a first release that is unhealthy, as there is nothing to go back to.',
      default: 'remove',
    }),
    timeout: input.duration({ help: 'How long the rollout of a rollback may take.', default: '15m' }),
  },
  rules: [
    exactlyOne('cluster', 'kubeconfig'),
    rule(['checks', 'mode'], '`checks` is needed to judge.', ({ checks, mode }) =>
      mode === 'judge' && checks === undefined
        ? {
            what: 'is missing',
            why: 'without checks nobody can say whether a release is healthy',
            hint: 'give the path of a checks file',
          }
        : undefined,
    ),
    rule(['reason', 'mode'], '`reason` goes with `mode: rollback`, and only with that.', ({ reason, mode }) => {
      if ((mode === 'rollback') === (reason !== undefined)) return undefined
      return mode === 'rollback'
        ? { what: 'is missing', why: 'the record of a rollback says why', hint: 'give a sentence' }
        : { what: 'stands without mode: rollback', why: 'the checks give the reason', hint: 'remove it' }
    }),
  ],
  outputs: {
    verdict: output.string('`healthy`, `unhealthy` or `inconclusive`; empty when nobody was asked.'),
    'first-bad-check': output.string('Name of the check or alarm that decided, when the release is not healthy.'),
    revision: output.number('Revision that was judged.'),
    'rolled-back': output.boolean(
      'Whether the objects of an older release, or nothing, are in the place of this one; how they fare says `rollback-verdict`.',
    ),
    'rollback-verdict': output.string(
      'What the same checks say of the release that was put back; `unhealthy` when it does not run, empty when nobody was asked.',
    ),
    'restored-revision': output.number('Revision whose objects were put back; empty when none were.'),
    'model-package-arn': output.arn('Model package whose model is in the release; empty when its images name none.'),
    answer: output.string('Body of the last prediction that a check got, as the service sent it.'),
    'time-to-detect': output.number('Seconds from the start of the release to the verdict that it is unhealthy.'),
    'time-to-restore': output.number('Seconds from that verdict until the release before was proven healthy.'),
  },
  permissions: {
    token: [
      { scope: 'id-token', access: 'write', why: 'to assume role-to-assume; not needed with ambient credentials' },
    ],
    aws: [
      {
        sid: 'FindCluster',
        actions: ['eks:DescribeCluster'],
        resources: ['arn:<partition>:eks:<region>:<account>:cluster/<cluster>'],
        why: 'to find the address of the cluster; not needed with `kubeconfig`',
      },
      {
        sid: 'ReadImages',
        actions: ['ecr:BatchGetImage', 'ecr:GetDownloadUrlForLayer'],
        resources: ['arn:<partition>:ecr:<region>:<account>:repository/<image-repository>'],
        why: 'to see whose model is in the images, and that those of a rollback are there',
      },
      {
        sid: 'TagHealthyImages',
        actions: ['ecr:PutImage'],
        resources: ['arn:<partition>:ecr:<region>:<account>:repository/<image-repository>'],
        why: 'to tag an image that was proven healthy; not needed without `environment`',
      },
      {
        sid: 'ReadGoldenAnswers',
        actions: ['s3:GetObject'],
        resources: ['arn:<partition>:s3:::<data-bucket>/*/golden.jsonl'],
        why: 'to ask the service what the gate has asked the model',
      },
      {
        sid: 'ListData',
        actions: ['s3:ListBucket'],
        resources: ['arn:<partition>:s3:::<data-bucket>'],
        why: 'to tell missing golden answers from forbidden ones',
      },
      {
        sid: 'FindPackages',
        actions: ['sagemaker:ListModelPackages'],
        resources: ['*'],
        why: 'to find the champion before; it has no resource of its own',
      },
      {
        sid: 'SeePackages',
        actions: ['sagemaker:DescribeModelPackage'],
        resources: [PACKAGES],
        why: 'to find the golden answers of the model, and the champion before',
      },
      {
        sid: 'TellRegistry',
        actions: ['sagemaker:UpdateModelPackage'],
        resources: [PACKAGES],
        why: 'to move the champion of the environment, and to reject a model that failed there; not needed without `environment`',
      },
      {
        sid: 'ReadAlarms',
        actions: ['cloudwatch:DescribeAlarms', 'cloudwatch:DescribeAlarmHistory'],
        resources: ['*'],
        why: 'to watch the alarms of the checks file; composite ones are told only to who may see all',
      },
      {
        sid: 'CountRequests',
        actions: ['cloudwatch:GetMetricStatistics'],
        resources: ['*'],
        why: 'for `min-requests`; metrics are no resources',
      },
    ],
    cluster: [
      ...releaseRights,
      {
        sid: 'AskServices',
        groups: [''],
        resources: ['services/proxy', 'pods/proxy'],
        verbs: ['get', 'create', 'update', 'patch', 'delete'],
        why: 'to ask a service or each new pod through the API server; each HTTP method is a verb. Not needed with a url',
      },
    ],
  },
})

export type Spec = typeof spec
export type Inputs = InputsOf<Spec>
