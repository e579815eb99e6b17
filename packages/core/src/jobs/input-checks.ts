/** What is wrong with inputs, in the three parts of every error of the suite. */
export interface InputProblem {
  readonly what: string
  readonly why: string
  readonly hint: string
}

type Texts = Readonly<Record<string, string>>

const problem = (complaints: readonly string[], why: string, hint: string): InputProblem | undefined =>
  complaints.length === 0 ? undefined : { what: `is not usable: ${complaints.join('; ')}`, why, hint }

const INSTANCE_TYPE = /^ml\.[a-z0-9-]+\.[a-z0-9]+$/

export const instanceTypeProblem = (types: readonly string[]): InputProblem | undefined =>
  problem(
    types.length === 0
      ? ['it names no type']
      : types.filter((type) => !INSTANCE_TYPE.test(type)).map((type) => `${type} is no instance type`),
    'SageMaker knows types like ml.m5.xlarge only',
    'write types like ml.m5.xlarge, one a line',
  )

export const priceProblem = (prices: Texts): InputProblem | undefined =>
  problem(
    Object.entries(prices)
      .filter(([, text]) => !/^\d+(\.\d+)?$/.test(text))
      .map(([type, text]) => `${type} costs "${text}"`),
    'a price is a number without a currency',
    'write lines like ml.m5.xlarge=0.23',
  )

/** A bound on the cost holds only when every type that may be used has a price. */
export const maxCostProblem = (prices: Texts, types: readonly string[]): InputProblem | undefined =>
  problem(
    types.filter((type) => prices[type] === undefined).map((type) => `price-per-hour has no price for ${type}`),
    'the cost of a job cannot be bounded without its price',
    'add the missing prices',
  )

/** SageMaker's limits for both kinds of job: at most 100 variables, names of 512 characters, values of 512. */
export const environmentProblem = (environment: Texts): InputProblem | undefined =>
  problem(
    [
      ...(Object.keys(environment).length > 99 ? ['there are more than 99 variables'] : []),
      ...Object.entries(environment).flatMap(([name, value]) => [
        ...(/^[a-zA-Z_]\w*$/.test(name) && name.length <= 512 ? [] : [`${name.slice(0, 40)} is no name of a variable`]),
        ...(value.length > 512 ? [`${name.slice(0, 40)} has ${value.length} characters, at most 512 are allowed`] : []),
      ]),
    ],
    'SageMaker refuses such an environment',
    'shorten or rename; larger values belong into a file',
  )

const TAG_TEXT = /^[\p{L}\p{Z}\p{N}_.:/=+\-@]*$/u

/** SageMaker takes 50 tags, of which the action sets five itself; `aws:` is reserved. */
export const tagProblem = (tags: Texts): InputProblem | undefined =>
  problem(
    [
      ...(Object.keys(tags).length > 45 ? ['there are more than 45 tags'] : []),
      ...Object.entries(tags).flatMap(([key, value]) => [
        ...(key.length > 128 || !TAG_TEXT.test(key) || /^(aws|mlops):/i.test(key)
          ? [`${key.slice(0, 40)} is no usable key`]
          : []),
        ...(value.length > 256 || !TAG_TEXT.test(value) ? [`the value of ${key.slice(0, 40)} is not usable`] : []),
      ]),
    ],
    'tags take letters, digits, spaces and _.:/=+-@, 128 characters as key and 256 as value; aws: and mlops: are reserved',
    'change the tags',
  )

const groupsOf = (regex: string): number | undefined => {
  try {
    // Python's named groups are written differently; with an empty alternative the expression matches, and tells its groups.
    return (new RegExp(`${regex.replaceAll('(?P<', '(?<')}|`).exec('')?.length ?? 0) - 1
  } catch {
    return undefined
  }
}

export const metricProblem = (definitions: Texts): InputProblem | undefined =>
  problem(
    [
      ...(Object.keys(definitions).length > 40 ? ['there are more than 40'] : []),
      ...Object.entries(definitions).flatMap(([name, regex]) => {
        const groups = groupsOf(regex)
        return [
          ...(/^.{1,255}$/.test(name) ? [] : [`${name.slice(0, 40)} is no usable name`]),
          ...(regex.length > 500
            ? [`the expression of ${name.slice(0, 40)} has ${regex.length} characters, at most 500 are allowed`]
            : []),
          ...(groups === undefined ? [`the expression of ${name.slice(0, 40)} is malformed`] : []),
          ...(groups !== undefined && groups !== 1
            ? [`the expression of ${name.slice(0, 40)} has ${groups} groups, it needs exactly one around the number`]
            : []),
        ]
      }),
    ],
    'SageMaker takes the value of a metric from the one group of its expression',
    'write lines like accuracy=accuracy: ([0-9.]+)',
  )

const UNSAFE_SPOT_SECONDS = 3600

/** An interrupted spot job starts again from nothing unless it has a checkpoint. */
export const unsafeSpotProblem = (
  spot: boolean,
  maxRuntime: number,
  checkpoint: string | undefined,
  allowed: boolean,
): InputProblem | undefined =>
  spot && maxRuntime > UNSAFE_SPOT_SECONDS && checkpoint === undefined && !allowed
    ? {
        what: `is on with a max-runtime of ${maxRuntime} s and no checkpoint-s3`,
        why: 'a spot job longer than an hour loses everything each time its machine is taken away',
        hint: 'give checkpoint-s3 and write checkpoints, lower max-runtime, or set allow-unsafe-spot',
      }
    : undefined
