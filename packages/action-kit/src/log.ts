import { randomUUID } from 'node:crypto'
import * as core from '@actions/core'
import type { Log, SourceLocation } from '@mlops/core'

const properties = (at: SourceLocation | undefined): core.AnnotationProperties =>
  at === undefined
    ? {}
    : {
        file: at.file,
        ...(at.line === undefined ? {} : { startLine: at.line }),
        ...(at.column === undefined ? {} : { startColumn: at.column }),
        ...(at.title === undefined ? {} : { title: at.title }),
      }

/**
 * The runner takes a line that starts with `::` or holds `##[` anywhere for a command (actions/runner, ActionCommand.cs),
 * so text of others stands between stop-commands markers with a token that nobody can guess.
 */
const fenced = (lines: readonly string[], write: (text: string) => void) => {
  if (lines.length === 0) return
  const token = randomUUID()
  write(
    [`::stop-commands::${token}`, ...lines.map((line) => line.replaceAll(/[\r\n]+/g, ' ')), `::${token}::`, ''].join(
      '\n',
    ),
  )
}

/** A line of ours that starts like a command is not one either. */
const plain = (line: string) => line.replace(/^(\s*)::/, '$1: :').replaceAll('##[', '# #[')

/** The log of a step, by workflow commands on standard output. */
export const actionsLog = (write: (text: string) => void): Log => ({
  info: (line) => write(`${line.split('\n').map(plain).join('\n')}\n`),
  notice: (line) => core.notice(line),
  warning: (line, at) => core.warning(line, properties(at)),
  error: (line, at) => core.error(line, properties(at)),
  foreign: (lines) => fenced(lines, write),
  mask: (value) => {
    if (value !== '') core.setSecret(value)
  },
})
