import type { FilePlace } from '@mlops/core'
import {
  isAlias,
  isMap,
  isScalar,
  isSeq,
  LineCounter,
  type Pair,
  parseAllDocuments,
  type ParsedNode,
  type YAMLError,
} from 'yaml'
import type { DocumentFault, Reading } from './document-fault.ts'

export type DocumentPath = readonly PropertyKey[]

/** A YAML file as plain data (keys are always texts) that still knows where each part stands. */
export interface YamlDocument {
  readonly value: unknown
  /** Where the value at a path stands; of a part that is not there, where the nearest one around it does. */
  readonly valueAt: (path: DocumentPath) => FilePlace
  /** Where the key at a path stands; an item of a list has none, and stands for itself. */
  readonly keyAt: (path: DocumentPath) => FilePlace
  /** The scalar at a path as it is written, without quotes: `1.0` where the value is the number 1. */
  readonly textAt: (path: DocumentPath) => string | undefined
}

interface Place {
  readonly key: number
  readonly value: number
  readonly text?: string
}

interface Complaint {
  readonly offset: number
  readonly what: string
  readonly why: string
  readonly hint: string
}

/** What an alias repeats, and of how many parts it is; `open` while the anchor's own node is still being read. */
type Anchored = 'open' | { readonly value: unknown; readonly parts: number }

const SIZE_LIMIT = 1024 * 1024
/** Nobody corrects more of them in one go. */
const MOST_FAULTS = 100

const pathText = (path: DocumentPath) => JSON.stringify(path.map(String))

const offsetOf = (node: ParsedNode | null): number => node?.range[0] ?? 0

/**
 * Turns the syntax tree into plain data. The library's own conversion takes tags, replaces merge keys and looks for
 * duplicate keys and anchors in quadratic time, so a megabyte of them would hold a step up for hours.
 */
const readTree = (root: ParsedNode | null, size: number) => {
  const places = new Map<string, Place>()
  const complaints: Complaint[] = []
  const anchors = new Map<string, Anchored>()
  // Of the file, with each alias replaced by what it repeats.
  let parts = 0

  const complain = (offset: number, what: string, why: string, hint: string) => {
    complaints.push({ offset, what, why, hint })
  }

  const refuseTag = (node: ParsedNode) => {
    if (node.tag !== undefined)
      complain(offsetOf(node), `the tag ${node.tag} stands here`, 'tags are not read', 'remove it, quotes make a text')
  }

  const repeat = (name: string, offset: number): unknown => {
    const anchor = anchors.get(name)
    if (anchor === undefined || anchor === 'open') {
      const why = anchor === 'open' ? 'it stands within what it repeats' : 'no anchor of that name stands before it'
      complain(offset, `the alias *${name} leads nowhere`, why, 'write out what is meant')
      return undefined
    }
    if (parts <= size && parts + anchor.parts > size)
      complain(
        offset,
        'aliases repeat more than the file holds',
        'such a file is made to exhaust its reader',
        'write out what is meant',
      )
    parts += anchor.parts
    return anchor.value
  }

  /** A key as it is written; a key that is no plain text is refused. */
  const keyText = (key: ParsedNode): string | undefined => {
    const offset = offsetOf(key)
    refuseTag(key)
    if (!isScalar(key)) {
      complain(offset, 'a key is not a text', 'only texts name things here', 'write a plain text before the colon')
      return undefined
    }
    if (key.anchor !== undefined)
      complain(offset, `the anchor &${key.anchor} stands at a key`, 'only values can be repeated', 'remove it')
    if (key.type === 'PLAIN' && key.source === '<<') {
      complain(offset, 'a merge key stands here', 'merge keys hide what a file says', 'write out what is meant')
      return undefined
    }
    return key.source ?? ''
  }

  const pairOf = ({ key, value }: Pair<ParsedNode, ParsedNode | null>, path: DocumentPath, seen: Set<string>) => {
    const text = keyText(key)
    if (text === undefined) return []
    if (seen.has(text)) {
      complain(offsetOf(key), `the key ${text} stands here again`, 'only one of the two could count', 'remove one')
      return []
    }
    seen.add(text)
    return [[text, read(value, [...path, text], offsetOf(key))] as const]
  }

  const contentOf = (node: ParsedNode | null, path: DocumentPath): unknown => {
    if (isSeq(node)) return node.items.map((item, index) => read(item, [...path, index], offsetOf(item)))
    if (!isMap(node)) return isScalar(node) ? node.value : null
    const seen = new Set<string>()
    return Object.fromEntries(node.items.flatMap((pair) => pairOf(pair, path, seen)))
  }

  const read = (node: ParsedNode | null, path: DocumentPath, key: number): unknown => {
    const text = isScalar(node) ? node.source : undefined
    const value = node === null ? key : offsetOf(node)
    places.set(pathText(path), { key, value, ...(text === undefined ? {} : { text }) })
    const before = parts
    parts += 1
    if (isAlias(node)) return repeat(node.source, value)
    if (node !== null) refuseTag(node)
    const anchor = node?.anchor
    if (anchor !== undefined) anchors.set(anchor, 'open')
    const content = contentOf(node, path)
    if (anchor !== undefined) anchors.set(anchor, { value: content, parts: parts - before })
    return content
  }

  return { value: read(root, [], 0), places, complaints }
}

