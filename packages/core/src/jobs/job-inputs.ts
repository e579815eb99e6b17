import { ActionError } from '../action-error.ts'
import type { Arn, Seconds } from '../brand.ts'
import { tagValue } from '../naming.ts'
import type { RunIdentity } from '../ports.ts'
import { costOf, money, type PricePerHour } from './cost.ts'
import type { ReuseMode } from './decide.ts'
import { type Framework, frameworkImage } from './framework-image.ts'
import type { JobState } from './ports.ts'
import type { JobPlan } from './request.ts'
import type { RetryBounds } from './retry.ts'

/** The parsed inputs that both job actions have. */
export interface JobInputs {
  readonly jobNamePrefix: string
  readonly executionRole: Arn
  readonly image: string | undefined
  readonly framework: Framework | undefined
  readonly frameworkVersion: string | undefined
  readonly instanceTypes: readonly string[]
  readonly instanceCount: number
  readonly volumeGb: number
  readonly maxRuntime: Seconds
  readonly environment: Readonly<Record<string, string>> | undefined
  readonly subnets: readonly string[] | undefined
  readonly securityGroups: readonly string[] | undefined
  readonly kmsKey: string | undefined
  readonly networkIsolation: boolean
  readonly tags: Readonly<Record<string, string>> | undefined
  readonly reuse: ReuseMode
  readonly wait: boolean
  readonly waitTimeout: Seconds
  readonly onTimeout: 'leave' | 'stop'
  readonly onCancel: 'stop' | 'leave'
  readonly logs: 'off' | 'tail' | 'errors'
  readonly capacityRetries: number
  readonly quotaWait: Seconds
  readonly internalRetries: number
  readonly pricePerHour: Readonly<Record<string, string>> | undefined
  readonly maxCost: number | undefined
}

/** The image that was named, or that of the framework. Throws E-INPUT where AWS's account in the region is not known. */
export const imageOf = (
  { image, framework, frameworkVersion }: Pick<JobInputs, 'image' | 'framework' | 'frameworkVersion'>,
  region: string,
): string => {
  if (image !== undefined) return image
  const found = framework === undefined ? undefined : frameworkImage(framework, frameworkVersion ?? '', region)
  if (found !== undefined) return found
  throw new ActionError({
    code: 'E-INPUT',
    kind: 'user',
    what: `the image of ${framework ?? 'the framework'} in ${region} is not known`,
    why: 'AWS keeps its framework images in another account in every region, and the list has none for this one',
    hint: 'give image in place of framework',
  })
}

export const jobPlan = (inputs: JobInputs, image: string): JobPlan => ({
  executionRole: inputs.executionRole,
  image,
  instanceCount: inputs.instanceCount,
  volumeGb: inputs.volumeGb,
  maxRuntime: inputs.maxRuntime,
  environment: inputs.environment ?? {},
  subnets: inputs.subnets ?? [],
  securityGroups: inputs.securityGroups ?? [],
  ...(inputs.kmsKey === undefined ? {} : { kmsKey: inputs.kmsKey }),
  networkIsolation: inputs.networkIsolation,
})

export const retryBounds = (inputs: JobInputs, onSpotTimeout: RetryBounds['onSpotTimeout']): RetryBounds => ({
  instanceTypes: inputs.instanceTypes,
  capacityRetries: inputs.capacityRetries,
  internalRetries: inputs.internalRetries,
  quotaWait: inputs.quotaWait,
  onSpotTimeout,
})

export const pricesOf = ({ pricePerHour }: Pick<JobInputs, 'pricePerHour'>): PricePerHour =>
  Object.fromEntries(Object.entries(pricePerHour ?? {}).map(([type, price]) => [type, Number(price)]))

/** The user's tags, and those by which anybody finds the run that made the job. */
export const jobTags = (inputs: JobInputs, identity: RunIdentity, key: string): Readonly<Record<string, string>> => ({
  ...inputs.tags,
  'mlops:repository': tagValue(identity.repository),
  'mlops:run-id': tagValue(identity.runId),
  'mlops:run-attempt': String(identity.runAttempt),
  'mlops:sha': tagValue(identity.sha),
  'mlops:run-key': key.slice(0, 64),
})

/** `<run id>/<run attempt>`, in the job's environment. */
export const startedBy = ({ runId, runAttempt }: RunIdentity): string => `${runId}/${runAttempt}`

/**
 * Refuses a job that could cost more than allowed: max-runtime on all instances, beside what earlier attempts of this
 * run have cost. Throws E-MAX-COST.
 */
export const assertAffordable = (
  { instanceCount, maxRuntime, maxCost, ...inputs }: JobInputs,
  instanceType: string,
  ended: readonly JobState[],
): void => {
  if (maxCost === undefined) return
  const prices = pricesOf(inputs)
  const spent = ended.reduce((sum, state) => sum + (costOf(state.billableSeconds ?? 0, state, prices) ?? 0), 0)
  const bound = spent + (costOf(maxRuntime, { instanceType, instanceCount }, prices) ?? 0)
  if (bound <= maxCost) return
  throw new ActionError({
    code: 'E-MAX-COST',
    kind: 'user',
    what: `a job on ${instanceCount} × ${instanceType} could cost ${money(bound)}`,
    why: `max-runtime is ${maxRuntime} s${spent > 0 ? `, earlier attempts cost ${money(spent)}` : ''}, and max-cost is ${money(maxCost)}`,
    hint: 'lower max-runtime, choose a cheaper type, or raise max-cost',
  })
}
