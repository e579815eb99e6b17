import type { ActionFile, CompositeRuns } from './action-file.ts'
import { inputsOf, warnOfInputs } from './action-inputs.ts'
import { evaluateText } from './expressions.ts'
import type { ActionSource, StepResult, StepScope } from './run-state.ts'
import { expressionsOf, type StepEnd, type StepWork } from './step.ts'
import type { Token } from './tokens.ts'
import type { StepTemplate } from './workflow-file.ts'

export interface CompositeUse {
  readonly action: ActionFile
  readonly runs: CompositeRuns
  readonly source: ActionSource
  readonly inputs: Token | undefined
}

export type RunSteps = (steps: readonly StepTemplate[], scope: StepScope) => Promise<void>

/**
 * Runs the steps of a composite action. success() and failure() speak of these steps alone, cancelled() of the job
 * (actions/runner, src/Runner.Worker/Expressions/SuccessFunction.cs).
 */
export const performComposite = async (work: StepWork, use: CompositeUse, runSteps: RunSteps): Promise<StepEnd> => {
  const outer = work.scope
  warnOfInputs(use.action, use.inputs, work)
  let failed = false
  const results = new Map<string, StepResult>()
  const { control } = outer.job
  const scope: StepScope = {
    ...outer,
    contexts: {
      ...outer.contexts,
      inputs: Object.fromEntries(inputsOf(use.action, use.inputs, work)),
    },
    environment: work.environment,
    results,
    status: () => ({
      success: !failed && control.current() !== 'cancelled',
      failure: failed && control.current() !== 'cancelled',
      cancelled: control.current() === 'cancelled',
    }),
    fail: () => {
      failed = true
    },
    stop: work.stop,
    action: use.source,
    isComposite: true,
  }
  await runSteps(use.runs.steps, scope)
  const expressions = expressionsOf(scope, work.title, work.environment)
  const outputs = [...use.action.outputs].map(([name, value]) => [name, evaluateText(value, expressions)] as const)
  return { failed, outputs: Object.fromEntries(outputs) }
}
