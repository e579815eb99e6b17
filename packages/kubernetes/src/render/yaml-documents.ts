import type { RenderedDocument } from '@mlops/core'
import { type Document, LineCounter, parseAllDocuments, type ScalarTag, type Tags } from 'yaml'
import { isFields } from '../fields.ts'
import type { RenderFault } from './render-error.ts'

export interface ReadDocuments {
  readonly documents: readonly RenderedDocument[]
  readonly faults: readonly RenderFault[]
}

const SIZE_LIMIT = 16 * 1024 * 1024
/** As in the library: an alias that repeats more than this is made to exhaust its reader. */
const MOST_ALIASES = 100

// kubectl reads YAML 1.1, in which `0644` is 420 and `yes` is true.
const OCTAL: ScalarTag = {
  tag: 'tag:yaml.org,2002:int',
  default: true,
  identify: () => false,
  test: /^[-+]?0[0-7]+$/,
  resolve: (text) => Number.parseInt(text, 8),
}
const BOOLEAN: ScalarTag = {
  tag: 'tag:yaml.org,2002:bool',
  default: true,
  identify: () => false,
  test: /^(?:yes|Yes|YES|on|On|ON|no|No|NO|off|Off|OFF)$/,
  resolve: (text) => /^(?:yes|on)$/i.test(text),
}
const customTags = (tags: Tags): Tags => [OCTAL, BOOLEAN, ...tags]

/** Keys that would reach into every object of the program. */
const isPolluting = (value: unknown): boolean => {
  if (Array.isArray(value)) return value.some(isPolluting)
  return isFields(value) && Object.entries(value).some(([key, field]) => key === '__proto__' || isPolluting(field))
}

const unsound = (file: string, line: number, why: string): RenderFault => ({
  file,
  line,
  what: 'is not sound YAML',
  why,
  hint: 'correct the place; look for a missing quote, colon or indentation',
})

type Content = { readonly value: unknown } | { readonly complaint: string }

const contentOf = (document: Document.Parsed): Content => {
  const [error] = document.errors
  if (error !== undefined) return { complaint: error.message }
  try {
    const value: unknown = document.toJS({ maxAliasCount: MOST_ALIASES })
    return isPolluting(value) ? { complaint: 'it has a key __proto__' } : { value }
  } catch (fault) {
    // Too many aliases, or nested deeper than the stack.
    return { complaint: (fault as Error).message }
  }
}

/** Reads the documents of a YAML text as kubectl does, each with the line that it begins at. */
export const readDocuments = (text: string, file: string): ReadDocuments => {
  if (text.length > SIZE_LIMIT)
    return { documents: [], faults: [unsound(file, 1, 'it is larger than 16 MiB, which no release can be')] }
  const lineCounter = new LineCounter()
  const found = parseAllDocuments(text.replace(/^\uFEFF/, ''), {
    lineCounter,
    prettyErrors: false,
    schema: 'core',
    merge: true,
    customTags,
  })
  const documents: RenderedDocument[] = []
  const faults: RenderFault[] = []
  for (const document of Array.isArray(found) ? found : []) {
    const [error] = document.errors
    const offset = error?.pos[0] ?? document.contents?.range[0] ?? document.range[0]
    const line = Math.max(1, lineCounter.linePos(offset).line)
    const content = contentOf(document)
    if ('complaint' in content) faults.push(unsound(file, line, content.complaint))
    else if (content.value !== null) documents.push({ file, line, value: content.value })
  }
  return { documents, faults }
}
