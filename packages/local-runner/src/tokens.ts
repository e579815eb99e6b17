import { isMapping, isSequence, isString } from '@actions/workflow-parser'
import type { TemplateToken } from '@actions/workflow-parser/templates/tokens/template-token'

export type Token = TemplateToken

/** The keys of a mapping with their values; empty for anything that is not a mapping. */
export type Fields = ReadonlyMap<string, Token>

export const fieldsOf = (token: Token | undefined): Fields =>
  new Map(
    token !== undefined && isMapping(token)
      ? [...token].flatMap(({ key, value }) => (isString(key) ? [[key.value, value] as const] : []))
      : [],
  )

export const itemsOf = (token: Token | undefined): readonly Token[] =>
  token !== undefined && isSequence(token) ? [...token] : []

/** The text of a literal string; undefined for an expression or anything that is not a string. */
export const literalOf = (token: Token | undefined): string | undefined =>
  token !== undefined && isString(token) ? token.value : undefined

/** One string or a list of strings, as `branches`, `types` and `needs` take them. */
export const literalsOf = (token: Token | undefined): readonly string[] => {
  const single = literalOf(token)
  if (single !== undefined) return [single]
  return itemsOf(token).flatMap((item) => literalOf(item) ?? [])
}

/** Where a token stands, as `12:7`. */
export const placeOf = (token: Token | undefined): string =>
  token?.range === undefined ? '1:1' : `${token.range.start.line}:${token.range.start.column}`
