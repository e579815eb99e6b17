import { type Api, ApiError } from '../api.ts'

interface Data {
  readonly data?: Readonly<Record<string, string>>
  readonly binaryData?: Readonly<Record<string, string>>
}

export type ReferenceKind = 'ConfigMap' | 'Secret'

/** The bytes of a ConfigMap or Secret by key; undefined when there is none. */
export const readKeys = async (
  api: Api,
  kind: ReferenceKind,
  namespace: string,
  name: string,
): Promise<ReadonlyMap<string, Buffer> | undefined> => {
  try {
    const path = `/api/v1/namespaces/${namespace}/${kind.toLowerCase()}s/${name}`
    const { data = {}, binaryData = {} } = await api.get<Data>(path)
    const encoded = kind === 'Secret' ? data : binaryData
    const plain = kind === 'Secret' ? {} : data
    return new Map([
      ...Object.entries(plain).map(([key, value]) => [key, Buffer.from(value)] as const),
      ...Object.entries(encoded).map(([key, value]) => [key, Buffer.from(value, 'base64')] as const),
    ])
  } catch (error) {
    if (error instanceof ApiError && error.status === 404) return undefined
    throw error
  }
}
