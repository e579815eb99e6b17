import { bad, type Input, ok, type Parsed } from '@mlops/action-kit'

const LIMIT = 98
const LENGTH = 256

const isTexts = (value: unknown): value is readonly string[] =>
  Array.isArray(value) && value.every((item) => typeof item === 'string')

const listed = (text: string): readonly string[] | undefined => {
  if (!text.trimStart().startsWith('['))
    return text
      .split('\n')
      .map((line) => line.trim())
      .filter((line) => line !== '')
  try {
    const parsed = JSON.parse(text) as unknown
    return isTexts(parsed) ? parsed : undefined
  } catch {
    return undefined
  }
}

const parse = (text: string): Parsed<readonly string[]> => {
  const found = listed(text)
  if (found === undefined)
    return bad('are not usable', 'they look like JSON, but are no list of strings', 'write one a line, or ["--a", "1"]')
  if (found.length > LIMIT)
    return bad(`are ${found.length}`, `SageMaker takes ${LIMIT} beside the script's name`, 'put them into a file')
  const long = found.find((item) => item.length > LENGTH)
  return long === undefined
    ? ok(found)
    : bad(`hold ${long.slice(0, 40)}...`, `an argument has at most ${LENGTH} characters`, 'put it into a file')
}

/** One argument a line, or a JSON list: unlike other lists, commas are a part of the text. */
export const argumentsInput: Input<readonly string[], false> = {
  kind: 'lines',
  help: 'Arguments of the script, one a line or as a JSON list of strings.',
  required: false,
  secret: false,
  names: false,
  parse,
}
