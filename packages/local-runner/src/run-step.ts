import { writeFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { randomUUID } from 'node:crypto'
import { evaluateCondition, evaluateText, type Scope } from './expressions.ts'
import { runCommand } from './run-command.ts'
import type { StepEnd, StepPlan, StepWork } from './step.ts'
import type { StepTemplate } from './workflow-file.ts'

interface Shell {
  readonly file: string
  readonly args: readonly string[]
  readonly extension: string
}

export const SHELLS = ['bash', 'sh', 'python'] as const

/** https://docs.github.com/en/actions/reference/workflows-and-actions/workflow-syntax#jobsjob_idstepsshell */
const shellOf = (name: string | undefined): Shell => {
  switch (name) {
    case undefined:
      return { file: 'bash', args: ['-e'], extension: 'sh' }
    case 'bash':
      return { file: 'bash', args: ['--noprofile', '--norc', '-eo', 'pipefail'], extension: 'sh' }
    case 'sh':
      return { file: 'sh', args: ['-e'], extension: 'sh' }
    case 'python':
      return { file: 'python', args: [], extension: 'py' }
    default:
      throw new Error(`the shell "${name}" is not known here | only ${SHELLS.join(', ')} are | use one of them`)
  }
}

const titleOf =
  ({ fields }: StepTemplate) =>
  (expressions: Scope): string => {
    const name = fields.get('name')
    if (name !== undefined) return evaluateText(name, expressions)
    return `Run ${evaluateText(fields.get('run'), expressions).trimStart().split('\n')[0] ?? ''}`
  }

const announce = (work: StepWork, script: string) => {
  const [first = '', ...rest] = script.trimEnd().split('\n')
  work.print(`##[group]Run ${first}`)
  for (const line of rest) work.print(line)
  work.print('##[endgroup]')
}

const perform = async (work: StepWork, { fields }: StepTemplate): Promise<StepEnd> => {
  const { scope, expressions } = work
  const { job } = scope
  const own = fields.has('shell') ? evaluateText(fields.get('shell'), expressions) : undefined
  const shell = shellOf(own ?? (scope.isComposite ? undefined : job.shell))
  const script = evaluateText(fields.get('run'), expressions)
  const folder = fields.has('working-directory')
    ? evaluateText(fields.get('working-directory'), expressions)
    : ((scope.isComposite ? undefined : job.workingDirectory) ?? '.')
  announce(work, script)
  const file = join(job.temporary, `${randomUUID()}.${shell.extension}`)
  writeFileSync(file, script.endsWith('\n') ? script : `${script}\n`)
  return runCommand(work, {
    file: shell.file,
    args: [...shell.args, file],
    folder: resolve(job.workspace, folder),
    environment: {},
  })
}

/** A `run` step. */
export const planRun = (step: StepTemplate, actionName: string): StepPlan => ({
  id: step.id,
  actionName,
  fields: step.fields,
  title: titleOf(step),
  condition: (expressions) => evaluateCondition(step.fields.get('if'), expressions),
  perform: async (work) => perform(work, step),
})
