import type { Environment, RunIdentity } from '@mlops/core'

/** Every environment variable that a step reads, besides its inputs and its state. */
export const ENVIRONMENT = {
  AWS_ACCESS_KEY_ID: 'Ambient credentials, with the next two; used when there is no role to assume.',
  AWS_SECRET_ACCESS_KEY: 'See AWS_ACCESS_KEY_ID.',
  AWS_SESSION_TOKEN: 'See AWS_ACCESS_KEY_ID; the credentials end then, and a longer wait is warned about.',
  AWS_REGION: 'Region, when the input aws-region is not given.',
  AWS_DEFAULT_REGION: 'Region, when AWS_REGION is not set either.',
  AWS_ROLE_TO_ASSUME: 'Role, when the input role-to-assume is not given.',
  AWS_ENDPOINT_URL: 'Endpoint of all AWS services, instead of the public ones.',
  AWS_ENDPOINT_URL_CLOUDWATCH_LOGS: 'Endpoint of CloudWatch Logs.',
  AWS_ENDPOINT_URL_ECR: 'Endpoint of ECR.',
  AWS_ENDPOINT_URL_EKS: 'Endpoint of EKS.',
  AWS_ENDPOINT_URL_S3: 'Endpoint of S3.',
  AWS_ENDPOINT_URL_SAGEMAKER: 'Endpoint of SageMaker.',
  AWS_ENDPOINT_URL_STS: 'Endpoint of STS.',
  AWS_USE_DUALSTACK_ENDPOINT: '`true` for endpoints that answer on IPv6 too.',
  AWS_USE_FIPS_ENDPOINT: '`true` for FIPS endpoints.',
  HTTPS_PROXY: 'Proxy for AWS, clusters and GitHub; `https_proxy` too.',
  HTTP_PROXY: 'Proxy for endpoints without TLS; `http_proxy` too.',
  NO_PROXY: 'Hosts that are reached directly; `no_proxy` too.',
  NODE_EXTRA_CA_CERTS: 'File with certificates that Node trusts besides its own.',
  PATH: 'Where kustomize, kubectl, git and docker are found.',
  BUILD_TAG: 'Set by Jenkins; takes the place of the run id in the names of jobs.',
  ACTIONS_ID_TOKEN_REQUEST_URL: 'Set by the runner when the job has id-token: write.',
  ACTIONS_ID_TOKEN_REQUEST_TOKEN: 'The same.',
  GITHUB_ACTION: "The step's id; keeps the result files of several steps apart.",
  GITHUB_ACTOR: 'Who started the run.',
  GITHUB_API_URL: 'REST API of the instance; differs on GitHub Enterprise Server.',
  GITHUB_EVENT_NAME: 'Name of the event.',
  GITHUB_EVENT_PATH: 'File with the event payload.',
  GITHUB_JOB: 'Id of the job.',
  GITHUB_OUTPUT: 'File that outputs are written to.',
  GITHUB_REF: 'Full ref of the run.',
  GITHUB_REPOSITORY: 'owner/name.',
  GITHUB_RUN_ATTEMPT: 'Counts the re-runs of one run.',
  GITHUB_RUN_ID: 'Id of the run; the same for all its attempts.',
  GITHUB_RUN_NUMBER: 'Counts the runs of the workflow.',
  GITHUB_SERVER_URL: 'Web address of the instance.',
  GITHUB_SHA: 'Commit of the run.',
  GITHUB_STATE: 'File that the state for the post step is written to.',
  GITHUB_STEP_SUMMARY: 'File of the step summary; missing outside GitHub.',
  GITHUB_WORKFLOW: 'Name of the workflow.',
  GITHUB_WORKSPACE: 'Folder that relative paths start from.',
  RUNNER_TEMP: "The job's temporary folder.",
} as const satisfies Readonly<Record<string, string>>

type Name = keyof typeof ENVIRONMENT
const get = (environment: Environment, name: Name, otherwise: string) => {
  const value = environment[name]
  return value === undefined || value === '' ? otherwise : value
}

/** Reads who runs this; outside a workflow run the ids are `local`. */
export const runIdentity = (environment: Environment): RunIdentity => ({
  runId: get(environment, 'GITHUB_RUN_ID', 'local'),
  runNumber: get(environment, 'GITHUB_RUN_NUMBER', '0'),
  runAttempt: Number(get(environment, 'GITHUB_RUN_ATTEMPT', '1')),
  repository: get(environment, 'GITHUB_REPOSITORY', 'local/local'),
  sha: get(environment, 'GITHUB_SHA', ''),
  ref: get(environment, 'GITHUB_REF', ''),
  actor: get(environment, 'GITHUB_ACTOR', 'local'),
  eventName: get(environment, 'GITHUB_EVENT_NAME', 'local'),
  workflow: get(environment, 'GITHUB_WORKFLOW', 'local'),
  job: get(environment, 'GITHUB_JOB', 'local'),
  serverUrl: get(environment, 'GITHUB_SERVER_URL', 'https://github.com'),
  apiUrl: get(environment, 'GITHUB_API_URL', 'https://api.github.com'),
})

export const workspaceOf = (environment: Environment): string => get(environment, 'GITHUB_WORKSPACE', '.')
export const temporaryFolderOf = (environment: Environment, otherwise: string): string =>
  get(environment, 'RUNNER_TEMP', otherwise)
export const stepIdOf = (environment: Environment): string => get(environment, 'GITHUB_ACTION', 'step')
export const eventPathOf = (environment: Environment): string => get(environment, 'GITHUB_EVENT_PATH', '')
