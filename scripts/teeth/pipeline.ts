import type { Tooth } from './tooth.ts'

const CORE = 'packages/core/src'
const AWS = 'packages/aws/src'
const E2E = 'packages/testing/e2e/pipeline.e2e.ts'

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
]