const complaintOf = ({ code, message, pos }: YAMLError): Complaint => ({
  offset: pos[0],
  what: code === 'RESOURCE_EXHAUSTION' ? 'it is nested too deeply' : message,
  why: 'the file is not sound YAML',
  hint: 'correct the place; look for a missing quote, colon or indentation',
})

const TOO_LARGE: Complaint = {
  offset: 0,
  what: 'the file is larger than 1 MiB',
  why: 'a file that people write is not',
  hint: 'look whether the right file was named',
}

/**
 * Reads a YAML file that somebody wrote by hand. Refused besides syntax errors, all with their place: duplicate keys, more
 * than one document, tags, merge keys, keys that are no texts, aliases into themselves or of too much, nesting without end.
 */
export const readYaml = (text: string): Reading<YamlDocument> => {
  const lines = new LineCounter()
  const placeAt = (offset: number): FilePlace => {
    const { line, col } = lines.linePos(offset)
    // The library says line 0 of a file that has no line yet.
    return { line: Math.max(1, line), column: Math.max(1, col) }
  }
  const faults = (complaints: readonly Complaint[]): Reading<YamlDocument> => ({
    kind: 'faults',
    faults: complaints
      .toSorted((one, other) => one.offset - other.offset)
      .slice(0, MOST_FAULTS)
      .map(({ offset, ...rest }): DocumentFault => ({ code: 'E-YAML', ...placeAt(offset), ...rest })),
  })
  if (text.length > SIZE_LIMIT) return faults([TOO_LARGE])

  // The schema is named, for a directive in the file could ask for another version of YAML, in which `no` is false.
  const documents = parseAllDocuments(text.replace(/^\uFEFF/, ''), {
    lineCounter: lines,
    prettyErrors: false,
    schema: 'core',
    uniqueKeys: false,
  })
  const [first, second] = Array.isArray(documents) ? documents : []
  const errors = (first?.errors ?? []).map(complaintOf)
  const more =
    second === undefined
      ? []
      : [
          {
            offset: second.range[0],
            what: 'a second document starts here',
            why: 'only one can count',
            hint: 'remove it',
          },
        ]
  const { value, places, complaints } = readTree(first?.contents ?? null, text.length)
  // What follows from a tree that was misread would only be noise.
  const all = [...errors, ...more, ...(errors.length > 0 ? [] : complaints)]
  if (all.length > 0) return faults(all)

  const placeOf = (path: DocumentPath): Place | undefined =>
    places.get(pathText(path)) ?? (path.length === 0 ? undefined : placeOf(path.slice(0, -1)))
  return {
    kind: 'ok',
    value: {
      value,
      valueAt: (path) => placeAt(placeOf(path)?.value ?? 0),
      keyAt: (path) => placeAt(placeOf(path)?.key ?? 0),
      textAt: (path) => places.get(pathText(path))?.text,
    },
  }
}
