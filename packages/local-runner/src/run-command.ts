import { absorb, environmentOf } from './environment.ts'
import { createCommandFiles } from './file-commands.ts'
import { runProcess } from './processes.ts'
import type { StepEnd, StepWork } from './step.ts'

export interface StepCommand {
  readonly file: string
  readonly args: readonly string[]
  readonly folder: string
  readonly environment: Readonly<Record<string, string>>
}

export interface CommandEnd extends StepEnd {
  readonly state: ReadonlyMap<string, string>
}

/** Runs the process of a step with its command files; what it wrote takes effect also when it was killed. */
export const runCommand = async (work: StepWork, command: StepCommand): Promise<CommandEnd> => {
  const { job } = work.scope
  const files = createCommandFiles(`${job.temporary}/_runner_file_commands`)
  const exitCode = await runProcess(
    { ...command, environment: environmentOf(work, { ...command.environment, ...files.environment }) },
    { onLine: work.line, stop: work.stop, kill: job.control.terminated, grace: job.run.timing.grace },
  )
  const written = files.read()
  absorb(work, written)
  if (exitCode !== 0 && !work.stop.aborted)
    work.annotate({ level: 'error', message: `Process completed with exit code ${exitCode}.` })
  return {
    failed: exitCode !== 0 || written.failed,
    outputs: Object.fromEntries(written.outputs),
    state: written.state,
  }
}
