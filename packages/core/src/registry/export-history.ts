import type { Arn, S3Uri } from '../brand.ts'
import { type Document, type Fields, isRecord, readDocument } from './document.ts'

export interface PackageReference {
  readonly arn: Arn
  readonly version: number
}

/** A line of history.jsonl. Part of the public interface: a field is added, never renamed. */
export interface HistoryEntry {
  readonly version: 1
  /** ISO 8601. */
  readonly at: string
  readonly actor: string
  /** URL of the workflow run. */
  readonly run: string
  readonly kind: 'export' | 'rollback'
  readonly because: string
  readonly from?: PackageReference
  readonly to: PackageReference
  readonly config: S3Uri
}

const isReference = (value: unknown): value is PackageReference =>
  isRecord(value) && typeof value['arn'] === 'string' && typeof value['version'] === 'number'

const complaint = ({ kind, to }: Fields): string | undefined => {
  if (kind !== 'export' && kind !== 'rollback') return 'a line has no kind'
  return isReference(to) ? undefined : 'a line does not say which package it is about'
}

/** Reads all lines, oldest first; the first line that is not one of ours decides. */
export const readHistory = (text: string): Document<readonly HistoryEntry[]> => {
  const entries: HistoryEntry[] = []
  for (const line of text.split('\n').filter((one) => one.trim() !== '')) {
    const read = readDocument<HistoryEntry>(line, complaint)
    if (read.kind !== 'document') return read
    entries.push(read.value)
  }
  return { kind: 'document', value: entries }
}

/**
 * The packages one below the other, the current one last: a rollback takes away what came after the package it returns to,
 * so that going back twice goes back two steps and not to and fro.
 */
const stackOf = (entries: readonly HistoryEntry[]): readonly PackageReference[] =>
  entries.reduce<readonly PackageReference[]>((stack, { kind, to }) => {
    const at = stack.findLastIndex(({ arn }) => arn === to.arn)
    if (kind === 'rollback' && at >= 0) return stack.slice(0, at + 1)
    return stack.at(-1)?.arn === to.arn ? stack : [...stack, to]
  }, [])

/** What there is to go back to from the current package, the nearest first, each once. */
export const earlierPackages = (entries: readonly HistoryEntry[]): readonly PackageReference[] => {
  const stack = stackOf(entries)
  const current = stack.at(-1)
  return stack
    .slice(0, -1)
    .toReversed()
    .filter(({ arn }, index, all) => arn !== current?.arn && all.findIndex((other) => other.arn === arn) === index)
}
