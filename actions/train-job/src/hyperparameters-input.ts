import { bad, input, type Input, ok, type Parsed } from '@mlops/action-kit'
import type { Hyperparameters } from '@mlops/core'

const lines = input.keyValues({ help: '' })

const typed = (text: string): Parsed<Hyperparameters> => {
  try {
    const parsed = JSON.parse(text) as Readonly<Record<string, unknown>>
    return ok(Object.fromEntries(Object.entries(parsed).map(([name, value]) => [name, { kind: 'json', value }])))
  } catch (error) {
    return bad('is not JSON', String(error), 'check quotes, commas and brackets')
  }
}

const parse: Input<Hyperparameters, false>['parse'] = (text, source) => {
  if (text.trimStart().startsWith('{')) return typed(text)
  const parsed = lines.parse(text, source)
  return parsed.ok
    ? ok(Object.fromEntries(Object.entries(parsed.value).map(([name, value]) => [name, { kind: 'text', value }])))
    : parsed
}

/** Unlike other key-values, JSON keeps its types here: the string "10" and the number 10 reach the script differently. */
export const hyperparametersInput: Input<Hyperparameters, false> = {
  kind: 'key-values',
  help: 'Hyperparameters as lines of key=value or JSON. JSON keeps its types: the string "10" reaches the script as a string.',
  required: false,
  secret: false,
  names: false,
  parse,
}
