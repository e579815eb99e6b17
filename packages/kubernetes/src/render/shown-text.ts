import { fieldsOf, type Fields, isFields } from '../fields.ts'
import type { Rendered } from '../release-api.ts'
import { sha256 } from '../sha256.ts'
import { manifestText } from './manifest-text.ts'

/** Where `kubectl apply` keeps a copy of the whole object, with all its values. */
const LAST_APPLIED = 'kubectl.kubernetes.io/last-applied-configuration'

const isSecret = (value: unknown): value is Fields => isFields(value) && value['kind'] === 'Secret'

/** Fields with digests for their values, which say whether one has changed: those that records have. */
const digests = (fields: unknown, encode: (value: string) => string): Fields =>
  isFields(fields)
    ? Object.fromEntries(Object.entries(fields).map(([key, value]) => [key, `sha256:${sha256(encode(String(value)))}`]))
    : {}

const withoutCopy = (metadata: Fields): Fields => {
  const { [LAST_APPLIED]: copy, ...annotations } = fieldsOf(metadata['annotations'])
  return copy === undefined ? metadata : { ...metadata, annotations }
}

const shownSecret = ({ data, stringData, metadata, ...rest }: Fields): Fields => ({
  ...rest,
  ...(isFields(metadata) ? { metadata: withoutCopy(metadata) } : {}),
  ...(data === undefined ? {} : { data: digests(data, (value) => value) }),
  ...(stringData === undefined
    ? {}
    : { stringData: digests(stringData, (value) => Buffer.from(value).toString('base64')) }),
})

const shown = (value: unknown): unknown => {
  if (isSecret(value)) return shownSecret(value)
  return isFields(value) && Array.isArray(value['items']) ? { ...value, items: value['items'].map(shown) } : value
}

const holdsSecret = (value: unknown): boolean =>
  isSecret(value) || (isFields(value) && Array.isArray(value['items']) && value['items'].some(holdsSecret))

/** What was rendered, as it may lie in a file: as it is, and with digests for the values of Secrets when it has some. */
export const shownText = ({ text, documents }: Pick<Rendered, 'text' | 'documents'>): string =>
  documents.some(({ value }) => holdsSecret(value)) ? manifestText(documents.map(({ value }) => shown(value))) : text
