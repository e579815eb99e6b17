import { type ErrorCode, nearest } from '@mlops/core'
import type * as z from 'zod/mini'
import type { DocumentFault } from './document-fault.ts'
import type { DocumentPath, YamlDocument } from './yaml-document.ts'

type Schema = z.ZodMiniType
type Issue = z.core.$ZodIssue

/** What one kind of document says of its faults. */
export interface ShapeWords {
  readonly code: ErrorCode
  /** Keys that are expected here and have no meaning in this version, with the reason. */
  readonly later: Readonly<Record<string, string>>
  /** What to do about a value of a key, where there is more to say than to correct it. */
  readonly hints: Readonly<Record<string, string>>
  /** What a value has to be that may be of several kinds, or follows a form. */
  readonly form: (kind: 'invalid_union' | 'invalid_format', path: DocumentPath) => string
}

/** A path as people say it: `rules[2].min`. */
const pathName = (path: DocumentPath): string =>
  path
    .map((step, index) => (typeof step === 'number' ? `[${step}]` : `${index === 0 ? '' : '.'}${String(step)}`))
    .join('')

interface Definition {
  readonly shape?: Readonly<Record<string, Schema>>
  readonly innerType?: Schema
  readonly element?: Schema
}

/** The keys that the mapping at a path may have. */
const keysAt = (schema: Schema, path: DocumentPath): readonly string[] => {
  const { shape, innerType, element }: Definition = schema.def as Definition
  if (innerType !== undefined) return keysAt(innerType, path)
  if (element !== undefined) return keysAt(element, path.slice(1))
  const next = shape?.[String(path[0])]
  return next === undefined ? Object.keys(shape ?? {}) : keysAt(next, path.slice(1))
}

const valueOf = (value: unknown, path: DocumentPath): unknown =>
  path.reduce((so: unknown, step) => (so as Readonly<Record<PropertyKey, unknown>> | null | undefined)?.[step], value)

const either = (values: readonly string[]) =>
  values.length < 2 ? values.join('') : `${values.slice(0, -1).join(', ')} or ${values.at(-1) ?? ''}`

const KINDS: Readonly<Record<string, string>> = {
  string: 'a text',
  number: 'a finite number',
  int: 'a whole number',
  boolean: 'true or false',
  array: 'a list',
  object: 'a mapping',
  record: 'a mapping',
}

/** What must stand at the place of an issue. */
const demandOf = (issue: Issue, { form }: ShapeWords): string => {
  switch (issue.code) {
    case 'invalid_type':
      return KINDS[issue.expected] ?? issue.expected
    case 'invalid_value':
      return either(issue.values.map(String))
    case 'too_small':
      if (issue.origin === 'array' || issue.origin === 'string') return 'not empty'
      return `${issue.inclusive === false ? 'more than' : 'at least'} ${issue.minimum}`
    case 'too_big':
      if (issue.origin === 'string') return `a text of at most ${issue.maximum} characters`
      return `${issue.inclusive === false ? 'less than' : 'at most'} ${issue.maximum}`
    case 'invalid_union':
    case 'invalid_format':
      return form(issue.code, issue.path)
    case 'invalid_key':
    case 'invalid_element':
    case 'not_multiple_of':
    case 'unrecognized_keys':
    case 'custom':
      return 'something else'
  }
}

/** A part of a document, and what it has to look like. */
interface Part<S> {
  readonly shape: S
  readonly base: DocumentPath
  /** What messages call it; empty for the whole document. */
  readonly owner: string
  readonly words: ShapeWords
}

/** The faults of one issue; unknown keys are a fault each. */
const faultsOfIssue = (
  issue: Issue,
  { shape, base, owner, words }: Part<Schema>,
  { value, valueAt, keyAt, textAt }: YamlDocument,
): readonly DocumentFault[] => {
  const path = [...base, ...issue.path]
  const nameOf = (inner: DocumentPath) => [owner, pathName(inner)].filter((name) => name !== '').join(': ')
  const name = nameOf(issue.path)
  if (issue.code === 'unrecognized_keys') {
    const known = keysAt(shape, issue.path)
    return issue.keys.map((key) => {
      const near = nearest(key, known)
      const later = words.later[key]
      return {
        code: words.code,
        ...keyAt([...path, key]),
        what: `${nameOf([...issue.path, key])} is unknown`,
        why:
          later === undefined
            ? 'a key that is not understood could change what is meant'
            : `not in version 1: ${later}`,
        hint: near === undefined ? `known here: ${known.join(', ')}` : `did you mean ${near}?`,
      }
    })
  }
  if (valueOf(value, path) === undefined)
    return [
      {
        code: words.code,
        ...valueAt(path),
        what: `${name} is missing`,
        why: `it must be ${demandOf(issue, words)}`,
        hint: 'add it',
      },
    ]
  const written = textAt(path)
  return [
    {
      code: words.code,
      ...valueAt(path),
      what: `${name} is ${written === undefined || written === '' ? 'not usable' : `"${written.slice(0, 80)}"`}`,
      why: `it must be ${demandOf(issue, words)}`,
      hint: words.hints[String(path.at(-1))] ?? 'correct it',
    },
  ]
}

/** Checks a part of a document against its shape: the part with its type, or its faults. */
export const checkShape = <S extends z.ZodMiniType>(
  value: unknown,
  part: Part<S>,
  document: YamlDocument,
): { readonly value?: z.infer<S>; readonly faults: readonly DocumentFault[] } => {
  const { data, error } = part.shape.safeParse(value)
  return error === undefined
    ? { value: data, faults: [] }
    : { faults: error.issues.flatMap((issue) => faultsOfIssue(issue, part, document)) }
}
