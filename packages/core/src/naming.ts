import type { EpochMs } from './brand.ts'
import type { RunIdentity, Environment } from './ports.ts'

/** Hex digest of a text's UTF-8 bytes. An argument, because the domain holds no crypto of its own. */
export type Sha256 = (text: string) => string

/** SageMaker's own limit for the names of training and processing jobs. */
export const JOB_NAME_LIMIT = 63
/** What a prefix may take of it, so that key, run, re-run and attempt always fit behind. */
export const JOB_PREFIX_LIMIT = 30
export const JOB_PREFIX_PATTERN = /^(?=.{1,30}$)[a-zA-Z0-9](-*[a-zA-Z0-9])*$/
/** The attempts that a name has room for. */
export const LAST_ATTEMPT = 99

const KEY_LENGTH = 10
const RUN_TOKEN_LIMIT = 12

/**
 * The run as a short word: GitHub's run id in base 36. Other systems' ids (Jenkins hands BUILD_TAG over, which holds job
 * path and number) have no bound and any letter, so they are hashed.
 */
export const runToken = (identity: RunIdentity, environment: Environment, sha256: Sha256): string => {
  const tag = environment['BUILD_TAG'] ?? ''
  const id = identity.runId === 'local' && tag !== '' ? tag : identity.runId
  const token = /^\d+$/.test(id) ? BigInt(id).toString(36) : ''
  return token !== '' && token.length <= RUN_TOKEN_LIMIT ? token : sha256(id).slice(0, RUN_TOKEN_LIMIT)
}

export interface JobNameParts {
  readonly prefix: string
  /** Run key in hex; its first ten digits are used. */
  readonly key: string
  /** Token of the run; absent when the job is shared by all runs of the same content. */
  readonly run?: string
  /** Counts from 1. */
  readonly attempt: number
}

/**
 * The deterministic name of a job: whoever asks for the same work finds the same name, so a re-run meets the job that an
 * earlier process started. At most 63 characters of `[a-zA-Z0-9](-*[a-zA-Z0-9])*`.
 */
export const jobName = ({ prefix, key, run, attempt }: JobNameParts): string => {
  const suffix = [
    key.slice(0, KEY_LENGTH),
    ...(run === undefined ? [] : [`r${run}`]),
    ...(attempt > 1 ? [`a${attempt}`] : []),
  ]
  const tail = suffix.join('-')
  return `${prefix.slice(0, JOB_NAME_LIMIT - tail.length - 1).replace(/-+$/, '')}-${tail}`
}

const TAG_VALUE_LIMIT = 256
const asTagText = (text: string) => text.replaceAll(/[^\p{L}\p{Z}\p{N}_.:/=+\-@]/gu, '-')

/** Tag values take letters, digits, spaces and `_.:/=+-@`, at most 256 (SageMaker API, Tag). */
export const tagValue = (text: string): string => asTagText(text).slice(0, TAG_VALUE_LIMIT)

const DIGEST_LENGTH = 8

/**
 * A value of a model package's metadata, which takes what tags take (SageMaker API, CreateModelPackage). A longer text is
 * cut and ends with its digest, so that two of them stay apart.
 */
export const metadataText = (text: string, sha256: Sha256): string => {
  const whole = asTagText(text)
  if (whole.length <= TAG_VALUE_LIMIT) return whole
  // Cut first: half of a pair of surrogates is then no letter either.
  return `${asTagText(text.slice(0, TAG_VALUE_LIMIT - DIGEST_LENGTH - 1))}-${sha256(text).slice(0, DIGEST_LENGTH)}`
}

/** SageMaker's own pattern for the names of model package groups. */
export const GROUP_NAME_PATTERN = /^[a-zA-Z0-9](-*[a-zA-Z0-9]){0,62}$/

/** A model package group as it was named: by name, or by ARN when it may be another account's. */
export interface GroupReference {
  readonly name: string
  readonly arn?: { readonly region: string; readonly account: string }
}

/** Reads the name or ARN of a model package group; undefined when it is neither. */
export const parseGroup = (text: string): GroupReference | undefined => {
  if (GROUP_NAME_PATTERN.test(text)) return { name: text }
  const [, region = '', account = '', name = ''] =
    /^arn:aws[a-z-]*:sagemaker:([a-z0-9-]+):(\d{12}):model-package-group\/(.+)$/.exec(text) ?? []
  return GROUP_NAME_PATTERN.test(name) ? { name, arn: { region, account } } : undefined
}

/** Group and version of a model package's ARN; undefined when it is none of a versioned package. */
export const parsePackageArn = (text: string): { readonly group: string; readonly version: number } | undefined => {
  const [, group = '', version = ''] =
    /^arn:aws[a-z-]*:sagemaker:[a-z0-9-]+:\d{12}:model-package\/([^/]+)\/([1-9]\d{0,8})$/.exec(text) ?? []
  return GROUP_NAME_PATTERN.test(group) ? { group, version: Number(version) } : undefined
}

export interface ImageTagParts {
  readonly sha: string
  /** Of the model package; absent for an image without a model. */
  readonly version?: number
  /** Digest of what the image is made of, in hex; its first eight digits are used. */
  readonly key: string
}

/** `<sha7>-m<package version>-<key8>`: says the code and the model, and differs when anything else does. */
export const imageTag = ({ sha, version = 0, key }: ImageTagParts): string =>
  `${sha.slice(0, 7)}-m${version}-${key.slice(0, 8)}`

/** The tags of an image that was proven healthy: the newest one of an environment, and one for each revision. */
export const healthTags = (environment: string, revision: number): readonly [latest: string, healthy: string] => [
  `latest-${environment}`,
  `healthy-${environment}-${revision}`,
]

/** Page of a workflow run. */
export const runUrl = ({ serverUrl, repository, runId }: RunIdentity): string =>
  `${serverUrl}/${repository}/actions/runs/${runId}`

/** `20260131T093000Z-v7.json`: sorts by time, and names the version. */
export const exportFileName = (at: EpochMs, version: number): string =>
  // oxlint-disable-next-line no-restricted-globals -- formats a given time, asks for none
  `${new Date(at).toISOString().replaceAll(/[-:]|\.\d+/g, '')}-v${version}.json`
