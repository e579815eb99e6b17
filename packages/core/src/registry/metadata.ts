import type { MetricRow } from '../gate/judgement.ts'
import { metadataText, type Sha256, tagValue } from '../naming.ts'
import { championKey, healthKey, METADATA, METRIC_PREFIX } from './package.ts'
import type { InputProblem } from '../jobs/input-checks.ts'

/** SageMaker's limit is 50; what the suite writes and room for champion and health of four environments come first. */
const USER_LIMIT = 16
const METRIC_LIMIT = 10

const RESERVED: readonly string[] = Object.values(METADATA)
const RESERVED_PREFIXES = [championKey(''), healthKey(''), METRIC_PREFIX]

const isReserved = (key: string) => RESERVED.includes(key) || RESERVED_PREFIXES.some((prefix) => key.startsWith(prefix))

const USABLE = /^[\p{L}\p{Z}\p{N}_.:/=+\-@]+$/u
const KEY_LENGTH = 128

/** What is wrong with metadata that a user gives; values are made to fit, keys are not. */
export const metadataProblem = (given: Readonly<Record<string, string>>): InputProblem | undefined => {
  const keys = Object.keys(given)
  const complaints = [
    ...(keys.length > USER_LIMIT ? [`there are more than ${USER_LIMIT} entries`] : []),
    ...keys.flatMap((key) => [
      ...(USABLE.test(key) && key.length <= KEY_LENGTH ? [] : [`${key.slice(0, 40)} is no usable key`]),
      ...(isReserved(key) ? [`${key.slice(0, 40)} is a key of the suite's own`] : []),
    ]),
  ]
  if (complaints.length === 0) return undefined
  return {
    what: `is not usable: ${complaints.join('; ')}`,
    why: `keys take letters, digits, spaces and _.:/=+-@, up to ${KEY_LENGTH}; the suite needs the rest of SageMaker's 50 entries`,
    hint: 'rename or leave out entries',
  }
}

/** Whether a text can stand in the metadata to the letter, as what is read back by a program must. */
export const fitsMetadata = (text: string): boolean => metadataText(text, () => '') === text

/** A number with six significant digits. */
export const shortNumber = (value: number): string => {
  if (!Number.isFinite(value)) return String(value)
  const [mantissa = '', exponent] = value.toPrecision(6).split('e')
  const digits = mantissa.includes('.') ? mantissa.replace(/\.?0+$/, '') : mantissa
  return exponent === undefined ? digits : `${digits}e${exponent}`
}

/** The candidate's first metrics as metadata, for who looks at the registry's own pages. */
export const metricEntries = (metrics: readonly MetricRow[]): Readonly<Record<string, string>> =>
  Object.fromEntries(
    metrics
      .flatMap(({ metric, candidate }) =>
        candidate === undefined ? [] : [[`${METRIC_PREFIX}${metric}`, candidate] as const],
      )
      .slice(0, METRIC_LIMIT)
      .map(([key, value]) => [tagValue(key).slice(0, KEY_LENGTH), shortNumber(value)]),
  )

/** The entries as SageMaker takes them: no empty ones, usable characters, 256 of them at most. */
export const metadataOf = (
  entries: Readonly<Record<string, string | undefined>>,
  sha256: Sha256,
): Readonly<Record<string, string>> =>
  Object.fromEntries(
    Object.entries(entries).flatMap(([key, value]) =>
      value === undefined || value === '' ? [] : [[key, metadataText(value, sha256)] as const],
    ),
  )
