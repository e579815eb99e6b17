import type { Arn, S3Uri, Seconds } from '@mlops/core'
import { parseDuration } from './duration.ts'
import { bad, ok, type Parsed } from './parsed.ts'

/** What a parser may look at besides the text: JSON inputs can name a file. */
export interface Source {
  readonly readText: (path: string) => string
}

/** `Present` is known to the compiler only: a required input, or one with a default, is never undefined. */
export interface Input<T, Present extends boolean> {
  readonly kind: string
  readonly help: string
  readonly required: boolean
  readonly secret: boolean
  readonly present?: Present
  readonly default?: string
  readonly deprecated?: string
  /** An empty value of such an input is nearly always a job output that was dropped (E-EMPTY). */
  readonly names: boolean
  readonly parse: (text: string, source: Source) => Parsed<T>
}

interface Options {
  readonly help: string
  readonly required?: boolean
  readonly default?: string
  readonly secret?: boolean
  /** The sentence a user of this input reads as a warning: since when, and what to use instead. */
  readonly deprecated?: string
}
type IsPresent<O extends Options> = O extends { readonly required: true } | { readonly default: string } ? true : false

const make =
  <T>(kind: string, parse: Input<T, boolean>['parse'], names = false) =>
  <const O extends Options>(options: O): Input<T, IsPresent<O>> => ({
    kind,
    help: options.help,
    required: options.required ?? false,
    secret: options.secret ?? false,
    names,
    ...(options.default === undefined ? {} : { default: options.default }),
    ...(options.deprecated === undefined ? {} : { deprecated: options.deprecated }),
    parse,
  })

const quoted = (text: string) => `"${text.length > 80 ? `${text.slice(0, 77)}...` : text}"`

const parseBoolean = (text: string): Parsed<boolean> => {
  // The YAML 1.2 core schema's spellings, as @actions/core reads them.
  if (/^(true|True|TRUE)$/.test(text)) return ok(true)
  if (/^(false|False|FALSE)$/.test(text)) return ok(false)
  return bad(`is ${quoted(text)}`, 'it is a yes-or-no question', 'write true or false')
}

interface Bounds {
  readonly min?: number
  readonly max?: number
}
const within = (value: number, { min = -Infinity, max = Infinity }: Bounds, text: string): Parsed<number> =>
  value >= min && value <= max
    ? ok(value)
    : bad(`is ${text}`, `it must be between ${min} and ${max}`, 'choose a value in that range')

const parseInteger = (bounds: Bounds) => (text: string) =>
  /^-?\d+$/.test(text) && Number.isSafeInteger(Number(text))
    ? within(Number(text), bounds, text)
    : bad(`is ${quoted(text)}`, 'it must be a whole number', 'write digits only')

const parseNumber = (bounds: Bounds) => (text: string) =>
  /^-?(\d+(\.\d*)?|\.\d+)([eE][-+]?\d+)?$/.test(text)
    ? within(Number(text), bounds, text)
    : bad(`is ${quoted(text)}`, 'it must be a number', 'write it like 0.25')

const parseSeconds = (text: string): Parsed<Seconds> => {
  const value = parseDuration(text)
  return value === undefined
    ? bad(`is ${quoted(text)}`, 'it is not a duration', 'write a number with its unit, like 90s, 15m, 5h30m or 1d')
    : ok(value)
}

/** `arn:partition:service:region:account:resource` (IAM user guide, "ARN format"). */
const parseArn =
  (service: string, resource: RegExp) =>
  (text: string): Parsed<Arn> => {
    const [arn, partition, of, , , ...rest] = text.split(':')
    return arn === 'arn' && /^aws(-[a-z]+)*$/.test(partition ?? '') && of === service && resource.test(rest.join(':'))
      ? ok(text as Arn)
      : bad(
          `is ${quoted(text)}`,
          `it is not the ARN of ${service === 'iam' ? 'an IAM role' : `a ${service} resource`}`,
          `write it like arn:aws:${service}:…; a name alone is not enough`,
        )
  }

/** Bucket rules: docs.aws.amazon.com/AmazonS3/latest/userguide/bucketnamingrules.html */
const S3_URI = /^s3:\/\/[a-z0-9][a-z0-9.-]{1,61}[a-z0-9](\/.*)?$/s
export const parseS3Uri = (text: string): Parsed<S3Uri> =>
  S3_URI.test(text) && !/[\n\r]/.test(text)
    ? ok(text as S3Uri)
    : bad(`is ${quoted(text)}`, 'it is not an S3 URI', 'write it like s3://bucket/prefix, with a valid bucket name')

