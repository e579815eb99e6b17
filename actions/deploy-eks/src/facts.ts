import { execFile } from 'node:child_process'
import type { Context } from '@mlops/action-kit'
import { parsePackageArn, type ReleaseFacts, runUrl } from '@mlops/core'
import type { Inputs } from './spec.ts'

/** When a commit was made, in UTC; undefined without git, or when the checkout does not hold the commit. */
export const commitTime = ({ workspace, environment, identity, signal }: Context): Promise<string | undefined> =>
  new Promise((resolve) => {
    const form = ['--format=%cd', '--date=format-local:%Y-%m-%dT%H:%M:%SZ']
    const options = { cwd: workspace, env: { ...environment, TZ: 'UTC' }, signal, timeout: 10_000 }
    execFile('git', ['log', '-1', ...form, identity.sha], options, (error, stdout) =>
      resolve(error === null && stdout.trim() !== '' ? stdout.trim() : undefined),
    )
  })

/** What people call the version: commit, and version of the model. */
const versionOf = (sha: string, modelPackageArn: string | undefined) => {
  const model = parsePackageArn(modelPackageArn ?? '')
  return `${sha.slice(0, 7)}${model === undefined ? '' : `-m${model.version}`}`
}

interface Known {
  readonly committedAt?: string | undefined
  readonly modelPackageArn?: string | undefined
}

/** What is said of this release by its labels, annotations and record. */
export const factsOf = (
  { release, namespace, environment }: Inputs,
  { identity }: Context,
  { committedAt, modelPackageArn }: Known,
): ReleaseFacts => ({
  release,
  namespace,
  appVersion: versionOf(identity.sha, modelPackageArn),
  commit: identity.sha,
  repository: identity.repository,
  actor: identity.actor,
  runUrl: runUrl(identity),
  ...(environment === undefined ? {} : { environment }),
  ...(committedAt === undefined ? {} : { committedAt }),
  ...(modelPackageArn === undefined ? {} : { modelPackageArn }),
})
