import { ActionError, type Environment, errorLine, type ErrorCode } from '@mlops/core'
import type { InputsOf, Spec } from './define-action.ts'
import type { Input, Source } from './input.ts'
import type { Fault, Parsed } from './parsed.ts'

export interface InputFault extends Fault {
  readonly input: string
  readonly code: ErrorCode
}

export type ParsedInputs<S extends Spec> =
  | {
      readonly ok: true
      readonly inputs: InputsOf<S>
      readonly secrets: readonly string[]
      readonly deprecations: readonly string[]
    }
  | { readonly ok: false; readonly faults: readonly InputFault[]; readonly secrets: readonly string[] }

/** The runner's own rule for the variable of an input: spaces become underscores, letters upper-case, hyphens stay. */
const textOf = (name: string, environment: Environment) =>
  (environment[`INPUT_${name.replaceAll(' ', '_').toUpperCase()}`] ?? '').trim()

const camel = (name: string) => name.replaceAll(/-(.)/g, (_, letter: string) => letter.toUpperCase())

const missing = ({ names }: Input<unknown, boolean>): Parsed<never> =>
  names
    ? {
        ok: false,
        fault: {
          what: 'is empty',
          why: 'it is required; a job output that contains a masked secret is dropped by GitHub, so it arrives empty',
          hint: 'give it; when it comes from another job, keep the account id in vars instead of secrets',
        },
      }
    : { ok: false, fault: { what: 'is missing', why: 'it is required', hint: 'give it under with:' } }

const read = (definition: Input<unknown, boolean>, text: string, source: Source): Parsed<unknown> => {
  const given = text === '' ? (definition.default ?? '') : text
  if (given !== '') return definition.parse(given, source)
  return definition.required ? missing(definition) : { ok: true, value: undefined }
}

/**
 * Reads all inputs of the spec from the runner's environment. All faults are found at once: those of single inputs,
 * then those of the rules whose inputs are all sound.
 */
export const parseInputs = <S extends Spec>(spec: S, environment: Environment, source: Source): ParsedInputs<S> => {
  const entries = Object.entries(spec.inputs)
  const secrets = entries.filter(([, { secret }]) => secret).map(([name]) => textOf(name, environment))
  const values: Record<string, unknown> = {}
  const faults: InputFault[] = []
  for (const [name, definition] of entries) {
    const text = textOf(name, environment)
    const parsed = read(definition, text, source)
    if (parsed.ok) values[name] = parsed.value
    else faults.push({ input: name, code: text === '' && definition.names ? 'E-EMPTY' : 'E-INPUT', ...parsed.fault })
  }
  const faulty = new Set(faults.map(({ input }) => input))
  for (const { inputs, check } of spec.rules ?? []) {
    const fault = inputs.some((name) => faulty.has(name)) ? undefined : check(values)
    if (fault !== undefined) faults.push({ input: inputs[0], code: 'E-INPUT', ...fault })
  }
  const known = secrets.filter((secret) => secret !== '')
  if (faults.length > 0) return { ok: false, faults, secrets: known }
  const deprecations = entries
    .filter(([name, { deprecated }]) => deprecated !== undefined && textOf(name, environment) !== '')
    .map(([name, { deprecated = '' }]) => `input ${name} is deprecated: ${deprecated}`)
  // The spec's types promise what its parsers return; the loop above can't carry that per key.
  const inputs = Object.fromEntries(Object.entries(values).map(([name, value]) => [camel(name), value])) as InputsOf<S>
  return { ok: true, inputs, secrets: known, deprecations }
}

/** One line per fault, in the form of every error of the suite. */
export const faultLine = ({ code, input, what, why, hint }: InputFault): string =>
  errorLine({ code, what: `input ${input} ${what}`, why, hint })

/** The error that stands for all faults: it carries the first one's facts and counts the rest. */
export const inputError = (faults: readonly InputFault[]): ActionError => {
  const [first, ...rest] = faults
  if (first === undefined) throw new Error('an input error needs a fault')
  return new ActionError({
    code: first.code,
    kind: 'user',
    what: `input ${first.input} ${first.what}${rest.length > 0 ? `, and ${rest.length} more faults` : ''}`,
    why: first.why,
    hint: first.hint,
    report: {
      headline: `${faults.length === 1 ? 'One input is' : `${faults.length} inputs are`} wrong; nothing was started.`,
      blocks: [
        {
          kind: 'table',
          columns: ['input', 'what', 'why', 'do this'],
          rows: faults.map(({ input, what, why, hint }) => [input, what, why, hint]),
        },
      ],
    },
  })
}
