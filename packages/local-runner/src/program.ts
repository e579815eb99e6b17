import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { type ActionFile, loadAction } from './action-file.ts'
import { type Refusal, RefusedError } from './refusal.ts'
import { refusalsOf } from './refusals.ts'
import type { Program } from './run-state.ts'
import { literalOf } from './tokens.ts'
import { parseUses } from './uses.ts'
import { type JobTemplate, loadWorkflow, type StepTemplate, type Workflow } from './workflow-file.ts'

/** GitHub allows ten levels: https://docs.github.com/en/actions/reference/workflows-and-actions/reusing-workflow-configurations */
const MOST_LEVELS = 10

interface Loader {
  readonly repo: string
  readonly repository: string
  readonly refusals: Refusal[]
  readonly workflows: Map<string, Workflow>
  readonly actions: Map<string, ActionFile>
}

const guarded = async <T>(loader: Loader, work: () => T | Promise<T>): Promise<T | undefined> => {
  try {
    return await work()
  } catch (error) {
    if (!(error instanceof RefusedError)) throw error
    loader.refusals.push(...error.refusals)
    return undefined
  }
}

const loadActions = async (loader: Loader, steps: readonly StepTemplate[], isComposite: boolean): Promise<void> => {
  for (const { fields } of steps) {
    const uses = parseUses(literalOf(fields.get('uses')) ?? '', loader.repository)
    if (uses.kind !== 'repository' && uses.kind !== 'workspace') continue
    const folder = join(loader.repo, uses.path)
    // A `./` action may be written by an earlier step; then it is read when its turn comes.
    if (loader.actions.has(folder) || (uses.kind === 'workspace' && !existsSync(folder))) continue
    const action = await guarded(loader, () => loadAction(folder))
    if (action === undefined) continue
    loader.actions.set(folder, action)
    loader.refusals.push(...refusalsOf.action(action, loader.repository, isComposite))
    if (action.runs.kind === 'composite') await loadActions(loader, action.runs.steps, true)
  }
}

const pathOf = (job: JobTemplate, repository: string): string | undefined => {
  const uses = parseUses(literalOf(job.fields.get('uses')) ?? '', repository)
  return uses.kind === 'repository' || uses.kind === 'workspace' ? uses.path : undefined
}

const load = async (loader: Loader, path: string, level: number): Promise<Workflow | undefined> => {
  const known = loader.workflows.get(path)
  if (known !== undefined) return known
  const workflow = await guarded(loader, async () => loadWorkflow(loader.repo, path))
  if (workflow === undefined) return undefined
  loader.workflows.set(path, workflow)
  loader.refusals.push(...refusalsOf.workflow(workflow, loader.repository, level >= MOST_LEVELS))
  for (const job of workflow.jobs.values()) {
    const callee = pathOf(job, loader.repository)
    if (callee !== undefined && level < MOST_LEVELS) await load(loader, callee, level + 1)
    await loadActions(loader, job.steps, false)
  }
  return workflow
}

/** Reads a workflow and all it calls. Throws a RefusedError with everything that can't be run, over all files. */
export const loadProgram = async (repo: string, repository: string, path: string): Promise<Program> => {
  const loader: Loader = { repo, repository, refusals: [], workflows: new Map(), actions: new Map() }
  const root = await load(loader, path, 1)
  if (root === undefined || loader.refusals.length > 0) throw new RefusedError(loader.refusals)
  loader.refusals.push(...refusalsOf.permissions(root, (job) => loader.workflows.get(pathOf(job, repository) ?? '')))
  if (loader.refusals.length > 0) throw new RefusedError(loader.refusals)
  return {
    root,
    called: (job) => loader.workflows.get(pathOf(job, repository) ?? ''),
    action: (folder) => loader.actions.get(folder) ?? loadAction(folder),
  }
}
