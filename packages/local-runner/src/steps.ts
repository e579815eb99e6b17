import { join } from 'node:path'
import { performComposite, type RunSteps } from './composite-action.ts'
import { evaluateCondition, evaluateText, evaluateTexts } from './expressions.ts'
import { performJavaScript, performPre, type JavaScriptUse } from './javascript-action.ts'
import { OUTSIDE_ACTIONS } from './outside-actions/table.ts'
import { planRun } from './run-step.ts'
import type { ActionSource, StepScope } from './run-state.ts'
import { executeStep, type StepEnd, type StepPlan, type StepWork } from './step.ts'
import { literalOf } from './tokens.ts'
import { parseUses, type Uses } from './uses.ts'
import type { StepTemplate } from './workflow-file.ts'

// GITHUB_ACTION of a step without an id: `__run`, `__actions_checkout`, numbered from the second on.
// https://docs.github.com/en/actions/reference/workflows-and-actions/variables#default-environment-variables
const createNaming = () => {
  const counts = new Map<string, number>()
  return (step: StepTemplate): string => {
    if (step.id !== undefined) return step.id
    const uses = literalOf(step.fields.get('uses'))
    const base = uses === undefined ? '__run' : `__${uses.replace(/@.*$/, '').replaceAll(/[^\w-]+/g, '_')}`
    const count = (counts.get(base) ?? 0) + 1
    counts.set(base, count)
    return count === 1 ? base : `${base}_${count}`
  }
}

const sourceOf = ({ job }: StepScope, uses: Extract<Uses, { kind: 'workspace' | 'repository' }>): ActionSource =>
  uses.kind === 'workspace'
    ? { folder: join(job.workspace, uses.path), repository: '', ref: '' }
    : { folder: join(job.run.repo, uses.path), repository: job.run.repository, ref: uses.ref }

const performOutside = async (work: StepWork, step: StepTemplate, name: string): Promise<StepEnd> => {
  const action = OUTSIDE_ACTIONS.get(name.toLowerCase())
  if (action === undefined) throw new Error(`${name} is not emulated | it is an outside action | use another`)
  work.scope.job.run.book.usedOutside(name, action.emulation)
  const given = Object.entries(evaluateTexts(step.fields.get('with'), work.expressions))
  return action.perform(work, new Map(given.map(([input, value]) => [input.toLowerCase(), value])))
}

const javaScriptUse = (
  step: StepTemplate,
  source: ActionSource,
  scope: StepScope,
  actionName: string,
  title: string,
) => {
  const action = scope.job.run.program.action(source.folder)
  if (action.runs.kind !== 'javascript') return undefined
  const use: JavaScriptUse = {
    action,
    runs: action.runs,
    source,
    inputs: step.fields.get('with'),
    actionName,
    title,
    state: scope.job.states.get(step) ?? new Map<string, string>(),
  }
  return use
}

const performUses = async (work: StepWork, step: StepTemplate, actionName: string): Promise<StepEnd> => {
  const { scope } = work
  const uses = parseUses(literalOf(step.fields.get('uses')) ?? '', scope.job.run.repository)
  if (uses.kind === 'outside') return performOutside(work, step, uses.name)
  if (uses.kind !== 'workspace' && uses.kind !== 'repository') throw new Error('this step names no action')
  const source = sourceOf(scope, uses)
  const use = javaScriptUse(step, source, scope, actionName, work.title.replace(/^Run /, ''))
  if (use !== undefined) return performJavaScript(work, use)
  const action = scope.job.run.program.action(source.folder)
  if (action.runs.kind !== 'composite') throw new Error(`${action.file} is no composite`)
  return performComposite(work, { action, runs: action.runs, source, inputs: step.fields.get('with') }, runSteps)
}

const planUses = (step: StepTemplate, actionName: string): StepPlan => ({
  id: step.id,
  actionName,
  fields: step.fields,
  title: (expressions) =>
    step.fields.has('name')
      ? evaluateText(step.fields.get('name'), expressions)
      : `Run ${literalOf(step.fields.get('uses')) ?? ''}`,
  condition: (expressions) => evaluateCondition(step.fields.get('if'), expressions),
  perform: async (work) => performUses(work, step, actionName),
})

/** Runs steps in order; each decides by its own condition whether it runs. */
export const runSteps: RunSteps = async (steps, scope) => {
  const nameOf = createNaming()
  for (const step of steps) {
    const name = nameOf(step)
    await executeStep(step.fields.has('run') ? planRun(step, name) : planUses(step, name), scope)
  }
}

/** Runs the `pre` of every action of a job, before its first step. A `./` action has none: it is not there yet. */
export const runPreSteps: RunSteps = async (steps, scope) => {
  const nameOf = createNaming()
  for (const step of steps) {
    const name = nameOf(step)
    const uses = parseUses(literalOf(step.fields.get('uses')) ?? '', scope.job.run.repository)
    if (uses.kind !== 'repository') continue
    const title = literalOf(step.fields.get('uses')) ?? ''
    const state = new Map<string, string>()
    const use = javaScriptUse(step, sourceOf(scope, uses), scope, name, title)
    if (use?.runs.pre === undefined) continue
    scope.job.states.set(step, state)
    await performPre(scope, { ...use, state }, use.runs.pre)
  }
}
