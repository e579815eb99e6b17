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

/** Tag values take letters, digits, spaces and `_.:/=+-@`, at most 256 (SageMaker API, Tag). */
export const tagValue = (text: string): string => text.replaceAll(/[^\p{L}\p{Z}\p{N}_.:/=+\-@]/gu, '-').slice(0, 256)
