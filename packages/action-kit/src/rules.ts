import type { Fault } from './parsed.ts'

/** Parsed values by input name; an input that was not given is undefined. */
export type Values = Readonly<Record<string, unknown>>

/** A condition over several inputs. It is judged only when all `inputs` parsed without a fault of their own. */
export interface Rule {
  readonly inputs: readonly [string, ...string[]]
  readonly says: string
  readonly check: (values: Values) => Fault | undefined
}

const given = (value: unknown) => value !== undefined && value !== false

/** `input` makes sense only together with `other`. */
export const needs = (input: string, other: string, why: string): Rule => ({
  inputs: [input, other],
  says: `\`${input}\` needs \`${other}\`: ${why}.`,
  check: (values) =>
    given(values[input]) && !given(values[other])
      ? { what: `is given without ${other}`, why, hint: `give ${other} too, or leave ${input} out` }
      : undefined,
})

/** Exactly one of the inputs is given. */
export const exactlyOne = (...inputs: readonly [string, string, ...string[]]): Rule => ({
  inputs,
  says: `Exactly one of ${inputs.map((name) => `\`${name}\``).join(', ')} is given.`,
  check: (values) => {
    const found = inputs.filter((name) => given(values[name]))
    if (found.length === 1) return undefined
    return {
      what:
        found.length === 0
          ? `and ${inputs.slice(1).join(', ')} are all missing`
          : `stands beside ${found.slice(1).join(', ')}`,
      why: 'exactly one of them says what to do',
      hint: found.length === 0 ? 'give one of them' : 'keep one of them',
    }
  },
})

/** Number or duration `input` is at least `other`, when both are given. */
export const atLeast = (input: string, other: string, why: string): Rule => ({
  inputs: [input, other],
  says: `\`${input}\` is at least \`${other}\`: ${why}.`,
  check: (values) => {
    const [value, least] = [values[input], values[other]]
    return typeof value === 'number' && typeof least === 'number' && value < least
      ? { what: `is less than ${other} (${value} < ${least})`, why, hint: `raise ${input} or lower ${other}` }
      : undefined
  },
})

/** Any other condition; `says` is the sentence that the documentation prints. */
export const rule = (
  inputs: readonly [string, ...string[]],
  says: string,
  check: (values: Values) => Fault | undefined,
): Rule => ({ inputs, says, check })
