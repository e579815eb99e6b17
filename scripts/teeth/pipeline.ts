import type { Tooth } from './tooth.ts'

const CORE = 'packages/core/src'
const AWS = 'packages/aws/src'
const E2E = 'packages/testing/e2e/pipeline.e2e.ts'
const RELEASE = 'packages/testing/e2e/release.e2e.ts'
const WORKFLOW = '.github/workflows/model-pipeline.yml'
const DEV = 'in dev an image without a model may be tried'
const AFTER_A_BETTER_MODEL = [
  'a better model takes its place',
  'a model that answers differently where it serves',
  'a push of other code carries the champion on',
  'a rollback by hand',
  'a model that is rejected is not released',
  'a change that crashes',
]

/** Of the reference workflow, end to end. */
export const PIPELINE_TEETH: readonly Tooth[] = [
  {
    scenario: 'dispatch with retrain, prod',
    suite: E2E,
    breaks: ['processes and trains'],
    mutation: 'metrics are not read from the job',
    edits: [
      {
        file: `${CORE}/jobs/conclusion.ts`,
        find: 'metrics: JSON.stringify(Object.fromEntries((state?.metrics ?? [])',
        replace: 'metrics: JSON.stringify(Object.fromEntries((state?.metrics.slice(0, 0) ?? [])',
      },
    ],
  },
  {
    scenario: 'deploy-only',
    suite: E2E,
    breaks: ['deploy-only does not train'],
    mutation: 'deploy-only is ignored',
    edits: [
      {
        file: `${CORE}/pipeline/plan.ts`,
        find: 'const train = retrainModel && !deployOnly',
        replace: 'const train = retrainModel',
      },
    ],
  },
  {
    scenario: 'cron trains',
    suite: E2E,
    breaks: ['the weekly schedule trains for prod', 'cancelled during training'],
    mutation: 'a scheduled run does not train (the cancelled run is a scheduled one)',
    edits: [
      {
        file: `${CORE}/pipeline/plan.ts`,
        find: "environment: 'prod', train: true, deploy: true",
        replace: "environment: 'prod', train: false, deploy: true",
      },
    ],
  },
  {
    scenario: 'push of docs only',
    suite: E2E,
    breaks: ['of documentation only starts nothing'],
    mutation: 'the workflow does not leave documentation out',
    edits: [
      { file: '.github/workflows/mlops-pipeline.yml', find: "    paths-ignore: ['**.md', 'docs/**']\n", replace: '' },
    ],
  },
  {
    scenario: 'push of other code',
    suite: E2E,
    breaks: ['of other code to main'],
    mutation: 'every push trains',
    edits: [
      {
        file: `${CORE}/pipeline/plan.ts`,
        find: 'return { environment, train: first !== undefined, deploy: true, because }',
        replace: 'return { environment, train: true, deploy: true, because }',
      },
    ],
  },
  {
    scenario: 'push to develop',
    suite: E2E,
    breaks: ['of training code to develop'],
    mutation: 'develop belongs to prod',
    edits: [
      {
        file: `${CORE}/pipeline/plan.ts`,
        find: "'refs/heads/develop': 'staging'",
        replace: "'refs/heads/develop': 'prod'",
      },
    ],
  },
  {
    scenario: 'cancel during training, with always() jobs',
    suite: E2E,
    breaks: ['cancelled during training'],
    mutation: 'neither the step nor its post stops the job',
    edits: [
      {
        file: `${AWS}/jobs/run-job.ts`,
        find: 'await Promise.race([ports.jobs.stop(current.name), late()])',
        replace: 'await clock.sleep(0)',
      },
      { file: `${AWS}/jobs/job-guard.ts`, find: '    await jobs.stop(job.name)\n', replace: '' },
    ],
  },
  {
    scenario: 'release: a placeholder in dev',
    suite: RELEASE,
    breaks: [DEV],
    mutation: 'nobody asks whether there is anything to deploy',
    edits: [
      {
        file: WORKFLOW,
        find: "'fail' || 'skip' }}",
        replace: "'skip' || 'skip' }}",
      },
    ],
  },
  {
    scenario: 'release: the newly approved model',
    suite: RELEASE,
    breaks: AFTER_A_BETTER_MODEL,
    mutation: 'the champion is built again, whatever the gate has approved',
    edits: [
      {
        file: WORKFLOW,
        find: "        if: needs.evaluate.outputs.approval-status != 'Approved'\n        uses:",
        replace: '        uses:',
      },
      {
        file: WORKFLOW,
        find: "needs.evaluate.outputs.approval-status == 'Approved' && needs.evaluate.outputs.package-arn ||\n            steps.kept",
        replace: 'steps.kept',
      },
    ],
  },
  {
    scenario: 'release: a rejected model',
    suite: RELEASE,
    breaks: ['a model that is rejected is not released'],
    mutation: 'whatever was registered is built',
    edits: [
      {
        file: WORKFLOW,
        find: "needs.evaluate.outputs.approval-status == 'Approved' && needs.evaluate.outputs.package-arn ||",
        replace: 'needs.evaluate.outputs.package-arn ||',
      },
    ],
  },
  {
    scenario: 'release: a role for each environment',
    suite: RELEASE,
    breaks: ['a job of the same repository that belongs to no environment'],
    mutation: 'the role of a release is trusted for main as well',
    edits: [
      {
        file: 'docs/iam/trust-deploy.json',
        find: '"repo:<repository>:environment:<environment>"',
        replace: '["repo:<repository>:environment:<environment>", "repo:<repository>:ref:refs/heads/main"]',
      },
    ],
  },
  {
    scenario: 'release: a bad model, then a push of other code',
    suite: RELEASE,
    breaks: ['a model that answers differently where it serves'],
    mutation: 'a model that failed is not rejected',
    edits: [
      {
        file: 'packages/core/src/health/consequences.ts',
        find: "status: 'Rejected'",
        replace: "status: 'Approved'",
      },
    ],
  },
  {
    scenario: 'release: a skipped training skips no deployment',
    suite: RELEASE,
    breaks: [
      DEV,
      'only the role of the environment',
      'a push of other code carries the champion on',
      'a rollback by hand',
      'a change that crashes',
    ],
    mutation: 'the image waits for a training that succeeded',
    edits: [
      {
        file: WORKFLOW,
        find: "      !cancelled() && needs.setup.outputs.should-deploy == 'true' &&\n      !contains(needs.*.result, 'failure')",
        replace: "      needs.setup.outputs.should-deploy == 'true' &&\n      !contains(needs.*.result, 'failure')",
      },
    ],
  },
  {
    scenario: 'release: a crash is undone',
    suite: RELEASE,
    breaks: ['a change that crashes'],
    mutation: 'a failed rollout is left as it is',
    edits: [
      {
        file: WORKFLOW,
        find: '          images: ${{ inputs.model }}=',
        replace: '          on-failure: leave\n          images: ${{ inputs.model }}=',
      },
    ],
  },
  {
    scenario: 'release: a rollback by hand',
    suite: RELEASE,
    breaks: ['a rollback by hand'],
    mutation: 'it is judged instead',
    edits: [
      {
        file: '.github/workflows/rollback.yml',
        find: "'workflow_dispatch' && 'rollback' || 'judge' }}",
        replace: "'workflow_dispatch' && 'judge' || 'judge' }}",
      },
    ],
  },
  {
    scenario: 'release: an alarm about nothing known',
    suite: RELEASE,
    breaks: ['an alarm about an environment that nobody knows'],
    mutation: 'any environment is taken',
    edits: [
      {
        file: '.github/workflows/rollback.yml',
        find: '    if: contains(fromJSON(',
        replace: '    if: true || contains(fromJSON(',
      },
    ],
  },
  {
    scenario: 'release: an alarm about a healthy release',
    suite: RELEASE,
    breaks: ['an alarm about a release that is well'],
    mutation: 'an alarm alone rolls back',
    edits: [
      {
        file: '.github/workflows/rollback.yml',
        find: "'workflow_dispatch' && 'rollback' || 'judge' }}",
        replace: "'workflow_dispatch' && 'rollback' || 'rollback' }}",
      },
      {
        file: '.github/workflows/rollback.yml',
        find: "'workflow_dispatch' && 'auto' || 'suggest' }}",
        replace: "'workflow_dispatch' && 'auto' || 'auto' }}",
      },
      {
        file: '.github/workflows/rollback.yml',
        find: 'reason: ${{ inputs.reason }}',
        replace: "reason: ${{ inputs.reason || 'an alarm' }}",
      },
    ],
  },
  {
    scenario: 'release: both parts in one step',
    suite: RELEASE,
    breaks: ['one step deploys and proves'],
    mutation: 'the composite does not say what to ask',
    edits: [
      {
        file: 'actions/deploy-and-verify/action.yml',
        find: '        checks: ${{ inputs.checks }}\n',
        replace: '',
      },
    ],
  },
  {
    scenario: 'release: a pull request',
    suite: RELEASE,
    breaks: ['a pull request gets no role'],
    mutation: 'a pull request is deployed, too',
    edits: [
      {
        file: 'packages/core/src/pipeline/plan.ts',
        find: "deploy: false, because: 'a pull request",
        replace: "deploy: true, because: 'a pull request",
      },
    ],
  },
]
