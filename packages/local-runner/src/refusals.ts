// Everything that this engine does not do, found by walking the files before anything runs.
import { isNumber } from '@actions/workflow-parser'
import type { ActionFile } from './action-file.ts'
import { EVENTS } from './events.ts'
import { filterPattern } from './filters.ts'
import { OUTSIDE_ACTIONS } from './outside-actions/table.ts'
import { effectivePermissions, excessOf, grantedBy, type Permissions } from './permissions.ts'
import type { Refusal } from './refusal.ts'
import { SHELLS } from './run-step.ts'
import { type Fields, fieldsOf, literalOf, literalsOf, placeOf, type Token } from './tokens.ts'
import { parseUses } from './uses.ts'
import type { JobTemplate, StepTemplate, Workflow } from './workflow-file.ts'

type Refuse = (token: Token | undefined, what: string, why: string, hint: string) => Refusal

const refuseIn =
  (file: string): Refuse =>
  (token, what, why, hint) => ({ file, place: placeOf(token), what, why, hint })

const UNSUPPORTED_KEYS: Readonly<Record<string, string>> = {
  container: 'containers are not started here',
  services: 'containers are not started here',
  snapshot: 'there is no image to keep',
  'cancel-timeout-minutes': 'a cancelled job has 5 minutes',
  background: 'background steps are a preview of GitHub',
  wait: 'background steps are a preview of GitHub',
  'wait-all': 'background steps are a preview of GitHub',
  cancel: 'background steps are a preview of GitHub',
  parallel: 'parallel steps are a preview of GitHub',
}

const keysIn = (fields: Fields, refuse: Refuse): readonly Refusal[] =>
  [...fields].flatMap(([key, token]) => {
    const why = UNSUPPORTED_KEYS[key]
    return why === undefined ? [] : [refuse(token, `\`${key}\` is not supported`, why, 'run this workflow on GitHub')]
  })

const HEARD: readonly string[] = [...EVENTS, 'workflow_call']

const triggersIn = ({ events }: Workflow, refuse: Refuse): readonly Refusal[] =>
  [...events].flatMap(([name, { key }]) =>
    HEARD.includes(name)
      ? []
      : [
          refuse(
            key,
            `the trigger \`${name}\` is not supported`,
            `known are ${HEARD.join(', ')}`,
            'put it in another file',
          ),
        ],
  )

const FILTERS = ['branches', 'branches-ignore', 'tags', 'tags-ignore', 'paths', 'paths-ignore']

const faultOf = (key: string, patterns: readonly string[]): string | undefined => {
  if (!key.endsWith('-ignore') && patterns.every((pattern) => pattern.startsWith('!')))
    return 'a list of exclusions alone matches nothing'
  try {
    for (const pattern of patterns) filterPattern(pattern)
    return undefined
  } catch (error) {
    return error instanceof Error ? error.message : String(error)
  }
}

const filtersIn = ({ events }: Workflow, refuse: Refuse): readonly Refusal[] =>
  [...events.values()].flatMap(({ fields }) =>
    FILTERS.flatMap((key) => {
      const token = fields.get(key)
      const fault = token === undefined ? undefined : faultOf(key, literalsOf(token))
      return fault === undefined
        ? []
        : [refuse(token, `the filter \`${key}\` is not valid`, fault, 'correct the pattern')]
    }),
  )

const shellIn = (fields: Fields, refuse: Refuse): readonly Refusal[] => {
  const token = fields.get('shell')
  const shell = literalOf(token)
  return shell === undefined || SHELLS.some((known) => known === shell)
    ? []
    : [refuse(token, `the shell \`${shell}\` is not supported`, `known are ${SHELLS.join(', ')}`, 'use one of them')]
}

// https://docs.github.com/en/actions/reference/workflows-and-actions/workflow-syntax#jobsjob_idstepstimeout-minutes
const timeoutIn = (fields: Fields, refuse: Refuse): readonly Refusal[] => {
  const token = fields.get('timeout-minutes')
  return token === undefined || !isNumber(token) || (Number.isInteger(token.value) && token.value > 0)
    ? []
    : [
        refuse(
          token,
          `\`timeout-minutes: ${token.value}\``,
          'GitHub takes positive whole numbers',
          'write whole minutes',
        ),
      ]
}

const outsideIn = (step: StepTemplate, token: Token, name: string, refuse: Refuse): readonly Refusal[] => {
  const action = OUTSIDE_ACTIONS.get(name.toLowerCase())
  if (action === undefined) {
    const known = [...OUTSIDE_ACTIONS.keys()].join(', ')
    return [
      refuse(token, `the action \`${name}\` is not emulated`, `outside actions known here: ${known}`, 'use those'),
    ]
  }
  const read = new Set([...action.inputs, ...action.meaningless])
  return [...fieldsOf(step.fields.get('with'))].flatMap(([input, value]) =>
    read.has(input.toLowerCase())
      ? []
      : [
          refuse(
            value,
            `the input \`${input}\` of ${name} is not emulated`,
            `known are ${[...read].join(', ')}`,
            'leave it out',
          ),
        ],
  )
}

