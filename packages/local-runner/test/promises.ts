import { beforeAll, test } from '@jest/globals'
import type { Ran } from './sandbox.ts'

const docs = 'https://docs.github.com/en/actions/reference'
export const pages = {
  syntax: `${docs}/workflows-and-actions/workflow-syntax`,
  expressions: `${docs}/workflows-and-actions/expressions`,
  contexts: `${docs}/workflows-and-actions/contexts`,
  variables: `${docs}/workflows-and-actions/variables`,
  commands: `${docs}/workflows-and-actions/workflow-commands`,
  metadata: `${docs}/workflows-and-actions/metadata-syntax`,
  cancellation: `${docs}/workflows-and-actions/workflow-cancellation`,
  reuse: `${docs}/workflows-and-actions/reusing-workflow-configurations`,
  events: `${docs}/workflows-and-actions/events-that-trigger-workflows`,
  oidc: `${docs}/security/oidc`,
  secrets: `${docs}/security/secure-use`,
  concurrency: 'https://docs.github.com/en/actions/concepts/workflows-and-actions/concurrency',
  environments: `${docs}/workflows-and-actions/deployments-and-environments`,
  matrix: 'https://docs.github.com/en/actions/how-tos/write-workflows/choose-what-workflows-do/run-job-variations',
  artifacts: 'https://docs.github.com/en/actions/concepts/workflows-and-actions/workflow-artifacts',
  runner: 'https://github.com/actions/runner/blob/main/src/Runner.Worker',
} as const

/** A test whose name carries the page that promises what it expects. */
export const says = (page: string, sentence: string, body: () => void | Promise<void>) =>
  test(`${sentence} [${page}]`, body)

/** Runs a workflow once for several expectations. */
export const once = (work: () => Promise<Ran>): (() => Ran) => {
  let ran: Ran | undefined
  beforeAll(async () => {
    ran = await work()
  })
  return () => {
    if (ran === undefined) throw new Error('it has not run')
    return ran
  }
}

/** Annotations of a job, as `level: message`. */
export const messages = ({ record }: Ran, job: string) =>
  record.annotations.filter((each) => each.job === job).map(({ level, message }) => `${level}: ${message}`)
