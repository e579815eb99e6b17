import { data, Evaluator, Lexer, Parser } from '@actions/expressions'
import type { FunctionDefinition } from '@actions/expressions/funcs/info'
import { isBasicExpression, isBoolean, isMapping, isNumber, isSequence, isString } from '@actions/workflow-parser'
import { ensureStatusFunction } from '@actions/workflow-parser/model/converter/if-condition'
import { placeOf, type Token } from './tokens.ts'

export type Value = null | boolean | number | string | readonly Value[] | { readonly [key: string]: Value }
export type Contexts = { readonly [name: string]: Value }

/** What the status functions answer: https://docs.github.com/en/actions/reference/workflows-and-actions/expressions#status-check-functions */
export interface Status {
  readonly success: boolean
  readonly failure: boolean
  readonly cancelled: boolean
}

/** All that an expression can see. */
export interface Scope {
  readonly contexts: Contexts
  readonly status: () => Status
  /** Absent where GitHub does not offer hashFiles(). */
  readonly hashFiles?: (patterns: readonly string[]) => string
}

const UNTOUCHED: Status = { success: true, failure: false, cancelled: false }

/** A scope where nothing has run yet. */
export const staticScope = (contexts: Contexts): Scope => ({ contexts, status: () => UNTOUCHED })

const CONTEXTS = [
  'github',
  'env',
  'vars',
  'job',
  'jobs',
  'steps',
  'runner',
  'secrets',
  'strategy',
  'matrix',
  'needs',
  'inputs',
]

const toData = (value: Value): data.ExpressionData => {
  if (value === null) return new data.Null()
  if (typeof value === 'string') return new data.StringData(value)
  if (typeof value === 'number') return new data.NumberData(value)
  if (typeof value === 'boolean') return new data.BooleanData(value)
  if (Array.isArray(value)) return new data.Array(...value.map(toData))
  return new data.Dictionary(...Object.entries(value).map(([key, item]) => ({ key, value: toData(item) })))
}

const fromData = (value: data.ExpressionData): Value => {
  if (value instanceof data.Array) return value.values().map(fromData)
  if (value instanceof data.Dictionary)
    return Object.fromEntries(value.pairs().map((pair) => [pair.key, fromData(pair.value)]))
  return value instanceof data.Null ? null : value.value
}

const statusFunction = (name: string, call: () => boolean): FunctionDefinition => ({
  name,
  minArgs: 0,
  maxArgs: 0,
  call: () => new data.BooleanData(call()),
})

const hashFunction = (find: (patterns: readonly string[]) => string): FunctionDefinition => ({
  name: 'hashFiles',
  minArgs: 1,
  maxArgs: 255,
  call: (...patterns) => new data.StringData(find(patterns.map((pattern) => pattern.coerceString()))),
})

const functionsFor = ({ status, hashFiles }: Scope): readonly FunctionDefinition[] => [
  statusFunction('always', () => true),
  statusFunction('success', () => status().success),
  statusFunction('failure', () => status().failure),
  statusFunction('cancelled', () => status().cancelled),
  ...(hashFiles === undefined ? [] : [hashFunction(hashFiles)]),
]

/** Evaluates one expression (without `${{ }}`). Throws GitHub's own words on a faulty one. */
const evaluate = (expression: string, scope: Scope): Value => {
  const functions = functionsFor(scope)
  const tree = new Parser(new Lexer(expression).lex().tokens, CONTEXTS, [...functions]).parse()
  const contexts = Object.fromEntries(CONTEXTS.map((name) => [name, scope.contexts[name] ?? null]))
  const named = new Map(functions.map((definition) => [definition.name.toLowerCase(), definition]))
  const root = new data.Dictionary(...Object.entries(contexts).map(([key, value]) => ({ key, value: toData(value) })))
  return fromData(new Evaluator(tree, root, named).evaluate())
}

/** The text that GitHub puts in the place of a value inside a string. */
export const textOf = (value: Value): string => toData(value).coerceString()

/** GitHub's truth: https://docs.github.com/en/actions/reference/workflows-and-actions/expressions#literals */
export const isTruthy = (value: Value): boolean =>
  typeof value === 'object' ? value !== null : value !== '' && value !== 0 && value !== false && !Number.isNaN(value)

const placed = <T>(token: Token, expression: string, work: () => T): T => {
  try {
    return work()
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error)
    throw new Error(`(Line: ${placeOf(token).replace(':', ', Col: ')}): ${reason} in "${expression}"`, { cause: error })
  }
}

const entriesOf = (value: Value): readonly (readonly [string, Value])[] =>
  typeof value === 'object' && value !== null && !Array.isArray(value) ? Object.entries(value) : []

/** Evaluates a whole token: literals stay what they are, expressions become their values. */
export const evaluateToken = (token: Token, scope: Scope): Value => {
  if (isBasicExpression(token)) return placed(token, token.expression, () => evaluate(token.expression, scope))
  if (isString(token) || isNumber(token) || isBoolean(token)) return token.value
  if (isSequence(token)) return [...token].map((item) => evaluateToken(item, scope))
  if (!isMapping(token)) return null
  return Object.fromEntries(
    [...token].flatMap(({ key, value }) => {
      if (isString(key)) return [[key.value, evaluateToken(value, scope)] as const]
      if (isBasicExpression(key))
        return [[textOf(evaluate(key.expression, scope)), evaluateToken(value, scope)] as const]
      return entriesOf(evaluateToken(value, scope))
    }),
  )
}

export const evaluateText = (token: Token | undefined, scope: Scope): string =>
  token === undefined ? '' : textOf(evaluateToken(token, scope))

/** Evaluates a mapping to name → text, as `env`, `with` and `outputs` are read. */
export const evaluateTexts = (token: Token | undefined, scope: Scope): Readonly<Record<string, string>> =>
  token === undefined
    ? {}
    : Object.fromEntries(entriesOf(evaluateToken(token, scope)).map(([name, value]) => [name, textOf(value)]))

const conditionText = (token: Token): string => {
  if (isBasicExpression(token)) return token.expression
  return isString(token) || isBoolean(token) || isNumber(token) ? String(token.value).trim() : ''
}

/**
 * Evaluates an `if`. Without a status function it means `success() && (…)`:
 * https://docs.github.com/en/actions/reference/workflows-and-actions/expressions#status-check-functions
 */
export const evaluateCondition = (token: Token | undefined, scope: Scope): boolean => {
  if (token === undefined) return scope.status().success
  const condition = conditionText(token)
  if (condition === '') return scope.status().success
  const whole = ensureStatusFunction(condition, token.definitionInfo)
  return placed(token, condition, () => isTruthy(evaluate(whole, scope)))
}

/** Evaluates a `pre-if` or `post-if`, which GitHub reads as it stands; absent means always(). */
export const evaluateAsIs = (token: Token | undefined, scope: Scope): boolean => {
  if (token === undefined) return true
  const condition = conditionText(token)
  return placed(token, condition, () => isTruthy(evaluate(condition, scope)))
}
