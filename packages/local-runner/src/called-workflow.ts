// https://docs.github.com/en/actions/reference/workflows-and-actions/reusing-workflow-configurations
import { frameContexts } from './contexts.ts'
import {
  type Contexts,
  evaluateText,
  evaluateTexts,
  evaluateToken,
  isTruthy,
  type Scope,
  staticScope,
  type Value,
} from './expressions.ts'
import { readInputs } from './inputs.ts'
import type { Permissions } from './permissions.ts'
import type { Frame, Need } from './run-state.ts'
import { fieldsOf, literalOf } from './tokens.ts'
import type { JobTemplate, Workflow } from './workflow-file.ts'

export interface Call {
  readonly caller: Frame
  readonly template: JobTemplate
  readonly contexts: Contexts
  readonly permissions: Permissions
  readonly id: string
  readonly name: string
  readonly cancelled: AbortSignal
}

const secretsFor = ({ caller, template }: Call, scope: Scope): Readonly<Record<string, string>> => {
  const token = template.fields.get('secrets')
  return literalOf(token) === 'inherit' ? caller.secrets : evaluateTexts(token, scope)
}

const missingSecrets = (callee: Workflow, secrets: Readonly<Record<string, string>>): readonly string[] =>
  [...fieldsOf(callee.events.get('workflow_call')?.fields.get('secrets'))]
    .filter(([name, settings]) => {
      const required = fieldsOf(settings).get('required')
      return required !== undefined && isTruthy(evaluateToken(required, staticScope({}))) && secrets[name] === undefined
    })
    .map(([name]) => `secret "${name}" is required`)

/** The frame of a called workflow, with what is wrong about the call. */
export const frameOfCall = (call: Call): { readonly frame: Frame; readonly faults: readonly string[] } => {
  const { caller, template, permissions, id, name, cancelled } = call
  const callee = caller.run.program.called(template)
  if (callee === undefined) throw new Error(`job "${template.id}" calls no known workflow`)
  const scope = staticScope({ ...call.contexts, secrets: caller.secrets })
  const given = template.fields.get('with')
  const sent = given === undefined ? {} : (evaluateToken(given, scope) as { readonly [name: string]: Value })
  const inputs = readInputs(callee.events.get('workflow_call')?.fields.get('inputs'), sent, scope)
  const secrets = secretsFor(call, scope)
  const frame: Frame = {
    run: caller.run,
    workflow: callee,
    idPrefix: `${id}/`,
    namePrefix: `${name} / `,
    inputs: inputs.values,
    secrets,
    permissions,
    cancelled,
    cancel: caller.cancel,
  }
  return { frame, faults: [...inputs.faults, ...missingSecrets(callee, secrets)] }
}

/** The outputs that a workflow hands to its caller. */
export const outputsOf = (frame: Frame, jobs: ReadonlyMap<string, Need>): Readonly<Record<string, string>> => {
  const declared = fieldsOf(frame.workflow.events.get('workflow_call')?.fields.get('outputs'))
  const results = Object.fromEntries([...jobs].map(([id, need]) => [id, { ...need }]))
  const scope = staticScope({ ...frameContexts(frame, {}), jobs: results })
  return Object.fromEntries(
    [...declared].map(([name, settings]) => [name, evaluateText(fieldsOf(settings).get('value'), scope)]),
  )
}
