import type { Sha256 } from '../naming.ts'
import type { KubernetesObject } from './kubernetes-object.ts'
import { fieldsOf, isSame } from './values.ts'

const DIGEST = 'sha256:'

export const isSecret = ({ apiVersion, kind }: Pick<KubernetesObject, 'apiVersion' | 'kind'>): boolean =>
  apiVersion === 'v1' && kind === 'Secret'

const dataOf = (secret: KubernetesObject): Readonly<Record<string, string>> =>
  Object.fromEntries(Object.entries(fieldsOf(secret['data'])).map(([key, value]) => [key, String(value)]))

/** A colon is no letter of base64, so a digest is never taken for a value. */
const digestOf = (value: string, sha256: Sha256) => (value.startsWith(DIGEST) ? value : `${DIGEST}${sha256(value)}`)

const digests = (secret: KubernetesObject, sha256: Sha256) =>
  Object.fromEntries(Object.entries(dataOf(secret)).map(([key, value]) => [key, digestOf(value, sha256)]))

/** Where `kubectl apply` keeps a copy of the whole object, with all its values. */
const LAST_APPLIED = 'kubectl.kubernetes.io/last-applied-configuration'

/** A Secret without the copy that kubectl keeps of its values. */
export const withoutCopy = (secret: KubernetesObject): KubernetesObject => {
  const { [LAST_APPLIED]: copy, ...annotations } = secret.metadata.annotations ?? {}
  return copy === undefined ? secret : { ...secret, metadata: { ...secret.metadata, annotations } }
}

/** The object as it may be kept: a Secret with digests for its values, unless these are to be kept. */
export const recordable = (object: KubernetesObject, recordSecrets: boolean, sha256: Sha256): KubernetesObject =>
  isSecret(object) && !recordSecrets ? { ...withoutCopy(object), data: digests(object, sha256) } : object

/** Whether a recorded Secret holds its values, so that it can be written again. */
export const holdsValues = (secret: KubernetesObject): boolean =>
  Object.values(dataOf(secret)).every((value) => !value.startsWith(DIGEST))

/** Whether two Secrets have the same values, recorded whole or as digests. */
export const haveSameValues = (one: KubernetesObject, other: KubernetesObject, sha256: Sha256): boolean =>
  isSame(digests(one, sha256), digests(other, sha256))
