import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { NoOperationTraceWriter } from '@actions/workflow-parser'
import { parseAction } from '@actions/workflow-parser/actions/index'
import { RefusedError } from './refusal.ts'
import { fieldsOf, literalOf, placeOf, type Token } from './tokens.ts'
import { faultsOf, type StepTemplate, stepsOf } from './workflow-file.ts'

export interface JavaScriptRuns {
  readonly kind: 'javascript'
  readonly main: string
  readonly pre: string | undefined
  readonly preIf: Token | undefined
  readonly post: string | undefined
  readonly postIf: Token | undefined
}

export interface CompositeRuns {
  readonly kind: 'composite'
  readonly steps: readonly StepTemplate[]
}

interface ActionInput {
  readonly fallback: Token | undefined
  readonly deprecation: string | undefined
}

export interface ActionFile {
  readonly folder: string
  readonly name: string
  readonly file: string
  readonly inputs: ReadonlyMap<string, ActionInput>
  /** Values of a composite's outputs. */
  readonly outputs: ReadonlyMap<string, Token>
  readonly runs: JavaScriptRuns | CompositeRuns
}

const refuse = (file: string, token: Token | undefined, what: string, why: string, hint: string) =>
  new RefusedError([{ file, place: placeOf(token), what, why, hint }])

const runsOf = (file: string, token: Token | undefined): ActionFile['runs'] => {
  const fields = fieldsOf(token)
  const using = literalOf(fields.get('using')) ?? ''
  if (using === 'composite') return { kind: 'composite', steps: stepsOf(fields.get('steps')) }
  if (using !== 'node24')
    throw refuse(
      file,
      fields.get('using') ?? token,
      `\`using: ${using}\` is not run here`,
      using.startsWith('node') ? "GitHub's runners have Node 24 alone since 2026-09-16" : 'it needs containers',
      'use node24 or composite',
    )
  return {
    kind: 'javascript',
    main: literalOf(fields.get('main')) ?? '',
    pre: literalOf(fields.get('pre')),
    preIf: fields.get('pre-if'),
    post: literalOf(fields.get('post')),
    postIf: fields.get('post-if'),
  }
}

/** Reads action.yml (or action.yaml) of a folder. Throws a RefusedError when there is none or it can't be run here. */
export const loadAction = (folder: string): ActionFile => {
  const file = ['action.yml', 'action.yaml'].map((name) => join(folder, name)).find((path) => existsSync(path))
  if (file === undefined)
    throw refuse(join(folder, 'action.yml'), undefined, 'there is no action', 'the file is missing', 'check `uses`')
  const result = parseAction({ name: file, content: readFileSync(file, 'utf8') }, new NoOperationTraceWriter())
  const faults = faultsOf(file, result)
  if (faults.length > 0) throw new RefusedError(faults)
  const fields = fieldsOf(result.value)
  return {
    folder,
    file,
    name: literalOf(fields.get('name')) ?? folder,
    inputs: new Map(
      [...fieldsOf(fields.get('inputs'))].map(([name, input]) => {
        const settings = fieldsOf(input)
        const deprecation = literalOf(settings.get('deprecationMessage'))
        return [name, { fallback: settings.get('default'), deprecation }]
      }),
    ),
    outputs: new Map(
      [...fieldsOf(fields.get('outputs'))].flatMap(([name, output]) => {
        const value = fieldsOf(output).get('value')
        return value === undefined ? [] : [[name, value] as const]
      }),
    ),
    runs: runsOf(file, fields.get('runs')),
  }
}
