import type { Written } from './file-commands.ts'
import type { Job } from './run-state.ts'
import type { StepWork } from './step.ts'

// What a program needs to find its home, its network and its package registry. Credentials of the person who runs this
// are not handed on: a workflow must bring its own.
const HANDED_ON =
  /^(PATH|HOME|USER|LOGNAME|SHELL|TZ|LANG|LANGUAGE|LC_\w+|TMPDIR|(HTTP|HTTPS|NO|ALL)_PROXY|NODE_EXTRA_CA_CERTS|SSL_CERT_(FILE|DIR)|REQUESTS_CA_BUNDLE|CURL_CA_BUNDLE|PIP_\w+|UV_\w+|NPM_CONFIG_\w+|PNPM_HOME|PYENV_ROOT|GO(PROXY|FLAGS|SUMDB|PATH|CACHE|MODCACHE)|MLOPS_CACHE)$/i

// The token endpoint and the API are on loopback, where no proxy may come between.
const withoutProxyForLoopback = (
  own: Readonly<Record<string, string | undefined>>,
): Readonly<Record<string, string>> => {
  const known = own['NO_PROXY'] ?? own['no_proxy'] ?? ''
  const all = [...known.split(',').filter((host) => host !== ''), '127.0.0.1', 'localhost'].join(',')
  return { NO_PROXY: all, no_proxy: all }
}

/** The environment that every process of a run starts from. */
export const hostEnvironment = (
  own: Readonly<Record<string, string | undefined>>,
  added: Readonly<Record<string, string>>,
): Readonly<Record<string, string>> => ({
  CI: 'true',
  LANG: 'C.UTF-8',
  ...Object.fromEntries(
    Object.entries(own).flatMap(([name, value]) =>
      value !== undefined && HANDED_ON.test(name) ? [[name, value]] : [],
    ),
  ),
  ...withoutProxyForLoopback(own),
  ...added,
})

/** The search path of a job's processes. */
export const searchPathOf = (job: Job, environment: Readonly<Record<string, string>>): string =>
  [...job.searchPath, environment['PATH'] ?? ''].filter((folder) => folder !== '').join(':')

/** https://docs.github.com/en/actions/reference/workflows-and-actions/variables : no step replaces GITHUB_* and RUNNER_*. */
export const environmentOf = (
  { scope, environment, expressions }: Pick<StepWork, 'scope' | 'environment' | 'expressions'>,
  own: Readonly<Record<string, string>>,
): Readonly<Record<string, string>> => {
  const { job } = scope
  const open = { ...job.run.hostEnvironment, ...Object.fromEntries(job.environment), ...environment }
  const github = expressions.contexts['github'] as Readonly<Record<string, string | undefined>>
  const action = scope.action === undefined ? {} : { GITHUB_ACTION_PATH: scope.action.folder }
  return {
    ...open,
    ...job.fixedEnvironment,
    ...action,
    GITHUB_ACTION: github['action'] ?? '',
    GITHUB_ACTION_REPOSITORY: scope.action?.repository ?? '',
    GITHUB_ACTION_REF: scope.action?.ref ?? '',
    ...own,
    PATH: searchPathOf(job, open),
  }
}

/** Lets what a step wrote to its command files take effect for the steps after it. */
export const absorb = ({ scope, title, annotate }: StepWork, written: Written): void => {
  const { job } = scope
  for (const [name, value] of written.environment) job.environment.set(name, value)
  for (const folder of written.path) {
    const known = job.searchPath.indexOf(folder)
    if (known >= 0) job.searchPath.splice(known, 1)
    job.searchPath.unshift(folder)
  }
  if (written.summary !== '') job.run.book.addSummary(job.id, title, job.run.masks.apply(written.summary))
  for (const message of written.errors) annotate({ level: 'error', message })
}
