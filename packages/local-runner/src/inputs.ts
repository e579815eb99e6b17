// Inputs of workflow_dispatch and workflow_call:
// https://docs.github.com/en/actions/reference/workflows-and-actions/workflow-syntax#onworkflow_dispatchinputs
import { evaluateToken, type Scope, textOf, type Value } from './expressions.ts'
import { type Fields, fieldsOf, literalOf, literalsOf, type Token } from './tokens.ts'

export interface Inputs {
  /** Typed, as the `inputs` context has them. */
  readonly values: { readonly [name: string]: Value }
  readonly faults: readonly string[]
}

const ZERO: Readonly<Record<string, Value>> = { boolean: false, number: 0 }

const isTrue = (token: Token | undefined, scope: Scope) => token !== undefined && evaluateToken(token, scope) === true

const typed = (name: string, type: string, value: Value, settings: Fields): Value | Error => {
  if (type === 'boolean') {
    if (typeof value === 'boolean') return value
    if (value === 'true' || value === 'false') return value === 'true'
    return new Error(`input "${name}" is "${textOf(value)}", which is not a boolean`)
  }
  if (type === 'number') {
    const number = typeof value === 'number' ? value : Number(value)
    return value === '' || Number.isNaN(number) ? new Error(`input "${name}" is not a number`) : number
  }
  const options = literalsOf(settings.get('options'))
  if (type === 'choice' && !options.includes(textOf(value)))
    return new Error(`input "${name}" is "${textOf(value)}", which is none of ${options.join(', ')}`)
  return textOf(value)
}

const unknownNames = (declared: Fields, given: { readonly [name: string]: Value }) =>
  Object.keys(given).filter((name) => ![...declared.keys()].some((known) => known.toLowerCase() === name.toLowerCase()))

const givenFor = (given: { readonly [name: string]: Value }, name: string): Value | undefined =>
  Object.entries(given).find(([key]) => key.toLowerCase() === name.toLowerCase())?.[1]

/** Types and completes the given inputs by their declaration. */
export const readInputs = (
  declaration: Token | undefined,
  given: { readonly [name: string]: Value },
  scope: Scope,
): Inputs => {
  const declared = fieldsOf(declaration)
  const faults = unknownNames(declared, given).map((name) => `input "${name}" is not declared`)
  const values: Record<string, Value> = {}
  for (const [name, token] of declared) {
    const settings = fieldsOf(token)
    const type = literalOf(settings.get('type')) ?? 'string'
    const fallback = settings.get('default')
    const sent = givenFor(given, name)
    if (sent === undefined && fallback === undefined) {
      if (isTrue(settings.get('required'), scope)) faults.push(`input "${name}" is required`)
      values[name] = ZERO[type] ?? ''
      continue
    }
    const value = typed(name, type, sent ?? (fallback === undefined ? '' : evaluateToken(fallback, scope)), settings)
    if (value instanceof Error) faults.push(value.message)
    else values[name] = value
  }
  return { values, faults }
}
