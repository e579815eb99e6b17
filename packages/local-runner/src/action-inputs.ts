import type { ActionFile } from './action-file.ts'
import { evaluateText, evaluateTexts } from './expressions.ts'
import type { StepWork } from './step.ts'
import type { Token } from './tokens.ts'

const folded = (names: Iterable<string>) => new Map([...names].map((name) => [name.toLowerCase(), name]))

/** Warns of inputs that the action does not know or has deprecated. */
export const warnOfInputs = (action: ActionFile, given: Token | undefined, work: StepWork): void => {
  const known = folded(action.inputs.keys())
  const names = Object.keys(evaluateTexts(given, work.expressions))
  const unexpected = names.filter((name) => !known.has(name.toLowerCase()))
  if (unexpected.length > 0)
    work.annotate({
      level: 'warning',
      message: `Unexpected input(s) '${unexpected.join("', '")}', valid inputs are ['${[...known.values()].join("', '")}']`,
    })
  for (const name of names.map((each) => known.get(each.toLowerCase()) ?? '')) {
    const deprecation = action.inputs.get(name)?.deprecation
    if (deprecation !== undefined)
      work.annotate({ level: 'warning', message: `Input '${name}' has been deprecated with message: ${deprecation}` })
  }
}

/**
 * The inputs of an action: what `with` gives, else the defaults.
 * https://docs.github.com/en/actions/reference/workflows-and-actions/metadata-syntax#inputs
 */
export const inputsOf = (action: ActionFile, given: Token | undefined, work: StepWork): ReadonlyMap<string, string> => {
  const values = new Map(Object.entries(evaluateTexts(given, work.expressions)))
  const known = folded(action.inputs.keys())
  const names = folded(values.keys())
  const unexpected = [...values].filter(([name]) => !known.has(name.toLowerCase()))
  const declared = [...action.inputs].map(([name, { fallback }]) => {
    const givenName = names.get(name.toLowerCase())
    return [
      name,
      givenName === undefined ? evaluateText(fallback, work.expressions) : (values.get(givenName) ?? ''),
    ] as const
  })
  return new Map([...unexpected, ...declared])
}

/** Inputs as a JavaScript action reads them. */
export const inputVariables = (inputs: ReadonlyMap<string, string>): Readonly<Record<string, string>> =>
  Object.fromEntries([...inputs].map(([name, value]) => [`INPUT_${name.replaceAll(' ', '_').toUpperCase()}`, value]))
