import { isRecord } from '../registry/document.ts'
import type { Sha256 } from '../naming.ts'
import type { KubernetesObject } from './kubernetes-object.ts'
import type { DiffLine, ObjectDiff, PlannedObject, ReleasePlan } from './plan.ts'
import { isSecret, withoutCopy } from './secrets.ts'
import { withoutServerFields } from './server-fields.ts'
import { withoutStamps } from './stamps.ts'
import { fieldsOf, isSame, labelledItems } from './values.ts'

const DIGITS = 8

const shown = (value: unknown): string => (typeof value === 'string' ? value : JSON.stringify(value))

const line = (path: string, before: unknown, after: unknown): DiffLine => ({
  path,
  ...(before === undefined ? {} : { before: shown(before) }),
  ...(after === undefined ? {} : { after: shown(after) }),
})

const below = (path: string, key: string) =>
  /^[\w-]+$/.test(key) ? `${path === '' ? '' : `${path}.`}${key}` : `${path}[${JSON.stringify(key)}]`

const listLines = (path: string, before: readonly unknown[], after: readonly unknown[]): readonly DiffLine[] => {
  const [old, fresh] = [labelledItems(before), labelledItems(after)]
  if (old === undefined || fresh === undefined)
    return before.length === after.length
      ? before.flatMap((item, index) => linesOf(`${path}[${index}]`, item, after[index]))
      : [line(path, before, after)]
  const labels = new Set([...old.keys(), ...fresh.keys()])
  return [...labels].flatMap((label) => linesOf(`${path}[${label}]`, old.get(label), fresh.get(label)))
}

/** The smallest parts in which two values differ. */
const linesOf = (path: string, before: unknown, after: unknown): readonly DiffLine[] => {
  if (isSame(before, after)) return []
  if (Array.isArray(before) && Array.isArray(after)) return listLines(path, before, after)
  if (!isRecord(before) || !isRecord(after)) return [line(path, before, after)]
  const keys = new Set([...Object.keys(before), ...Object.keys(after)])
  return [...keys].flatMap((key) => linesOf(below(path, key), before[key], after[key]))
}

/** Values of a Secret as length and digest; also the copy that kubectl keeps of them. */
const showable = (object: KubernetesObject, sha256: Sha256): KubernetesObject => {
  if (!isSecret(object)) return object
  const data = Object.fromEntries(
    Object.entries(fieldsOf(object['data'])).map(([key, value]) => {
      const text = String(value)
      return [key, `${atobLength(text)} bytes, sha256 ${sha256(text).slice(0, DIGITS)}`]
    }),
  )
  return { ...withoutCopy(object), data }
}

const atobLength = (base64: string) => Math.floor((base64.replace(/=+$/, '').length * 3) / 4)

/**
 * How two states of an object differ, part by part, without what the server owns and what each release says anew of itself.
 */
export const diffLines = (
  before: KubernetesObject | undefined,
  after: KubernetesObject | undefined,
  sha256: Sha256,
): readonly DiffLine[] => {
  const [old, fresh] = [before, after].map(
    (object) => object && showable(withoutStamps(withoutServerFields(object)), sha256),
  )
  return linesOf('', old ?? {}, fresh ?? {})
}

const ofPlanned = ({ reference, live, result, change, rollout }: PlannedObject, sha256: Sha256): ObjectDiff => ({
  reference,
  change,
  rollout,
  lines: change === 'same' ? [] : diffLines(live, result, sha256),
})

/** What a deploy would change, object by object; values of Secrets are never in it. */
export const diffOf = ({ objects, prune }: ReleasePlan, sha256: Sha256): readonly ObjectDiff[] => [
  ...objects.map((planned) => ofPlanned(planned, sha256)),
  ...prune.map(({ reference }): ObjectDiff => ({ reference, change: 'delete', rollout: false, lines: [] })),
]
