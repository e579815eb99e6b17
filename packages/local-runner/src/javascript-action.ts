import { join } from 'node:path'
import type { ActionFile, JavaScriptRuns } from './action-file.ts'
import { inputsOf, inputVariables, warnOfInputs } from './action-inputs.ts'
import { evaluateAsIs, type Scope } from './expressions.ts'
import { type CommandEnd, runCommand } from './run-command.ts'
import type { ActionSource, StepScope } from './run-state.ts'
import { executeStep, type StepEnd, type StepWork } from './step.ts'
import type { Token } from './tokens.ts'

/** One use of a JavaScript action: its state is shared by pre, main and post. */
export interface JavaScriptUse {
  readonly action: ActionFile
  readonly runs: JavaScriptRuns
  readonly source: ActionSource
  readonly inputs: Token | undefined
  readonly actionName: string
  readonly title: string
  readonly state: Map<string, string>
}

const stateVariables = (state: ReadonlyMap<string, string>) =>
  Object.fromEntries([...state].map(([name, value]) => [`STATE_${name}`, value]))

const runScript = async (work: StepWork, use: JavaScriptUse, script: string): Promise<CommandEnd> => {
  const scope: StepScope = { ...work.scope, action: use.source }
  const end = await runCommand(
    { ...work, scope },
    {
      file: process.execPath,
      args: [join(use.source.folder, script)],
      folder: scope.job.workspace,
      environment: { ...inputVariables(inputsOf(use.action, use.inputs, work)), ...stateVariables(use.state) },
    },
  )
  for (const [name, value] of end.state) use.state.set(name, value)
  return end
}

// pre-if and post-if are read as they stand, always() when absent:
// https://docs.github.com/en/actions/reference/workflows-and-actions/metadata-syntax#runspost-if
const conditionOf = (token: Token | undefined) => (expressions: Scope) => evaluateAsIs(token, expressions)

const registerPost = (work: StepWork, use: JavaScriptUse, script: string) => {
  const { scope, environment } = work
  const plan = {
    id: undefined,
    actionName: use.actionName,
    fields: new Map<string, Token>(),
    title: () => `Post ${use.title}`,
    condition: conditionOf(use.runs.postIf),
    perform: async (post: StepWork) => runScript({ ...post, environment }, use, script),
  }
  const ofJob = { ...scope, fail: scope.job.control.fail, status: scope.job.control.status, isComposite: false }
  const never = new AbortController().signal
  scope.job.posts.push({ run: async () => executeStep(plan, { ...ofJob, stop: never }) })
}

/** Runs `main`, having registered `post` before it, so that a killed main is cleaned up after too. */
export const performJavaScript = async (work: StepWork, use: JavaScriptUse): Promise<StepEnd> => {
  if (use.runs.post !== undefined) registerPost(work, use, use.runs.post)
  warnOfInputs(use.action, use.inputs, work)
  work.print(`##[group]Run ${use.title}`)
  work.print('##[endgroup]')
  return runScript(work, use, use.runs.main)
}

/** Runs `pre` before the first step of the job. */
export const performPre = async (scope: StepScope, use: JavaScriptUse, script: string): Promise<void> =>
  executeStep(
    {
      id: undefined,
      actionName: use.actionName,
      fields: new Map(),
      title: () => `Pre ${use.title}`,
      condition: conditionOf(use.runs.preIf),
      perform: async (work) => runScript(work, use, script),
    },
    scope,
  )
