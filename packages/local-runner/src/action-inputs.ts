import type { ActionFile } from './action-file.ts'
import { evaluateText, evaluateTexts } from './expressions.ts'
import type { StepWork } from './step.ts'
import type { Token } from './tokens.ts'

/**
 * The inputs of an action: what `with` gives, else the defaults. An unknown or deprecated one is a warning.
 * https://docs.github.com/en/actions/reference/workflows-and-actions/metadata-syntax#inputs
 */
export const inputsOf = (action: ActionFile, given: Token | undefined, work: StepWork): ReadonlyMap<string, string> => {
  const values = new Map(Object.entries(evaluateTexts(given, work.expressions)))
  const known = new Map([...action.inputs.keys()].map((name) => [name.toLowerCase(), name]))
  const unexpected = [...values.keys()].filter((name) => !known.has(name.toLowerCase()))
  if (unexpected.length > 0)
    work.annotate({
      level: 'warning',
      message: `Unexpected input(s) '${unexpected.join("', '")}', valid inputs are ['${[...known.values()].join("', '")}']`,
    })
  const givenNames = new Map([...values.keys()].map((name) => [name.toLowerCase(), name]))
  const declared = [...action.inputs].map(([name, { fallback, deprecation }]) => {
    const givenName = givenNames.get(name.toLowerCase())
    if (givenName !== undefined && deprecation !== undefined)
      work.annotate({ level: 'warning', message: `Input '${name}' has been deprecated with message: ${deprecation}` })
    const value = givenName === undefined ? evaluateText(fallback, work.expressions) : (values.get(givenName) ?? '')
    return [name, value] as const
  })
  return new Map([...unexpected.map((name) => [name, values.get(name) ?? ''] as const), ...declared])
}

/** Inputs as a JavaScript action reads them. */
export const inputVariables = (inputs: ReadonlyMap<string, string>): Readonly<Record<string, string>> =>
  Object.fromEntries([...inputs].map(([name, value]) => [`INPUT_${name.replaceAll(' ', '_').toUpperCase()}`, value]))
