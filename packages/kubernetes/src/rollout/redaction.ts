import {
  ActionError,
  type Cluster,
  type ExpectedWorkload,
  isSecret,
  type KubernetesObject,
  objectKey,
  objectName,
  type ObjectReference,
  podNeeds,
} from '@mlops/core'
import { atOnce } from '../at-once.ts'
import { fieldsOf } from '../fields.ts'

/** What is shorter is no secret, and as a mask it would black out half of the log. */
const SHORTEST = 4
const HIDDEN = '***'

/** What must not be seen of a release. */
export interface Redaction {
  /** A text as it may be shown, and what was hidden in it. */
  readonly hide: (text: string) => { readonly text: string; readonly hidden: readonly string[] }
  /** Secrets whose values nobody could tell. */
  readonly unread: readonly string[]
}

/** A value as a program may print it: whole, line by line, or as the Secret has it. */
const printed = (encoded: string): readonly string[] => {
  const value = Buffer.from(encoded, 'base64').toString()
  return [value, ...value.split(/\r?\n/), encoded].map((one) => one.trim()).filter((one) => one.length >= SHORTEST)
}

/** Hides every value of some Secrets; the longest first, for one may be a part of another. */
const hiding = (secrets: readonly KubernetesObject[]): Redaction['hide'] => {
  const encoded = secrets.flatMap((secret) => Object.values(fieldsOf(secret['data'])).map(String))
  const values = [...new Set(encoded.flatMap(printed))].toSorted((one, other) => other.length - one.length)
  return (text) => {
    const hidden = values.filter((value) => text.includes(value))
    return { text: hidden.reduce((rest, value) => rest.replaceAll(value, HIDDEN), text), hidden }
  }
}

/** The Secrets of a release, and those that its pods need. */
const secretsOf = (expected: readonly ExpectedWorkload[], objects: readonly ObjectReference[]) => {
  const needed = expected.flatMap(({ reference: { namespace = '', name }, template }) =>
    podNeeds({ apiVersion: 'apps/v1', kind: 'Deployment', metadata: { name, namespace }, spec: { template } }),
  )
  const references = [...objects, ...needed.map(({ reference }) => reference)].filter(isSecret)
  return [...new Map(references.map((reference) => [objectKey(reference), reference])).values()]
}

/** Reads the Secrets of a release, for what its pods say to be shown without their values. */
export const redactionOf = async (
  cluster: Cluster,
  expected: readonly ExpectedWorkload[],
  objects: readonly ObjectReference[],
): Promise<Redaction> => {
  const unread: string[] = []
  const read = async (reference: ObjectReference) => {
    try {
      return await cluster.get(reference)
    } catch (error) {
      if (!(error instanceof ActionError) || error.facts.kind === 'cancelled') throw error
      unread.push(objectName(reference))
      return undefined
    }
  }
  const found = await atOnce(secretsOf(expected, objects), read)
  return { hide: hiding(found.filter((secret) => secret !== undefined)), unread }
}
