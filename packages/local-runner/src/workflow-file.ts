import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { convertWorkflowTemplate, isMapping, NoOperationTraceWriter, parseWorkflow } from '@actions/workflow-parser'
import type { TemplateParseResult } from '@actions/workflow-parser/templates/template-parse-result'
import { type Refusal, RefusedError } from './refusal.ts'
import { type Fields, fieldsOf, itemsOf, literalOf, literalsOf, type Token } from './tokens.ts'

export interface StepTemplate {
  readonly id: string | undefined
  readonly fields: Fields
  readonly token: Token
}

export interface JobTemplate {
  readonly id: string
  readonly needs: readonly string[]
  readonly fields: Fields
  readonly token: Token
  readonly steps: readonly StepTemplate[]
}

export interface Workflow {
  /** Relative to the repository. */
  readonly path: string
  readonly name: string
  readonly fields: Fields
  /** Event name → its configuration, with the token that names the event. */
  readonly events: ReadonlyMap<string, { readonly key: Token; readonly fields: Fields; readonly value: Token }>
  readonly jobs: ReadonlyMap<string, JobTemplate>
}

/** The steps of a job or of a composite action. */
export const stepsOf = (token: Token | undefined): readonly StepTemplate[] =>
  itemsOf(token).map((step) => {
    const fields = fieldsOf(step)
    return { id: literalOf(fields.get('id')), fields, token: step }
  })

const eventsOf = (token: Token | undefined): Workflow['events'] => {
  if (token === undefined) return new Map()
  if (isMapping(token))
    return new Map(
      [...token].flatMap(({ key, value }) => {
        const name = literalOf(key)
        return name === undefined ? [] : [[name, { key, value, fields: fieldsOf(value) }] as const]
      }),
    )
  const single = literalOf(token) === undefined ? itemsOf(token) : [token]
  return new Map(
    single.map((item) => [literalOf(item) ?? '', { key: item, value: item, fields: new Map<string, Token>() }]),
  )
}

const jobsOf = (token: Token | undefined): ReadonlyMap<string, JobTemplate> =>
  new Map(
    [...fieldsOf(token)].map(([id, job]) => {
      const fields = fieldsOf(job)
      return [
        id,
        { id, needs: literalsOf(fields.get('needs')), fields, token: job, steps: stepsOf(fields.get('steps')) },
      ]
    }),
  )

/** The faults that GitHub's own parser found, in its words. */
export const faultsOf = (file: string, { context }: TemplateParseResult): readonly Refusal[] =>
  context.errors.getErrors().map((error) => ({
    file,
    place: error.range === undefined ? '1:1' : `${error.range.start.line}:${error.range.start.column}`,
    what: error.rawMessage,
    why: "GitHub's parser refuses the file",
    hint: 'correct it',
  }))

const readText = (repo: string, path: string): string => {
  try {
    return readFileSync(join(repo, path), 'utf8')
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error)
    throw new RefusedError([{ file: path, place: '1:1', what: 'cannot be read', why, hint: 'check the path' }])
  }
}

/** Parses a workflow with GitHub's parser. Throws a RefusedError with every fault of the file. */
export const loadWorkflow = async (repo: string, path: string): Promise<Workflow> => {
  const result = parseWorkflow({ name: path, content: readText(repo, path) }, new NoOperationTraceWriter())
  if (result.value !== undefined && result.context.errors.count === 0)
    await convertWorkflowTemplate(result.context, result.value)
  const faults = faultsOf(path, result)
  if (faults.length > 0 || result.value === undefined) throw new RefusedError(faults)
  const fields = fieldsOf(result.value)
  return {
    path,
    name: literalOf(fields.get('name')) ?? path,
    fields,
    events: eventsOf(fields.get('on')),
    jobs: jobsOf(fields.get('jobs')),
  }
}
