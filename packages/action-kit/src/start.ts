import * as core from '@actions/core'
import { type ActionError, type Environment, type Report } from '@mlops/core'
import { markdown } from '@mlops/report'
import { armCancel } from './cancel.ts'
import { systemClock, systemRandom } from './clock.ts'
import type { Context } from './context.ts'
import type { InputsOf, Outcome, Spec } from './define-action.ts'
import { runIdentity, workspaceOf } from './environment.ts'
import { stepFiles } from './files.ts'
import { runnerIdToken } from './id-token.ts'
import { actionsLog } from './log.ts'
import { faultLine, inputError, parseInputs } from './parse.ts'
import { asActionError, failureOutputs, isBug, type Result } from './result.ts'
import { isPost, markMain, stepState } from './state.ts'

export interface Parts<S extends Spec, Ports> {
  readonly run: (inputs: InputsOf<S>, ports: Ports, context: Context) => Promise<Outcome<S>>
  /** Runs as `post`: makes sure that nothing of this step is left behind. Must be safe to call when nothing is. */
  readonly cleanup?: (inputs: InputsOf<S>, ports: Ports, context: Context) => Promise<void>
  readonly ports: (inputs: InputsOf<S>, context: Context) => Ports | Promise<Ports>
}

const contextOf = (action: string, environment: Environment, signal: AbortSignal): Context => ({
  clock: systemClock,
  random: systemRandom,
  log: actionsLog((text) => process.stdout.write(text)),
  state: stepState,
  files: stepFiles(action, environment),
  environment,
  identity: runIdentity(environment),
  idToken: runnerIdToken(environment),
  workspace: workspaceOf(environment),
  signal,
})

/** Throws the error that stands for all input faults, after annotating each. */
const readInputs = <S extends Spec>(spec: S, context: Context): InputsOf<S> => {
  const parsed = parseInputs(spec, context.environment, context.files)
  for (const secret of parsed.secrets) context.log.mask(secret)
  if (!parsed.ok) {
    for (const fault of parsed.faults) context.log.error(faultLine(fault))
    throw inputError(parsed.faults)
  }
  for (const line of parsed.deprecations) context.log.warning(line)
  return parsed.inputs
}

const writeSummary = (report: Report, { environment }: Context) => {
  if ((environment['GITHUB_STEP_SUMMARY'] ?? '') === '') return Promise.resolve()
  return core.summary.addRaw(markdown(report), true).write()
}

const writeOutputs = (outputs: Readonly<Record<string, string>>) => {
  for (const [name, value] of Object.entries(outputs)) core.setOutput(name, value)
}

const defined = (outputs: Readonly<Record<string, string | undefined>>): Record<string, string> =>
  Object.fromEntries(Object.entries(outputs).filter((entry): entry is [string, string] => entry[1] !== undefined))

const conclude = async (context: Context, report: Report, result: Omit<Result, 'version' | 'finishedAt'>) => {
  const finishedAt = new Date(context.clock.now()).toISOString()
  const document: Result = { version: 1, ...result, finishedAt }
  const path = context.files.writeTemporary('result.json', `${JSON.stringify(document, undefined, 2)}\n`)
  writeOutputs({ ...result.outputs, status: result.status, 'result-path': path })
  await writeSummary(report, context)
}

const concludeWell = async <S extends Spec>(spec: S, outcome: Outcome<S>, context: Context, startedAt: string) => {
  const { status, verdict, report } = outcome
  if (verdict !== 'ok') context.log.warning(report.headline)
  const outputs = defined({ ...outcome.outputs, 'failure-class': '' })
  await conclude(context, report, { action: spec.id, status, verdict, headline: report.headline, outputs, startedAt })
  return 0
}

const printError = (error: ActionError, { log }: Context) => {
  if (isBug(error) && error.cause instanceof Error) log.foreign((error.cause.stack ?? '').split('\n'))
  for (const { file, line, text } of error.facts.locations ?? []) log.error(text, { file, line })
  log.error(error.message)
  if (error.facts.link !== undefined) log.info(error.facts.link)
}

const reportOf = ({ facts, message }: ActionError): Report => {
  const why = { kind: 'text', text: message } as const
  return facts.report === undefined
    ? { headline: `${facts.what.charAt(0).toUpperCase()}${facts.what.slice(1)}.`, blocks: [why] }
    : { ...facts.report, blocks: [why, ...facts.report.blocks] }
}

const concludeBadly = async (spec: Spec, thrown: unknown, context: Context, startedAt: string, annotated: boolean) => {
  const error = asActionError(thrown)
  const { code, kind, what, why, hint } = error.facts
  if (!annotated) printError(error, context)
  const outputs = failureOutputs(error)
  const report = reportOf(error)
  await conclude(context, report, {
    action: spec.id,
    status: outputs['status'] ?? 'failed',
    verdict: 'error',
    headline: report.headline,
    outputs,
    error: { code, kind: isBug(error) ? 'bug' : kind, what, why, hint },
    startedAt,
  })
  return kind === 'cancelled' ? 130 : 1
}

const runMain = async <S extends Spec, Ports>(spec: S, parts: Parts<S, Ports>, context: Context): Promise<number> => {
  const startedAt = new Date(context.clock.now()).toISOString()
  let annotated = true
  try {
    const inputs = readInputs(spec, context)
    annotated = false
    if (spec.post === true) markMain(context.state)
    const outcome = await parts.run(inputs, await parts.ports(inputs, context), context)
    return await concludeWell(spec, outcome, context, startedAt)
  } catch (error) {
    return concludeBadly(spec, error, context, startedAt, annotated)
  }
}

/** A cleanup that fails never reddens a job that was green; it says loudly what may be left. */
const runPost = async <S extends Spec, Ports>(spec: S, parts: Parts<S, Ports>, context: Context): Promise<number> => {
  const parsed = parseInputs(spec, context.environment, context.files)
  for (const secret of parsed.secrets) context.log.mask(secret)
  if (!parsed.ok || parts.cleanup === undefined) return 0
  try {
    await parts.cleanup(parsed.inputs, await parts.ports(parsed.inputs, context), context)
  } catch (error) {
    printError(asActionError(error), context)
  }
  return 0
}

/**
 * Runs an action as the runner's step: decides between main and post, reads the inputs (all faults at once), masks
 * secrets before anything is logged, arms cancellation, runs, and writes outputs, result.json and summary also when the
 * run failed. Ends the process: 0 done, 1 failed, 130 cancelled.
 */
export const start = async <S extends Spec, Ports>(spec: S, parts: Parts<S, Ports>): Promise<void> => {
  const signal = armCancel(process, () => process.exit(130))
  const context = contextOf(spec.id, process.env, signal)
  const code = await (isPost(context.state) ? runPost : runMain)(spec, parts, context)
  // An open keep-alive socket would keep the step waiting.
  process.exit(code)
}
