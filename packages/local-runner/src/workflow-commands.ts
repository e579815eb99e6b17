// The `::command::` lines of steps:
// https://docs.github.com/en/actions/reference/workflows-and-actions/workflow-commands
export type Level = 'error' | 'warning' | 'notice'

export interface Annotation {
  readonly level: Level
  readonly message: string
  readonly title?: string
  readonly file?: string
  readonly line?: number
  readonly endLine?: number
  readonly column?: number
  readonly endColumn?: number
}

interface Command {
  readonly name: string
  readonly properties: ReadonlyMap<string, string>
  readonly data: string
}

const unescapeData = (text: string) => text.replaceAll('%0D', '\r').replaceAll('%0A', '\n').replaceAll('%25', '%')
const unescapeProperty = (text: string) => unescapeData(text.replaceAll('%3A', ':').replaceAll('%2C', ','))

/** Reads a line as a command; undefined when it is none. */
const parseCommand = (line: string): Command | undefined => {
  const match = /^\s*::([A-Za-z-]+)(?:\s+(.*?))?::(.*)$/s.exec(line)
  if (match === null) return undefined
  const [, name = '', properties = '', text = ''] = match
  const pairs = properties.split(',').flatMap((pair): (readonly [string, string])[] => {
    const equals = pair.indexOf('=')
    return equals < 0 ? [] : [[pair.slice(0, equals).trim(), unescapeProperty(pair.slice(equals + 1))]]
  })
  return { name: name.toLowerCase(), properties: new Map(pairs), data: unescapeData(text) }
}

type NumberKey = 'line' | 'endLine' | 'column' | 'endColumn'

const numbered = (key: NumberKey, text: string | undefined): { readonly [Key in NumberKey]?: number } =>
  text === undefined || !/^\d+$/.test(text) ? {} : { [key]: Number(text) }

const annotationOf = (level: Level, { properties, data: message }: Command): Annotation => {
  const [title, file] = [properties.get('title'), properties.get('file')]
  return {
    level,
    message,
    ...(title === undefined ? {} : { title }),
    ...(file === undefined ? {} : { file }),
    ...numbered('line', properties.get('line')),
    ...numbered('endLine', properties.get('endLine')),
    ...numbered('column', properties.get('col')),
    ...numbered('endColumn', properties.get('endColumn')),
  }
}

/** What a step's lines ask for. */
export interface CommandEffects {
  readonly print: (line: string) => void
  readonly mask: (value: string) => void
  readonly annotate: (annotation: Annotation) => void
}

const REMOVED: Readonly<Record<string, string>> = {
  'set-env': '$GITHUB_ENV',
  'add-path': '$GITHUB_PATH',
  'set-output': '$GITHUB_OUTPUT',
  'save-state': '$GITHUB_STATE',
}

const LEVELS: readonly Level[] = ['error', 'warning', 'notice']
// Problem matchers and echoing change how GitHub shows a log, not what a run does.
const SILENT = new Set(['add-matcher', 'remove-matcher', 'echo', 'debug'])

/** Makes the reader of one step's lines: commands take effect, the rest is printed. */
export const createLineReader = ({ print, mask, annotate }: CommandEffects): ((line: string) => void) => {
  let stoppedBy: string | undefined
  const perform = (command: Command, line: string) => {
    const level = LEVELS.find((name) => name === command.name)
    const replacement = REMOVED[command.name]
    if (level !== undefined) annotate(annotationOf(level, command))
    else if (command.name === 'add-mask') mask(command.data)
    else if (command.name === 'stop-commands') stoppedBy = command.data
    else if (command.name === 'group') print(`##[group]${command.data}`)
    else if (command.name === 'endgroup') print('##[endgroup]')
    else if (replacement !== undefined)
      annotate({ level: 'error', message: `The \`${command.name}\` command is disabled. Write to ${replacement}.` })
    else if (!SILENT.has(command.name)) print(line)
  }
  return (line) => {
    if (stoppedBy !== undefined) {
      if (line.trim() === `::${stoppedBy}::`) stoppedBy = undefined
      else print(line)
      return
    }
    const command = parseCommand(line)
    if (command === undefined) print(line)
    else perform(command, line)
  }
}
