// The file protocol of steps: https://docs.github.com/en/actions/reference/workflows-and-actions/workflow-commands#environment-files
// with the corner cases of actions/runner, src/Runner.Worker/FileCommandManager.cs.
import { existsSync, mkdirSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { randomUUID } from 'node:crypto'

/** GitHub refuses a step summary above 1 MiB. */
const SUMMARY_LIMIT = 1024 * 1024

const NEVER_SET = new Set(['NODE_OPTIONS'])

interface Position {
  readonly lines: readonly string[]
  index: number
}

const readHeredoc = (name: string, delimiter: string, at: Position): string => {
  const start = at.index
  while (at.index < at.lines.length && at.lines[at.index] !== delimiter) at.index += 1
  if (at.index >= at.lines.length) throw new Error(`Invalid value. Matching delimiter not found '${delimiter}'`)
  const value = at.lines.slice(start, at.index).join('\n')
  at.index += 1
  if (name === '') throw new Error('Invalid format. Name must not be empty')
  return value
}

const readEntry = (line: string, at: Position): readonly [string, string] => {
  const equals = line.indexOf('=')
  const heredoc = line.indexOf('<<')
  if (equals >= 0 && (heredoc < 0 || equals < heredoc)) {
    const name = line.slice(0, equals)
    if (name === '') throw new Error(`Invalid format '${line}'. Name must not be empty`)
    return [name, line.slice(equals + 1)]
  }
  if (heredoc < 0) throw new Error(`Invalid format '${line}'`)
  const [name, delimiter] = [line.slice(0, heredoc), line.slice(heredoc + 2)]
  if (name === '' || delimiter === '')
    throw new Error(`Invalid format '${line}'. Name must not be empty and delimiter must not be empty`)
  return [name, readHeredoc(name, delimiter, at)]
}

/** Reads `NAME=value` and `NAME<<DELIMITER` entries; the last entry of a name wins. Throws on a malformed file. */
export const parseEntries = (text: string): ReadonlyMap<string, string> => {
  const entries = new Map<string, string>()
  const at: Position = { lines: text.split('\n'), index: 0 }
  while (at.index < at.lines.length) {
    const line = at.lines[at.index] ?? ''
    at.index += 1
    if (line === '') continue
    const [name, value] = readEntry(line, at)
    entries.set(name, value)
  }
  return entries
}

/** What one step wrote to its command files. */
export interface Written {
  readonly outputs: ReadonlyMap<string, string>
  readonly environment: ReadonlyMap<string, string>
  readonly path: readonly string[]
  readonly state: ReadonlyMap<string, string>
  readonly summary: string
  /** Each is an error annotation; those of `env` and the like also fail the step. */
  readonly errors: readonly string[]
  readonly failed: boolean
}

export interface CommandFiles {
  /** GITHUB_OUTPUT and its kin, as the step sees them. */
  readonly environment: Readonly<Record<string, string>>
  readonly read: () => Written
}

type Kind = 'output' | 'env' | 'path' | 'state' | 'step_summary'
const KINDS: readonly Kind[] = ['output', 'env', 'path', 'state', 'step_summary']
const NONE: ReadonlyMap<string, string> = new Map()

const refuseNames = (environment: ReadonlyMap<string, string>) => {
  const refused = [...environment.keys()].find((name) => NEVER_SET.has(name.toUpperCase()))
  if (refused !== undefined) throw new Error(`Can't store ${refused} output parameter using '$GITHUB_ENV' command.`)
  return environment
}

/** Makes the five files of one step below `folder`. */
export const createCommandFiles = (folder: string): CommandFiles => {
  const id = randomUUID()
  mkdirSync(folder, { recursive: true })
  const pathOf = (kind: Kind) => join(folder, `${kind}_${id}`)
  for (const kind of KINDS) writeFileSync(pathOf(kind), '')
  const textOf = (kind: Kind) => (existsSync(pathOf(kind)) ? readFileSync(pathOf(kind), 'utf8') : '')

  const read = (): Written => {
    const errors: string[] = []
    const guarded = (kind: Kind, parse: (text: string) => ReadonlyMap<string, string>) => {
      try {
        return parse(textOf(kind))
      } catch (error) {
        errors.push(`Unable to process file command '${kind}' successfully.`)
        errors.push(error instanceof Error ? error.message : String(error))
        return NONE
      }
    }
    const outputs = guarded('output', parseEntries)
    const environment = guarded('env', (text) => refuseNames(parseEntries(text)))
    const state = guarded('state', parseEntries)
    const failed = errors.length > 0
    const size = existsSync(pathOf('step_summary')) ? statSync(pathOf('step_summary')).size : 0
    const tooLarge = size > SUMMARY_LIMIT
    if (tooLarge)
      errors.push(
        `$GITHUB_STEP_SUMMARY upload aborted, supports content up to a size of ${SUMMARY_LIMIT / 1024}k, got ${Math.floor(size / 1024)}k.`,
      )
    return {
      outputs,
      environment,
      state,
      path: textOf('path')
        .split('\n')
        .filter((line) => line !== ''),
      summary: tooLarge ? '' : textOf('step_summary'),
      errors,
      failed,
    }
  }
  return {
    environment: Object.fromEntries(KINDS.map((kind) => [`GITHUB_${kind.toUpperCase()}`, pathOf(kind)])),
    read,
  }
}
