import {
  environmentProblem,
  FRAMEWORKS,
  instanceTypeProblem,
  JOB_PREFIX_PATTERN,
  jobInputOptions as job,
  maxCostProblem,
  priceProblem,
  tagProblem,
} from '@mlops/core'
import { input } from './input.ts'
import { exactlyOne, needs, rule, type Rule } from './rules.ts'

type Texts = Readonly<Record<string, string>>
// The parser of each input promises its type; rules see all of them as unknown.
const texts = (value: unknown) => (value ?? {}) as Texts
const list = (value: unknown) => (value ?? []) as readonly string[]

/** The inputs that every action on a SageMaker job has, with the same meaning. */
export const jobInputs = {
  'job-name-prefix': input.matching(
    JOB_PREFIX_PATTERN,
    'up to 30 letters, digits and inner hyphens',
    job.jobNamePrefix,
  ),
  'execution-role': input.role(job.executionRole),
  image: input.image(job.image),
  framework: input.oneOf(FRAMEWORKS, job.framework),
  'framework-version': input.matching(/^\d[\w.-]*$/, 'a version like 1.2-1', job.frameworkVersion),
  'instance-types': input.list(job.instanceTypes),
  'instance-count': input.integer(job.instanceCount),
  'volume-gb': input.integer(job.volumeGb),
  environment: input.keyValues(job.environment),
  subnets: input.list(job.subnets),
  'security-groups': input.list(job.securityGroups),
  'kms-key': input.string(job.kmsKey),
  'network-isolation': input.boolean(job.networkIsolation),
  tags: input.keyValues(job.tags),
  attach: input.matching(/^[a-zA-Z0-9](-*[a-zA-Z0-9]){0,62}$/, 'the name of a job', job.attach),
  wait: input.boolean(job.wait),
  'wait-timeout': input.duration(job.waitTimeout),
  'on-timeout': input.oneOf(['leave', 'stop'], job.onTimeout),
  'on-cancel': input.oneOf(['stop', 'leave'], job.onCancel),
  logs: input.oneOf(['off', 'tail', 'errors'], job.logs),
  'capacity-retries': input.integer(job.capacityRetries),
  'quota-wait': input.duration(job.quotaWait),
  'internal-retries': input.integer(job.internalRetries),
  'price-per-hour': input.keyValues(job.pricePerHour),
  'max-cost': input.number(job.maxCost),
} as const

/** The conditions over these inputs. */
export const jobRules: readonly Rule[] = [
  exactlyOne('image', 'framework'),
  needs('framework', 'framework-version', 'the version is a part of the image'),
  needs('framework-version', 'framework', 'an image has its version in its tag'),
  needs('subnets', 'security-groups', 'a VPC is given by both'),
  needs('security-groups', 'subnets', 'a VPC is given by both'),
  needs('max-cost', 'price-per-hour', 'a cost needs prices'),
  rule(['instance-types'], '`instance-types` are SageMaker instance types.', (values) =>
    instanceTypeProblem(list(values['instance-types'])),
  ),
  rule(['environment'], 'At most 99 variables in `environment`, values up to 512 characters.', (values) =>
    environmentProblem(texts(values['environment'])),
  ),
  rule(['tags'], 'At most 45 `tags`; `aws:` and `mlops:` are reserved.', (values) => tagProblem(texts(values['tags']))),
  rule(['price-per-hour'], 'Prices in `price-per-hour` are plain numbers.', (values) =>
    priceProblem(texts(values['price-per-hour'])),
  ),
  rule(
    ['max-cost', 'price-per-hour', 'instance-types'],
    '`max-cost` needs a price for each of `instance-types`.',
    (values) =>
      values['max-cost'] === undefined
        ? undefined
        : maxCostProblem(texts(values['price-per-hour']), list(values['instance-types'])),
  ),
]
