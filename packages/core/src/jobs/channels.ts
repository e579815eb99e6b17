import type { S3Uri } from '../brand.ts'
import type { InputProblem } from './input-checks.ts'
import type { Channel, DataInput, DataOutput } from './request.ts'

type Read<T> = { readonly ok: true; readonly value: T } | { readonly ok: false; readonly fault: InputProblem }
type Entry<T> = { readonly value: T } | { readonly complaint: string }
type Fields = Readonly<Record<string, unknown>>

const LIMIT = 20
const NAME = /^[A-Za-z0-9.\-_]{1,64}$/
const URI = /^s3:\/\/[a-z0-9][a-z0-9.-]{1,61}[a-z0-9](\/\S*)?$/

const fieldsOf = (text: string): Fields | undefined => {
  if (!text.trimStart().startsWith('{')) return { uri: text }
  try {
    const parsed = JSON.parse(text) as unknown
    return typeof parsed === 'object' && parsed !== null ? (parsed as Fields) : undefined
  } catch {
    return undefined
  }
}

const collect = <T>(
  texts: Readonly<Record<string, string>>,
  read: (name: string, fields: Fields) => Entry<T>,
  limit: number,
  hint: string,
): Read<readonly T[]> => {
  const entries = Object.entries(texts).map(([name, text]): Entry<T> => {
    const fields = fieldsOf(text)
    if (!NAME.test(name)) return { complaint: `${name.slice(0, 40)} is no usable name` }
    return fields === undefined ? { complaint: `${name} is neither a URI nor JSON` } : read(name, fields)
  })
  const complaints = entries.flatMap((entry) => ('complaint' in entry ? [entry.complaint] : []))
  if (entries.length > limit) complaints.push(`there are ${entries.length}, at most ${limit} are allowed`)
  return complaints.length > 0
    ? {
        ok: false,
        fault: { what: `is not usable: ${complaints.join('; ')}`, why: 'SageMaker would refuse the job', hint },
      }
    : { ok: true, value: entries.flatMap((entry) => ('value' in entry ? [entry.value] : [])) }
}

const unknownField = (fields: Fields, known: readonly string[]) =>
  Object.keys(fields).find((field) => !known.includes(field))

const oneOf = <const V extends string>(value: unknown, values: readonly V[]): V | undefined =>
  values.find((candidate) => candidate === value)

const optional = <K extends string, V>(key: K, value: V | undefined): { readonly [P in K]?: V } =>
  // A computed key widens to an index signature, which the declared type narrows again.
  value === undefined ? {} : ({ [key]: value } as { readonly [P in K]?: V })

const CHANNEL_FIELDS = ['uri', 'content-type', 'compression', 'input-mode', 'distribution']
const DISTRIBUTIONS = ['FullyReplicated', 'ShardedByS3Key'] as const

const isS3 = (value: unknown): value is S3Uri => typeof value === 'string' && URI.test(value)

const channel = (name: string, fields: Fields): Entry<Channel> => {
  const {
    uri,
    'content-type': contentType,
    compression,
    'input-mode': inputMode,
    distribution = 'FullyReplicated',
  } = fields
  const unknown = unknownField(fields, CHANNEL_FIELDS)
  if (unknown !== undefined) return { complaint: `${name} has an unknown field ${unknown}` }
  if (!isS3(uri)) return { complaint: `${name} has no S3 URI` }
  if (contentType !== undefined && typeof contentType !== 'string')
    return { complaint: `${name} has no usable content-type` }
  const zip = oneOf(compression, ['None', 'Gzip'])
  const mode = oneOf(inputMode, ['File', 'Pipe', 'FastFile'])
  const spread = oneOf(distribution, DISTRIBUTIONS)
  if (compression !== undefined && zip === undefined)
    return { complaint: `${name} has a compression other than None, Gzip` }
  if (inputMode !== undefined && mode === undefined)
    return { complaint: `${name} has an input-mode other than File, Pipe, FastFile` }
  if (spread === undefined) return { complaint: `${name} has a distribution other than ${DISTRIBUTIONS.join(', ')}` }
  return {
    value: {
      name,
      uri,
      distribution: spread,
      ...optional('contentType', contentType),
      ...optional('compression', zip),
      ...optional('inputMode', mode),
    },
  }
}

/** Reads `train=s3://…` or `train={"uri": "s3://…", "content-type": "text/csv", …}`. */
export const readChannels = (texts: Readonly<Record<string, string>>): Read<readonly Channel[]> =>
  collect(
    texts,
    channel,
    LIMIT,
    `name channels with letters, digits and .-_ and give each an S3 URI, or JSON with ${CHANNEL_FIELDS.join(', ')}`,
  )

/** SageMaker's limit for processing inputs and outputs. */
export const PROCESSING_LIMIT = 10
const INPUT_ROOT = '/opt/ml/processing/input'
const OUTPUT_ROOT = '/opt/ml/processing/output'

const isPath = (value: unknown): value is string =>
  typeof value === 'string' && /^\/opt\/ml\/processing\/\S+$/.test(value)

const dataInput = (name: string, fields: Fields): Entry<DataInput> => {
  const { uri, path = `${INPUT_ROOT}/${name}`, distribution = 'FullyReplicated' } = fields
  const unknown = unknownField(fields, ['uri', 'path', 'distribution'])
  if (unknown !== undefined) return { complaint: `${name} has an unknown field ${unknown}` }
  if (!isS3(uri)) return { complaint: `${name} has no S3 URI` }
  if (!isPath(path)) return { complaint: `${name} has a path outside /opt/ml/processing` }
  const spread = oneOf(distribution, DISTRIBUTIONS)
  return spread === undefined
    ? { complaint: `${name} has a distribution other than ${DISTRIBUTIONS.join(', ')}` }
    : { value: { name, uri, path, distribution: spread } }
}

/** Reads `raw=s3://…` or `raw={"uri": "s3://…", "path": "/opt/ml/processing/…"}`; at most `limit` of them. */
export const readDataInputs = (texts: Readonly<Record<string, string>>, limit: number): Read<readonly DataInput[]> =>
  collect(
    texts,
    dataInput,
    limit,
    'name inputs with letters, digits and .-_ and give each an S3 URI, or JSON with uri, path, distribution',
  )

const dataOutput = (name: string, { uri: path }: Fields): Entry<DataOutput> =>
  isPath(path) ? { value: { name, path } } : { complaint: `${name} has a path outside /opt/ml/processing` }

/** Reads names of outputs, each with its folder in the container: `gold`, or `gold=/opt/ml/processing/gold`. */
export const readDataOutputs = (lines: readonly string[]): Read<readonly DataOutput[]> => {
  const texts = Object.fromEntries(
    lines.map((line) => {
      const at = line.indexOf('=')
      return at < 0 ? [line, `${OUTPUT_ROOT}/${line}`] : [line.slice(0, at).trim(), line.slice(at + 1).trim()]
    }),
  )
  return collect(texts, dataOutput, PROCESSING_LIMIT, 'write names, one a line, or name=/opt/ml/processing/folder')
}