const usesIn = (step: StepTemplate, repository: string, refuse: Refuse): readonly Refusal[] => {
  const token = step.fields.get('uses')
  if (token === undefined) return []
  const text = literalOf(token) ?? ''
  const uses = parseUses(text, repository)
  if (uses.kind === 'docker') return [refuse(token, `\`${text}\``, 'containers are not started here', 'use node24')]
  if (uses.kind === 'unreadable') return [refuse(token, `\`${text}\` names no action`, 'a ref is missing', 'add @ref')]
  if (uses.kind !== 'outside') return []
  return outsideIn(step, token, uses.path === '' ? uses.name : `${uses.name}/${uses.path}`, refuse)
}

const stepIn = (step: StepTemplate, repository: string, refuse: Refuse): readonly Refusal[] => [
  ...keysIn(step.fields, refuse),
  ...shellIn(step.fields, refuse),
  ...timeoutIn(step.fields, refuse),
  ...usesIn(step, repository, refuse),
]

const runsOnIn = (job: JobTemplate, refuse: Refuse): readonly Refusal[] => {
  const token = job.fields.get('runs-on')
  const other = literalsOf(token).find((label) => /^(windows|macos)/i.test(label))
  return other === undefined
    ? []
    : [refuse(token, `\`runs-on: ${other}\``, 'this runner is Linux', 'use ubuntu-latest')]
}

const calledIn = (job: JobTemplate, repository: string, tooDeep: boolean, refuse: Refuse): readonly Refusal[] => {
  const token = job.fields.get('uses')
  if (token === undefined) return []
  if (tooDeep) return [refuse(token, 'the workflow is nested too deep', 'GitHub allows ten levels', 'call fewer')]
  const text = literalOf(token) ?? ''
  const { kind } = parseUses(text, repository)
  return kind === 'repository' || kind === 'workspace'
    ? []
    : [refuse(token, `the workflow \`${text}\` is in another repository`, 'it cannot be had here', 'copy it in')]
}

const defaultsOf = (fields: Fields): Fields => fieldsOf(fieldsOf(fields.get('defaults')).get('run'))

const jobIn = (job: JobTemplate, repository: string, tooDeep: boolean, refuse: Refuse): readonly Refusal[] => [
  ...keysIn(job.fields, refuse),
  ...runsOnIn(job, refuse),
  ...timeoutIn(job.fields, refuse),
  ...shellIn(defaultsOf(job.fields), refuse),
  ...calledIn(job, repository, tooDeep, refuse),
  ...job.steps.flatMap((step) => stepIn(step, repository, refuse)),
]

const inWorkflow = (workflow: Workflow, repository: string, tooDeep: boolean): readonly Refusal[] => {
  const refuse = refuseIn(workflow.path)
  return [
    ...triggersIn(workflow, refuse),
    ...filtersIn(workflow, refuse),
    ...shellIn(defaultsOf(workflow.fields), refuse),
    ...[...workflow.jobs.values()].flatMap((job) => jobIn(job, repository, tooDeep, refuse)),
  ]
}

const inAction = (action: ActionFile, repository: string, isNested: boolean): readonly Refusal[] => {
  const refuse = refuseIn(action.file)
  if (action.runs.kind === 'composite') return action.runs.steps.flatMap((step) => stepIn(step, repository, refuse))
  return isNested && action.runs.pre !== undefined
    ? [refuse(undefined, '`pre` of an action inside a composite', 'it is run for steps of a job alone', 'use it there')]
    : []
}

type Callee = (job: JobTemplate) => Workflow | undefined

// https://docs.github.com/en/actions/reference/workflows-and-actions/reusing-workflow-configurations#access-and-permissions-for-nested-workflows
const inPermissions = (workflow: Workflow, calleeOf: Callee, allowed?: Permissions): readonly Refusal[] => {
  const refuse = refuseIn(workflow.path)
  return [...workflow.jobs.values()].flatMap((job) => {
    const token = job.fields.get('permissions') ?? workflow.fields.get('permissions')
    const excess = allowed === undefined ? [] : excessOf(grantedBy(token) ?? {}, allowed)
    const own = excess.map(({ scope, asked, allowed: most }) =>
      refuse(
        token,
        `the nested job "${job.id}" is requesting "${scope}: ${asked}"`,
        `its caller allows "${scope}: ${most}"`,
        'grant it in the calling job',
      ),
    )
    const callee = calleeOf(job)
    const effective = effectivePermissions(job.fields.get('permissions'), workflow.fields.get('permissions'), allowed)
    return [...own, ...(callee === undefined ? [] : inPermissions(callee, calleeOf, effective))]
  })
}

export const refusalsOf = { workflow: inWorkflow, action: inAction, permissions: inPermissions } as const
