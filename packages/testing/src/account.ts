import { globSync, readFileSync } from 'node:fs'
import { basename, join } from 'node:path'
import type { Account } from '@mlops/local-cloud'
import { fillPolicy, type Policy } from '@mlops/action-kit/gen'
import { ENVIRONMENTS } from '@mlops/core'

const root = join(import.meta.dirname, '../../..')

export const ACCOUNT_ID = '123456789012'
export const REGION = 'us-east-1'
export const REPOSITORY = 'mlops-actions/mlops-actions'
export const CI_ROLE = `arn:aws:iam::${ACCOUNT_ID}:role/ci`
/** The role of approve.yml: trusted for environments, so that their reviewers stand before it. */
export const APPROVE_ROLE = `arn:aws:iam::${ACCOUNT_ID}:role/approve`
/** With `-<environment>`, the role of an environment's releases: only jobs of that environment may assume it. */
export const DEPLOY_ROLE_PREFIX = `arn:aws:iam::${ACCOUNT_ID}:role/deploy`
export const EXECUTION_ROLE = `arn:aws:iam::${ACCOUNT_ID}:role/sagemaker-execution`
export const BUCKETS = ['mlops-dev', 'mlops-staging', 'mlops-prod'] as const
/** The image that the example names; the local cloud runs its jobs with an interpreter of this machine. */
export const IMAGE = `683313688378.dkr.ecr.${REGION}.amazonaws.com/sagemaker-scikit-learn:1.4-2-cpu-py3`

/** Repository of ECR that the example's images are pushed to, and the one with what they may be built on. */
export const IMAGE_REPOSITORY = 'retail/basket-sensitivity'
export const BASE_REPOSITORY = 'base/python'

/** Name of the cluster in EKS, and the credentials by which its nodes pull images. */
export const CLUSTER_NAME = 'retail'
export const NODE_CREDENTIALS = { accessKeyId: 'AKIALOCALNODE0000000', secretAccessKey: 'local-node' }
/** What AWS's AmazonEC2ContainerRegistryPullOnly grants. */
const PULL: Policy = {
  Version: '2012-10-17',
  Statement: [
    {
      Sid: 'Pull',
      Effect: 'Allow',
      Action: ['ecr:GetAuthorizationToken', 'ecr:BatchGetImage', 'ecr:GetDownloadUrlForLayer'],
      Resource: ['*'],
    },
  ],
}

const VALUES: Readonly<Record<string, string>> = {
  partition: 'aws',
  region: REGION,
  account: ACCOUNT_ID,
  repository: REPOSITORY,
  'execution-role': EXECUTION_ROLE,
  'data-bucket': 'mlops-*',
  'job-name-prefix': 'basket-sensitivity',
  'model-package-group': 'basket-sensitivity*',
  'image-repository': IMAGE_REPOSITORY,
  'base-repository': BASE_REPOSITORY,
  cluster: CLUSTER_NAME,
}

const document = (name: string, more: Readonly<Record<string, string>> = {}): Policy =>
  fillPolicy(JSON.parse(readFileSync(join(root, 'docs/iam', name), 'utf8')) as Policy, { ...VALUES, ...more })

/** What of register-model's policy it takes to approve by hand, as docs/quickstart.md says. */
const APPROVING: ReadonlySet<string> = new Set(['FindPackages', 'SeePackages', 'Decide', 'ListData', 'SeeModel'])
const approvePolicy = (): Policy => {
  const policy = document('register-model.json')
  return { ...policy, Statement: policy.Statement.filter(({ Sid }) => APPROVING.has(Sid)) }
}

const isOfAnAction = (name: string) => !name.startsWith('trust-') && name !== 'execution-role.json'

/** The published policies of the actions that a pattern names, filled in for the local account, by action. */
const actionPolicies = (pattern: string): Readonly<Record<string, Policy>> =>
  Object.fromEntries(
    globSync(`${pattern}.json`, { cwd: join(root, 'docs/iam') })
      .filter(isOfAnAction)
      .toSorted()
      .map((name) => [basename(name, '.json'), document(name)]),
  )

/** Actions that change what an environment runs, which the pipeline's other jobs may not. */
const RELEASING = '{deploy-eks,health-check-rollback}'
const ciPolicies = () => {
  const releasing = actionPolicies(RELEASING)
  return Object.fromEntries(Object.entries(actionPolicies('*')).filter(([action]) => !(action in releasing)))
}

export interface AccountOptions {
  /** Public keys of the issuer whose tokens the account trusts. */
  readonly jwks: unknown
  /** Interpreter that runs the code of jobs with the example's image. */
  readonly python: string
  /** Folder with raw data, put below raw/ in each of `buckets`. */
  readonly raw?: { readonly folder: string; readonly buckets: readonly string[] }
  /** The action, or pattern of actions, whose policies the role ci has; without it those of all that release nothing. */
  readonly action?: string
  readonly quotas?: Account['quotas']
}

/** A local account as docs/quickstart.md sets a real one up: exactly the published trust and policies, nothing wider. */
export const localAccount = ({ jwks, python, raw, action, quotas = [] }: AccountOptions): Account => ({
  accountId: ACCOUNT_ID,
  region: REGION,
  admin: { accessKeyId: 'AKIALOCALADMIN000000', secretAccessKey: 'local-admin' },
  oidcProviders: [{ url: 'https://token.actions.githubusercontent.com', clientIds: ['sts.amazonaws.com'], jwks }],
  roles: [
    {
      name: 'ci',
      trust: document('trust-ci.json'),
      policies: action === undefined ? ciPolicies() : actionPolicies(action),
      maxSessionSeconds: 3600,
    },
    ...ENVIRONMENTS.map((environment) => ({
      name: `deploy-${environment}`,
      trust: document('trust-deploy.json', { environment }),
      policies: actionPolicies(RELEASING),
      maxSessionSeconds: 3600,
    })),
    {
      name: 'approve',
      trust: document('trust-approve.json'),
      policies: { 'register-model': approvePolicy() },
      maxSessionSeconds: 3600,
    },
    {
      name: 'sagemaker-execution',
      trust: document('trust-execution-role.json'),
      policies: { jobs: document('execution-role.json') },
      maxSessionSeconds: 43_200,
    },
  ],
  users: [{ name: 'node', ...NODE_CREDENTIALS, policies: { pull: PULL } }],
  buckets: [...BUCKETS],
  objects: (raw?.buckets ?? []).map((bucket) => ({ bucket, prefix: 'raw/', folder: raw?.folder ?? '' })),
  images: [{ match: '*/sagemaker-scikit-learn:*', python }],
  repositories: [
    {
      repositoryName: IMAGE_REPOSITORY,
      imageTagMutability: 'IMMUTABLE_WITH_EXCLUSION',
      imageTagMutabilityExclusionFilters: [{ filterType: 'WILDCARD', filter: 'latest-*' }],
    },
    { repositoryName: BASE_REPOSITORY, imageTagMutability: 'IMMUTABLE' },
  ],
  quotas,
})