const parseLines = (text: string): Parsed<readonly string[]> =>
  ok(
    text
      .split(/[\n,]/)
      .map((item) => item.trim())
      .filter((item) => item !== ''),
  )

const scalar = (value: unknown): string => (typeof value === 'string' ? value : JSON.stringify(value))

const parsePairs = (text: string): Parsed<Readonly<Record<string, string>>> => {
  const pairs: Record<string, string> = {}
  for (const [index, raw] of text.split('\n').entries()) {
    const line = raw.trim()
    if (line === '' || line.startsWith('#')) continue
    const at = line.indexOf('=')
    if (at < 1) return bad(`has ${quoted(line)} in line ${index + 1}`, 'it has no key before an =', 'write key=value')
    const key = line.slice(0, at).trim()
    if (Object.hasOwn(pairs, key)) return bad(`has ${quoted(key)} twice`, 'only one can count', 'remove one of them')
    pairs[key] = line.slice(at + 1).trim()
  }
  return ok(pairs)
}

const isRecord = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

const parseKeyValues = (text: string): Parsed<Readonly<Record<string, string>>> => {
  if (!text.trimStart().startsWith('{')) return parsePairs(text)
  const parsed = parseJsonText(text)
  if (!parsed.ok) return parsed
  return isRecord(parsed.value)
    ? ok(Object.fromEntries(Object.entries(parsed.value).map(([key, value]) => [key, scalar(value)])))
    : bad('is JSON', 'it must be an object', 'write {"key": "value"} or lines of key=value')
}

const parseJsonText = (text: string): Parsed<unknown> => {
  try {
    return ok(JSON.parse(text) as unknown)
  } catch (error) {
    return bad(`is ${quoted(text)}`, `it is not JSON (${String(error)})`, 'check quotes, commas and brackets')
  }
}

const parseJson =
  <T>(shape: (value: unknown) => Parsed<T>): Input<T, boolean>['parse'] =>
  (text, source) => {
    const inline = /^\s*[[{"]/.test(text)
    let content = text
    if (!inline)
      try {
        content = source.readText(text)
      } catch {
        return bad(
          `is ${quoted(text)}`,
          'it is neither JSON nor a file that can be read',
          'give JSON or the path of a file',
        )
      }
    const parsed = parseJsonText(content)
    return parsed.ok ? shape(parsed.value) : parsed
  }

const parseMatching =
  (pattern: RegExp, form: string) =>
  (text: string): Parsed<string> =>
    pattern.test(text) ? ok(text) : bad(`is ${quoted(text)}`, `it must be ${form}`, 'change it to that form')

const parseOneOf =
  <const V extends string>(values: readonly V[]) =>
  (text: string): Parsed<V> => {
    const found = values.find((value) => value === text)
    return found === undefined
      ? bad(`is ${quoted(text)}`, 'it is none of the choices', `choose ${values.join(', ')}`)
      : ok(found)
  }

/**
 * The kinds of value an action can take. Each turns the text the runner hands over into a typed value or a fault;
 * an empty text is an input that was not given and never reaches a parser.
 */
export const input = {
  string: make('string', ok<string>),
  boolean: make('boolean', parseBoolean),
  integer: <const O extends Options & Bounds>(options: O) => make('integer', parseInteger(options))(options),
  number: <const O extends Options & Bounds>(options: O) => make('number', parseNumber(options))(options),
  duration: make('duration', parseSeconds),
  arn: <const O extends Options & { readonly service: string; readonly resource?: RegExp }>(options: O) =>
    make('ARN', parseArn(options.service, options.resource ?? /./), true)(options),
  role: make('role ARN', parseArn('iam', /^role\/./), true),
  s3Uri: make('S3 URI', parseS3Uri, true),
  image: make('image', parseMatching(/^\S{1,255}$/, 'an image reference without spaces'), true),
  oneOf: <const V extends string, const O extends Options>(values: readonly V[], options: O) =>
    make(values.map((value) => `\`${value}\``).join(', '), parseOneOf(values))(options),
  list: make('list', parseLines),
  keyValues: make('key-values', parseKeyValues),
  matching: <const O extends Options>(pattern: RegExp, form: string, options: O) =>
    make('string', parseMatching(pattern, form))(options),
  json: <T, const O extends Options>(shape: (value: unknown) => Parsed<T>, options: O) =>
    make('JSON or file', parseJson(shape))(options),
} as const
